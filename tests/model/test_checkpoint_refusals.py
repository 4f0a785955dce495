"""Every way a checkpoint folder can be wrong is refused with the file and the reason."""

from __future__ import annotations

import io
import json
import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch
from torch import Tensor

from model.checkpoint import load_checkpoint
from model.checkpoint.manifest import HASHED_FILES, make_manifest
from model.errors import CheckpointError
from model.tokenizer_training import train_tokenizer
from tests.conftest import TINY_TEXT


@pytest.fixture
def folder(tmp_path: Path, tiny_checkpoint: Path) -> Path:
    """A copy of a good checkpoint, to be damaged."""
    return Path(shutil.copytree(tiny_checkpoint, tmp_path / "copy"))


def seal(folder: Path) -> None:
    """Make the manifest match the files as they are: damage that no hash can reveal."""
    contents = {name: (folder / name).read_bytes() for name in HASHED_FILES}
    (folder / "manifest.json").write_bytes(make_manifest(contents))


def edit_json(folder: Path, name: str, change: Callable[[Any], object]) -> None:
    document = json.loads((folder / name).read_bytes())
    change(document)
    (folder / name).write_text(json.dumps(document))


def edit_config(folder: Path, change: Callable[[Any], object]) -> None:
    edit_json(folder, "config.json", change)
    seal(folder)


def edit_weights(folder: Path, change: Callable[[dict[str, Tensor]], object]) -> None:
    path = folder / "weights.safetensors"
    tensors = safetensors.torch.load(path.read_bytes())
    change(tensors)
    path.write_bytes(safetensors.torch.save(tensors))
    seal(folder)


def refuses(folder: Path, name: str, reason: str) -> None:
    with pytest.raises(CheckpointError, match=reason) as caught:
        load_checkpoint(folder)
    assert str(caught.value).startswith(str(folder / name))


def test_the_copy_is_good_until_it_is_damaged(folder: Path) -> None:
    load_checkpoint(folder)
    seal(folder)
    load_checkpoint(folder)


class TestFiles:
    def test_no_such_folder(self, tmp_path: Path) -> None:
        refuses(tmp_path / "none", "", "no such folder")

    def test_a_file_instead_of_a_folder(self, tmp_path: Path) -> None:
        (tmp_path / "weights.pt").write_bytes(b"")
        refuses(tmp_path / "weights.pt", "", "not a folder")

    @pytest.mark.parametrize("name", [*HASHED_FILES, "manifest.json"])
    def test_missing(self, folder: Path, name: str) -> None:
        (folder / name).unlink()
        refuses(folder, name, "missing")

    @pytest.mark.parametrize("name", HASHED_FILES)
    @pytest.mark.parametrize("kept", [0, 1, -1])
    def test_truncated(self, folder: Path, name: str, kept: int) -> None:
        (folder / name).write_bytes((folder / name).read_bytes()[:kept])
        refuses(folder, name, "truncated")

    @pytest.mark.parametrize("name", HASHED_FILES)
    def test_too_long(self, folder: Path, name: str) -> None:
        (folder / name).write_bytes((folder / name).read_bytes() + b"\n")
        refuses(folder, name, "too long")

    @pytest.mark.parametrize("name", HASHED_FILES)
    @pytest.mark.parametrize("place", [0.0, 0.5, 1.0])
    def test_one_bit_flipped(self, folder: Path, name: str, place: float) -> None:
        content = bytearray((folder / name).read_bytes())
        content[int(place * (len(content) - 1))] ^= 0b100
        (folder / name).write_bytes(content)
        refuses(folder, name, "damaged: its sha256")

    @pytest.mark.parametrize("name", [*HASHED_FILES, "manifest.json"])
    def test_a_folder_where_a_file_should_be(self, folder: Path, name: str) -> None:
        (folder / name).unlink()
        (folder / name).mkdir()
        refuses(folder, name, "not a regular file")

    def test_a_pipe_that_would_block_for_ever(self, folder: Path) -> None:
        (folder / "config.json").unlink()
        os.mkfifo(folder / "config.json")
        refuses(folder, "config.json", "not a regular file")

    def test_a_link_to_a_device_without_end(self, folder: Path) -> None:
        (folder / "manifest.json").unlink()
        (folder / "manifest.json").symlink_to("/dev/zero")
        refuses(folder, "manifest.json", "not a regular file")

    def test_a_link_that_leads_nowhere(self, folder: Path) -> None:
        (folder / "weights.safetensors").unlink()
        (folder / "weights.safetensors").symlink_to("gone")
        refuses(folder, "weights.safetensors", "missing")

    def test_a_link_that_leads_to_itself(self, folder: Path) -> None:
        (folder / "tokenizer.model").unlink()
        (folder / "tokenizer.model").symlink_to("tokenizer.model")
        refuses(folder, "tokenizer.model", "cannot be read")


class TestManifest:
    @pytest.mark.parametrize("version", [2, 99])
    def test_a_newer_format_whatever_else_it_holds(self, folder: Path, version: int) -> None:
        (folder / "manifest.json").write_text(json.dumps({"format_version": version, "shards": []}))
        refuses(folder, "manifest.json", rf"newer version: format_version {version}; this one reads up to 1")

    @pytest.mark.parametrize(
        "content",
        [
            '{"format_version": "1", "files": {}}',
            '{"format_version": true, "files": {}}',
            '{"format_version": 0, "files": {}}',
            '{"name": "left-pad", "version": "1.3.0"}',
        ],
    )
    def test_foreign_json(self, folder: Path, content: str) -> None:
        (folder / "manifest.json").write_text(content)
        refuses(folder, "manifest.json", "not a checkpoint's manifest")

    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            (b"", "not valid JSON"),
            (b"\x80\x04\x95", "not valid JSON"),
            (b"[1]", "a JSON object is needed, not a list"),
            (b"[" * 500_000, "nested too deeply"),
            (b'{"a":' * 150_000, "nested too deeply"),
            (b'{"format_version": ' + b"9" * 50_000 + b"}", "not valid JSON"),
            (b'{"format_version": NaN}', "NaN is not a JSON number"),
            (b'{"format_version": 1, "format_version": 1}', "'format_version' appears twice"),
            (b" " * (1 << 21), "larger than 1,048,576 bytes"),
        ],
        ids=["empty", "pickle", "list", "deep list", "deep object", "long number", "nan", "twice", "huge"],
    )
    def test_json_that_is_broken_or_hostile(self, folder: Path, content: bytes, reason: str) -> None:
        (folder / "manifest.json").write_bytes(content)
        refuses(folder, "manifest.json", reason)

    @pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "extra.bin", "README.md"])
    def test_a_name_that_is_not_one_of_the_format(self, folder: Path, name: str) -> None:
        edit_json(folder, "manifest.json", lambda it: it["files"].update({name: it["files"]["config.json"]}))
        refuses(folder, "manifest.json", f"{name!r} is not a file of this format")

    def test_an_entry_that_is_missing(self, folder: Path) -> None:
        edit_json(folder, "manifest.json", lambda it: it["files"].pop("tokenizer.model"))
        refuses(folder, "manifest.json", "tokenizer.model missing")

    @pytest.mark.parametrize(
        "entry", [{"sha256": "00", "bytes": 1}, {"sha256": "0" * 64, "bytes": -1}, {"bytes": 1}, None]
    )
    def test_an_entry_that_is_malformed(self, folder: Path, entry: object) -> None:
        edit_json(folder, "manifest.json", lambda it: it["files"].update({"config.json": entry}))
        refuses(folder, "manifest.json", r"files\.config\.json")


class TestConfig:
    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            (lambda it: it.update(pipeline=1), "unknown key 'pipeline'"),
            (lambda it: it["model"].update(hiden_size=8), "'model.hiden_size'; did you mean 'hidden_size'"),
            (lambda it: it["model"].update(attention_heads=3), "must divide hidden_size"),
            (lambda it: it["model"].update(architecture="mamba"), "model.architecture"),
            (lambda it: it.pop("model"), "model: Field required"),
            (lambda it: it.update(directions=[]), "directions"),
            (lambda it: it.update(directions=[["de", "../en"]]), "directions"),
            (lambda it: it["decoding"].update(beam_size=0), "decoding.beam_size"),
        ],
    )
    def test_a_key_or_value_that_is_not_accepted(
        self, folder: Path, change: Callable[[Any], object], reason: str
    ) -> None:
        edit_config(folder, change)
        refuses(folder, "config.json", reason)

    def test_huge_though_the_manifest_agrees(self, folder: Path) -> None:
        (folder / "config.json").write_bytes(b" " * (1 << 21))
        seal(folder)
        refuses(folder, "config.json", "larger than 1,048,576 bytes")

    def test_sizes_beyond_all_memory(self, folder: Path) -> None:
        edit_config(folder, lambda it: it["model"].update(hidden_size=1 << 30, embedding_size=1 << 40))
        refuses(folder, "weights.safetensors", "shape|too large")

    def test_sizes_beyond_all_numbers(self, folder: Path) -> None:
        edit_config(folder, lambda it: it["model"].update(hidden_size=1 << 80))
        refuses(folder, "weights.safetensors", "too large")

    def test_more_layers_than_there_are_tensors(self, folder: Path) -> None:
        edit_config(folder, lambda it: it["model"].update(encoder_layers=1_000_000_000))
        refuses(folder, "weights.safetensors", "too few for the 1000000002 layers")


class TestTokenizer:
    def test_another_vocabulary_size(self, folder: Path) -> None:
        other = train_tokenizer(TINY_TEXT, vocabulary_size=299, languages=("de", "en"))
        (folder / "tokenizer.model").write_bytes(other.serialized)
        seal(folder)
        refuses(folder, "tokenizer.model", "299 pieces, the configured vocabulary_size is 300")

    def test_a_direction_without_a_tag(self, folder: Path) -> None:
        edit_config(folder, lambda it: it.update(directions=[["de", "en"], ["de", "fr"]]))
        refuses(folder, "tokenizer.model", "no language tag for direction de→fr; it has tags for de, en")

    @pytest.mark.parametrize("content", [b"", b"not a protocol buffer", bytes(range(256)) * 4])
    def test_not_sentencepiece(self, folder: Path, content: bytes) -> None:
        (folder / "tokenizer.model").write_bytes(content)
        seal(folder)
        refuses(folder, "tokenizer.model", "SentencePiece")


class TestWeights:
    def test_a_pickle_under_another_name(self, folder: Path) -> None:
        fired = folder / "fired"

        class Exploit:
            def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
                return Path.touch, (fired,)

        buffer = io.BytesIO()
        torch.save({"output_bias": Exploit()}, buffer)
        (folder / "weights.safetensors").write_bytes(buffer.getvalue())
        seal(folder)
        refuses(folder, "weights.safetensors", "not a safetensors file: .*pickle")
        assert not fired.exists()

    @pytest.mark.parametrize("content", [b"", b"\xff" * 64, (1 << 40).to_bytes(8, "little") + b"{}"])
    def test_not_safetensors(self, folder: Path, content: bytes) -> None:
        (folder / "weights.safetensors").write_bytes(content)
        seal(folder)
        refuses(folder, "weights.safetensors", "not a safetensors file")

    def test_a_header_that_points_outside(self, folder: Path) -> None:
        header = b'{"output_bias":{"dtype":"F32","shape":[300],"data_offsets":[0,1200]}}'
        (folder / "weights.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + bytes(8))
        seal(folder)
        refuses(folder, "weights.safetensors", "not a safetensors file")

    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            (lambda it: it.pop("readout.bias"), "tensor 'readout.bias' is missing"),
            (lambda it: it.update(spare=torch.zeros(1)), "tensor 'spare' is not part"),
            (
                lambda it: it.update({"readout.bias": torch.zeros(17)}),
                r"'readout.bias' has shape \[17\].*\[16\]",
            ),
            (
                lambda it: it.update({"readout.weight": it["readout.weight"].T.contiguous()}),
                "'readout.weight' has shape",
            ),
            (
                lambda it: it.update({"readout.bias": torch.zeros(16, dtype=torch.int64)}),
                "'readout.bias' is torch.int64",
            ),
            (lambda it: it["readout.weight"][0, 0].fill_(torch.nan), "'readout.weight' holds NaN"),
            (lambda it: it["output_bias"][-1:].fill_(-torch.inf), "'output_bias' holds NaN or infinite"),
        ],
    )
    def test_tensors_that_do_not_fit(
        self, folder: Path, change: Callable[[dict[str, Tensor]], object], reason: str
    ) -> None:
        edit_weights(folder, change)
        refuses(folder, "weights.safetensors", reason)


@pytest.mark.parametrize("name", HASHED_FILES)
def test_random_damage_under_a_valid_hash_is_refused_or_harmless(folder: Path, name: str) -> None:
    good, draw = (folder / name).read_bytes(), random.Random(7)
    refused = 0
    for _ in range(60):
        damaged = bytearray(good)
        for _ in range(draw.choice([1, 3, 10])):
            damaged[draw.randrange(min(len(damaged), 4000))] = draw.randrange(256)
        (folder / name).write_bytes(damaged)
        seal(folder)
        try:
            load_checkpoint(folder)
        except CheckpointError as error:
            assert str(folder / name) in str(error) or name == "config.json"  # noqa: PT017 - it may also load
            refused += 1
    assert refused
