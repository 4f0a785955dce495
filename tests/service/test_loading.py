"""From folders to engines."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

import pytest
import torch

from model.checkpoint import load_checkpoint
from model.errors import CheckpointError
from service.engine.observer import NullObserver
from service.loading import choose_device, find_checkpoints, load_registry
from service.settings import Settings, SettingsError
from tests.service.fakes import EchoEngine
from tests.service.harness import asynchronous


def test_a_folder_is_a_checkpoint_or_holds_some(tiny_checkpoint: Path, tmp_path: Path) -> None:
    for name in ("b", "a"):
        shutil.copytree(tiny_checkpoint, tmp_path / name)
    (tmp_path / "notes").mkdir()
    assert find_checkpoints([tiny_checkpoint, tmp_path]) == [tiny_checkpoint, tmp_path / "a", tmp_path / "b"]


def test_no_checkpoint_is_refused_with_variable_and_folder(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=f"DRAGOMAN_CHECKPOINTS: there is no checkpoint in {tmp_path}"):
        find_checkpoints([tmp_path])


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without CUDA")
def test_a_missing_gpu_is_refused() -> None:
    with pytest.raises(SettingsError, match="DRAGOMAN_DEVICE is cuda, but"):
        choose_device(Settings(device="cuda"))
    assert choose_device(Settings(device="auto")) == torch.device("cpu")


@asynchronous
async def test_settings_override_how_the_checkpoint_decodes(tiny_checkpoint: Path) -> None:
    settings = Settings(checkpoints=(tiny_checkpoint,), length_penalty=1.5)
    (served,) = (await load_registry(settings, NullObserver(), EchoEngine())).served
    own = load_checkpoint(tiny_checkpoint)
    assert served.decoding == own.decoding.model_copy(update={"length_penalty": 1.5})
    assert (served.name, served.digest, served.directions) == ("tiny", own.digest, own.directions)
    assert served.load_seconds > 0


@asynchronous
async def test_the_same_checkpoint_is_loaded_once(
    tiny_checkpoint: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    copy = shutil.copytree(tiny_checkpoint, tmp_path / "copy")
    with caplog.at_level(logging.WARNING):
        registry = await load_registry(
            Settings(checkpoints=(tiny_checkpoint, copy)), NullObserver(), EchoEngine()
        )
    assert len(registry.served) == 1
    assert caplog.messages == [f"{copy} is the same checkpoint as tiny; skipped"]


@asynchronous
async def test_a_damaged_checkpoint_is_named(tiny_checkpoint: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(tiny_checkpoint, tmp_path / "copy")
    (copy / "weights.safetensors").write_bytes(b"")
    with pytest.raises(CheckpointError, match=r"weights\.safetensors"):
        await load_registry(Settings(checkpoints=(copy,)), NullObserver(), EchoEngine())


@asynchronous
async def test_its_own_engine_is_warm(tiny_checkpoint: Path) -> None:
    settings = Settings(checkpoints=(tiny_checkpoint,), max_running_rows=4, max_padded_tokens=200, threads=1)
    (served,) = (await load_registry(settings, NullObserver(), None)).served
    assert served.engine.status().ready
    assert await served.engine.drain(10)
