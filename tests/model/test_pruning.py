"""Pruning: the least weights go, zeros take no room, and training on holds them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import safetensors.torch
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from model.checkpoint import load_checkpoint
from model.checkpoint.manifest import HASHED_FILES, WEIGHTS_FILE, make_manifest
from model.checkpoint.sparse import LEAST_ZEROS, with_zeros, without_zeros
from model.cli import main
from model.errors import CheckpointError, ConfigError
from model.pruning import prune, zero_share

HERE = Path("weights.safetensors")


def some_weights(seed: int) -> dict[str, Tensor]:
    random = torch.Generator().manual_seed(seed)
    return {
        "small": torch.randn(7, 5, generator=random) * 0.1,
        "large": torch.randn(4, 3, 2, generator=random) * 10,
        "bias": torch.randn(9, generator=random) * 0.001,
    }


@given(seed=st.integers(0, 1000), share=st.floats(0, 1, exclude_max=True))
def test_no_weight_that_goes_is_larger_than_one_that_stays(seed: int, share: float) -> None:
    weights = some_weights(seed)
    pruned = prune(weights, share)
    assert torch.equal(pruned["bias"], weights["bias"])
    gone: list[float] = []
    kept: list[float] = []
    for name in ("small", "large"):
        for before, after in zip(
            weights[name].flatten().tolist(), pruned[name].flatten().tolist(), strict=True
        ):
            assert after in (before, 0.0)
            (kept if after else gone).append(abs(before))
    assert len(gone) == int(share * len(gone + kept))
    assert max(gone, default=0.0) <= min(kept)


@pytest.mark.parametrize("share", [-0.1, 1.0])
def test_all_weights_cannot_go(share: float) -> None:
    with pytest.raises(ConfigError, match="below 1"):
        prune(some_weights(0), share)


@given(
    seed=st.integers(0, 1000),
    share=st.floats(0, 1),
    dtype=st.sampled_from([torch.bfloat16, torch.float32]),
    shape=st.tuples(st.integers(1, 9), st.integers(1, 9)),
)
def test_zeros_are_stored_as_bits_and_come_back(
    seed: int, share: float, dtype: torch.dtype, shape: tuple[int, int]
) -> None:
    random = torch.Generator().manual_seed(seed)
    matrix = torch.randn(shape, generator=random).to(dtype)
    matrix[torch.rand(shape, generator=random) < share] = 0
    tensors = {"matrix": matrix, "bias": torch.zeros(5)}
    stored = without_zeros(tensors)
    assert ("matrix" in stored) == (zero_share([matrix]) < LEAST_ZEROS)
    restored = with_zeros(stored, {name: tensor.shape for name, tensor in tensors.items()}, HERE)
    assert restored.keys() == tensors.keys()
    for name, tensor in tensors.items():
        assert restored[name].dtype == tensor.dtype
        assert torch.equal(restored[name], tensor)


@pytest.fixture
def pruned_folder(tmp_path: Path, tiny_checkpoint: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    output = tmp_path / "pruned"
    assert main(["prune", str(tiny_checkpoint), "--share", "0.6", "--output", str(output)]) == 0
    assert "60.0% zero  in all" in capsys.readouterr().out
    return output


def test_a_pruned_checkpoint_is_smaller_and_holds_the_pruned_weights(
    pruned_folder: Path, tiny_checkpoint: Path
) -> None:
    before, after = (folder / WEIGHTS_FILE for folder in (tiny_checkpoint, pruned_folder))
    assert after.stat().st_size < 0.55 * before.stat().st_size
    original, pruned = load_checkpoint(tiny_checkpoint), load_checkpoint(pruned_folder)
    expected = prune(original.model.state_dict(), 0.6)
    for name, tensor in pruned.model.state_dict().items():
        assert torch.equal(tensor, expected[name])
    assert pruned.config.training["pruned_from"] == original.digest
    assert pruned.directions == original.directions
    assert main(["inspect", str(pruned_folder)]) == 0


def drop_a_value(tensors: dict[str, Tensor]) -> None:
    name = next(name for name in tensors if name.endswith(".values"))
    tensors[name] = tensors[name][:-1]


def drop_a_byte(tensors: dict[str, Tensor]) -> None:
    name = next(name for name in tensors if name.endswith(".present"))
    tensors[name] = tensors[name][:-1]


def drop_the_values(tensors: dict[str, Tensor]) -> None:
    del tensors[next(name for name in tensors if name.endswith(".values"))]


def count_in_floats(tensors: dict[str, Tensor]) -> None:
    name = next(name for name in tensors if name.endswith(".present"))
    tensors[name] = tensors[name].float()


def store_twice(tensors: dict[str, Tensor]) -> None:
    name = next(name for name in tensors if name.endswith(".values"))
    tensors[name.removesuffix(".values")] = torch.zeros(2, 2)


def hide_a_nan(tensors: dict[str, Tensor]) -> None:
    name = next(name for name in tensors if name.endswith(".values"))
    tensors[name][0] = torch.nan


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (drop_a_value, "values for .* places"),
        (drop_a_byte, "not for its shape"),
        (drop_the_values, "is missing"),
        (count_in_floats, "not for its shape"),
        (store_twice, "is stored twice"),
        (hide_a_nan, "NaN"),
    ],
)
def test_parts_that_do_not_fit_are_refused(
    damage: Callable[[dict[str, Tensor]], None], reason: str, pruned_folder: Path
) -> None:
    path = pruned_folder / WEIGHTS_FILE
    tensors = safetensors.torch.load(path.read_bytes())
    damage(tensors)
    path.write_bytes(safetensors.torch.save(tensors))
    contents = {name: (pruned_folder / name).read_bytes() for name in HASHED_FILES}
    (pruned_folder / "manifest.json").write_bytes(make_manifest(contents))
    with pytest.raises(CheckpointError, match=reason):
        load_checkpoint(pruned_folder)
