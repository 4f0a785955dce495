"""Averages of weights against the formulas."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn

from model.training.averaging import average_files, moving_average


def test_the_moving_average_follows_its_recurrence() -> None:
    model = nn.Linear(2, 2)
    average = moving_average(model, decay=0.5)
    expected: torch.Tensor | None = None
    for update in range(8):
        with torch.no_grad():
            model.weight.fill_(float(update**2))
        average.update_parameters(model)
        keep = min(0.5, (1 + update) / (10 + update))
        now = model.weight.detach().clone()
        expected = now if expected is None else keep * expected + (1 - keep) * now
    assert expected is not None
    torch.testing.assert_close(average.module.get_parameter("weight").detach(), expected)


def test_files_are_averaged_element_by_element(tmp_path: Path) -> None:
    paths = []
    for index, value in enumerate((1.0, 2.0, 6.0)):
        paths.append(tmp_path / f"{index}.safetensors")
        save_file({"a": torch.full((2, 3), value), "b": torch.tensor([value, -value])}, paths[-1])
    mean = average_files(paths)
    torch.testing.assert_close(mean["a"], torch.full((2, 3), 3.0))
    torch.testing.assert_close(mean["b"], torch.tensor([3.0, -3.0]))
