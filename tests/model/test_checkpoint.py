from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch.overrides import TorchFunctionMode

from model.build import build_model
from model.checkpoint import Checkpoint, load_checkpoint, read_config, read_manifest, save_checkpoint
from model.config import DecodingOptions, ModelConfig
from model.errors import CheckpointError, ConfigError, DirectionError
from model.network import AnyNetwork
from model.padding import pad_ids
from model.tokenizer import Tokenizer

CONFIG = ModelConfig(vocabulary_size=300, embedding_size=8, hidden_size=8, attention_heads=2)


class CalledFunctions(TorchFunctionMode):
    """Remembers the names of torch functions that are called."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def __torch_function__(
        self,
        func: Callable[..., object],
        types: object,
        args: tuple[object, ...] = (),
        kwargs: dict[str, object] | None = None,
    ) -> object:
        self.names.add(func.__name__)
        return func(*args, **(kwargs or {}))


def save(directory: Path, model: AnyNetwork, tokenizer: Tokenizer, **changes: object) -> None:
    arguments: dict[str, object] = {
        "model": model,
        "config": model.config,
        "tokenizer": tokenizer,
        "directions": [("de", "en")],
        "name": "small",
        "dtype": torch.float32,
    }
    save_checkpoint(directory, **(arguments | changes))  # type: ignore[arg-type] # values of many types


@pytest.fixture
def model() -> AnyNetwork:
    torch.manual_seed(5)
    return build_model(CONFIG)


def test_a_loaded_network_computes_what_the_saved_one_did(
    tmp_path: Path, model: AnyNetwork, tiny_tokenizer: Tokenizer
) -> None:
    save(tmp_path / "c", model, tiny_tokenizer)
    loaded = load_checkpoint(tmp_path / "c")
    source, mask = pad_ids([[5, 6, 7, 2], [9, 2]])
    target, _ = pad_ids([[1, 20, 30], [1, 40, 50]])
    # with gradients torch takes another LSTM kernel, which rounds differently
    expected = model.eval().requires_grad_(False).force(source, mask, target)
    actual = loaded.model.force(source, mask, target)
    torch.testing.assert_close(actual.log_probs, expected.log_probs, rtol=0, atol=0)
    assert not loaded.model.training
    assert not any(parameter.requires_grad for parameter in loaded.model.parameters())
    assert loaded.tokenizer.encode("Wo ist der Zug?") == tiny_tokenizer.encode("Wo ist der Zug?")


def test_what_was_described_comes_back(tmp_path: Path, model: AnyNetwork, tiny_tokenizer: Tokenizer) -> None:
    decoding = DecodingOptions(beam_size=7, length_penalty=1.1)
    directions = [("en", "de"), ("de", "en")]
    training = {"updates": 12, "dev": {"de-en": 1.5}}
    save(tmp_path / "c", model, tiny_tokenizer, decoding=decoding, directions=directions, training=training)
    loaded = load_checkpoint(tmp_path / "c")
    assert (loaded.name, loaded.decoding, list(loaded.directions)) == ("small", decoding, directions)
    assert loaded.config.model == CONFIG
    assert loaded.config.training == training
    assert loaded.config.languages == ("de", "en")


@pytest.mark.parametrize("stored", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("computed", [torch.float32, torch.bfloat16])
def test_weights_are_stored_in_one_dtype_and_computed_in_another(
    tmp_path: Path,
    model: AnyNetwork,
    tiny_tokenizer: Tokenizer,
    stored: torch.dtype,
    computed: torch.dtype,
) -> None:
    save(tmp_path / "c", model, tiny_tokenizer, dtype=stored)
    loaded = load_checkpoint(tmp_path / "c", dtype=computed)
    for name, tensor in loaded.model.state_dict().items():
        assert tensor.dtype == computed
        assert torch.equal(tensor, model.state_dict()[name].to(stored).to(computed))


def test_loading_draws_no_random_number(tiny_checkpoint: Path) -> None:
    before = torch.get_rng_state()
    load_checkpoint(tiny_checkpoint)
    assert torch.equal(torch.get_rng_state(), before)


def test_loading_initialises_nothing(tiny_checkpoint: Path) -> None:
    with CalledFunctions() as called:
        load_checkpoint(tiny_checkpoint)
    assert "empty" in called.names  # the network was built under these eyes
    assert not {"normal_", "uniform_"} & called.names


def test_the_digest_is_the_manifests_hash_and_the_same_network_has_the_same(
    tmp_path: Path, model: AnyNetwork, tiny_tokenizer: Tokenizer
) -> None:
    save(tmp_path / "one", model, tiny_tokenizer)
    save(tmp_path / "two", model, tiny_tokenizer)
    one, two = (load_checkpoint(tmp_path / name).digest for name in ("one", "two"))
    assert one == two == hashlib.sha256((tmp_path / "one/manifest.json").read_bytes()).hexdigest()
    with torch.no_grad():
        model.output_bias[0] += 1e-3
    save(tmp_path / "two", model, tiny_tokenizer)
    assert load_checkpoint(tmp_path / "two").digest != one


def test_a_card_may_be_written_afterwards_and_survives_a_replacement(
    tmp_path: Path, model: AnyNetwork, tiny_tokenizer: Tokenizer
) -> None:
    save(tmp_path / "c", model, tiny_tokenizer)
    digest = load_checkpoint(tmp_path / "c").digest
    (tmp_path / "c/README.md").write_text("# Small\n")
    assert load_checkpoint(tmp_path / "c").digest == digest
    save(tmp_path / "c", model, tiny_tokenizer, name="other")
    assert load_checkpoint(tmp_path / "c").name == "other"
    assert (tmp_path / "c/README.md").read_text() == "# Small\n"
    assert [path.name for path in tmp_path.iterdir()] == ["c"]


def test_links_to_files_and_folders_are_followed(tmp_path: Path, tiny_checkpoint: Path) -> None:
    folder = tmp_path / "links"
    folder.mkdir()
    for path in tiny_checkpoint.iterdir():
        (folder / path.name).symlink_to(path)
    (tmp_path / "link").symlink_to(folder)
    assert load_checkpoint(tmp_path / "link").digest == load_checkpoint(tiny_checkpoint).digest


def test_a_checkpoint_cannot_be_changed(tiny_checkpoint: Path) -> None:
    checkpoint = load_checkpoint(tiny_checkpoint)
    with pytest.raises(dataclasses.FrozenInstanceError):
        checkpoint.digest = ""  # type: ignore[misc] # that it cannot be assigned is the point
    manifest = read_manifest(tiny_checkpoint)
    with pytest.raises(TypeError):
        manifest.files["other"] = manifest.files["config.json"]  # type: ignore[index] # as above


def test_a_direction_that_is_missing_is_refused_with_those_there_are(tiny_checkpoint: Path) -> None:
    checkpoint: Checkpoint = load_checkpoint(tiny_checkpoint)
    checkpoint.require_direction("de", "en")
    with pytest.raises(DirectionError, match=r"tiny does not translate fr→en; it has de→en, en→de"):
        checkpoint.require_direction("fr", "en")


def test_the_configuration_can_be_read_without_the_weights(tmp_path: Path, tiny_checkpoint: Path) -> None:
    for name in ("manifest.json", "config.json"):
        (tmp_path / name).write_bytes((tiny_checkpoint / name).read_bytes())
    manifest = read_manifest(tmp_path)
    assert read_config(tmp_path, manifest).name == "tiny"
    with pytest.raises(CheckpointError, match=r"weights\.safetensors: missing"):
        manifest.verify(tmp_path, "weights.safetensors")


class TestRefusalsToSave:
    def test_weights_that_are_not_finite_in_the_stored_dtype(
        self, tmp_path: Path, model: AnyNetwork, tiny_tokenizer: Tokenizer
    ) -> None:
        with torch.no_grad():
            model.output_bias[3] = torch.finfo(torch.float32).max
        save(tmp_path / "c", model, tiny_tokenizer)
        with pytest.raises(CheckpointError, match=r"'output_bias' holds NaN or infinite"):
            save(tmp_path / "d", model, tiny_tokenizer, dtype=torch.bfloat16)
        assert [path.name for path in tmp_path.iterdir()] == ["c"]

    def test_a_network_of_another_shape(
        self, tmp_path: Path, model: AnyNetwork, tiny_tokenizer: Tokenizer
    ) -> None:
        wider = CONFIG.model_copy(update={"hidden_size": 16})
        with pytest.raises(CheckpointError, match=r"has shape .* the configured network needs"):
            save(tmp_path / "c", model, tiny_tokenizer, config=wider)

    def test_a_tokenizer_without_the_tag_of_a_direction(
        self, tmp_path: Path, model: AnyNetwork, tiny_tokenizer: Tokenizer
    ) -> None:
        with pytest.raises(CheckpointError, match=r"no language tag for direction de→fr; .* de, en"):
            save(tmp_path / "c", model, tiny_tokenizer, directions=[("de", "fr")])

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"name": "../x"}, "name"),
            ({"name": ""}, "name"),
            ({"name": "one\ntwo"}, "name"),
            ({"directions": []}, "directions"),
            ({"directions": [("de", "de")]}, "both 'de'"),
            ({"directions": [("de", "en"), ("de", "en")]}, "listed once"),
            ({"training": {"loss": float("nan")}}, "training"),
        ],
    )
    def test_a_description_that_cannot_be_used(
        self,
        tmp_path: Path,
        model: AnyNetwork,
        tiny_tokenizer: Tokenizer,
        changes: dict[str, object],
        reason: str,
    ) -> None:
        with pytest.raises(ConfigError, match=reason):
            save(tmp_path / "c", model, tiny_tokenizer, **changes)

    def test_a_folder_with_something_else_in_it(
        self, tmp_path: Path, model: AnyNetwork, tiny_tokenizer: Tokenizer
    ) -> None:
        (tmp_path / "thesis.txt").write_text("irreplaceable")
        with pytest.raises(CheckpointError, match=r"holds 'thesis.txt', which is not part of a checkpoint"):
            save(tmp_path, model, tiny_tokenizer)
        assert (tmp_path / "thesis.txt").read_text() == "irreplaceable"

    def test_a_write_that_fails_leaves_the_old_checkpoint_and_nothing_else(
        self,
        tmp_path: Path,
        model: AnyNetwork,
        tiny_tokenizer: Tokenizer,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        save(tmp_path / "c", model, tiny_tokenizer)
        before = (tmp_path / "c/manifest.json").read_bytes()

        def full_disk(descriptor: int) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("os.fsync", full_disk)
        with pytest.raises(OSError, match="No space left"):
            save(tmp_path / "c", model, tiny_tokenizer, name="other")
        assert json.loads(before) == json.loads((tmp_path / "c/manifest.json").read_bytes())
        assert load_checkpoint(tmp_path / "c").name == "small"
        assert [path.name for path in tmp_path.iterdir()] == ["c"]
