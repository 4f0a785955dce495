from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest
import torch

from model.checkpoint import load_checkpoint
from model.cli import main


@pytest.fixture
def folder(tmp_path: Path, tiny_checkpoint: Path) -> Path:
    """A copy to write into."""
    return Path(shutil.copytree(tiny_checkpoint, tmp_path / "copy"))


def test_json_says_what_loading_finds(tiny_checkpoint: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", str(tiny_checkpoint), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    checkpoint = load_checkpoint(tiny_checkpoint)
    assert document["digest"] == checkpoint.digest
    assert document["config"] == checkpoint.config.model_dump(mode="json")
    assert document["parameters"]["total"] == sum(p.numel() for p in checkpoint.model.parameters())
    for name, count in document["parameters"]["modules"].items():
        part = checkpoint.model.get_parameter(name) if name == "output_bias" else None
        module = [part] if part is not None else checkpoint.model.get_submodule(name).parameters()
        assert count == sum(parameter.numel() for parameter in module)
    assert document["stored_as"] == ["F32"]
    assert document["whole"] is True
    assert document["card"] == ""
    for file in document["files"]:
        content = (tiny_checkpoint / file["name"]).read_bytes()
        assert (file["bytes"], file["problem"]) == (len(content), None)
        assert file["sha256"] == hashlib.sha256(content).hexdigest()


def test_text_says_the_same_for_people(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "README.md").write_text("# Tiny\n\nGibberish both ways.\n" + "more\n" * 50)
    assert main(["inspect", str(folder)]) == 0
    shown = capsys.readouterr().out
    checkpoint = load_checkpoint(folder)
    total = sum(p.numel() for p in checkpoint.model.parameters())
    for piece in (
        "tiny",
        "de→en, en→de",
        checkpoint.digest,
        f"{total:,}",
        "beam_size",
        "# Tiny",
        "Gibberish",
    ):
        assert piece in shown
    assert shown.count("  ok\n") == 3
    assert shown.count("more") == 9


def test_the_weights_are_not_loaded(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("loaded")

    monkeypatch.setattr("safetensors.torch.load", refuse)
    monkeypatch.setattr(torch.nn.Module, "__init__", refuse)
    assert main(["inspect", str(folder)]) == 0


@pytest.mark.parametrize("name", ["config.json", "weights.safetensors", "tokenizer.model"])
def test_damage_is_reported_and_the_rest_is_shown(
    name: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)
    assert main(["inspect", str(folder), "--json"]) == 2
    captured = capsys.readouterr()
    document = json.loads(captured.out)
    assert document["whole"] is False
    assert [file["name"] for file in document["files"] if file["problem"]] == [name]
    assert f"error: {folder / name}: damaged" in captured.err
    assert (document["config"] is None) == (name == "config.json")
    assert (document["parameters"]["total"] == 0) == (name == "weights.safetensors")
    assert main(["inspect", str(folder)]) == 2
    assert "DAMAGED" in capsys.readouterr().out


def test_weights_that_are_something_else_are_reported(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "weights.safetensors").write_bytes(b"PK\x03\x04 something else")
    manifest = json.loads((folder / "manifest.json").read_text())
    content = (folder / "weights.safetensors").read_bytes()
    manifest["files"]["weights.safetensors"] = {
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))
    assert main(["inspect", str(folder)]) == 2
    assert "weights.safetensors: not a safetensors file" in capsys.readouterr().err


def test_what_is_no_checkpoint_is_said_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", str(tmp_path)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == f"error: {tmp_path / 'manifest.json'}: missing\n"
