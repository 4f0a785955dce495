"""The LSTM kernels against PyTorch's LSTM in float32."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from model.fused import fits, lstm
from tests.model.fused.conftest import distance, representable

pytestmark = pytest.mark.usefixtures("kernels")
ROUNDING = 2.0**-8
"""Of bfloat16, relative: what products of rounded outputs and gradients may be off by."""


def layer(inputs: int, hidden: int) -> nn.LSTM:
    """An LSTM whose weights bfloat16 can represent."""
    made = nn.LSTM(inputs, hidden, batch_first=True)
    with torch.no_grad():
        for weight in made.parameters():
            weight.copy_(representable(*weight.shape, scale=hidden**-0.5))
    return made


def outputs_and_gradients(outputs: Tensor, reward: Tensor, leaves: list[Tensor]) -> list[Tensor]:
    """The outputs, and the gradients of their product with ``reward``."""
    gradients = torch.autograd.grad(outputs, leaves, reward.to(outputs.dtype))
    return [outputs.detach(), *gradients]


# Every number of rows that is left over from tiles of six; one step, and many; whole panels, part of one
# alone and after others.
@pytest.mark.parametrize(
    ("batch", "time", "inputs", "hidden"),
    [
        (1, 1, 2, 64),
        (2, 9, 10, 64),
        (3, 4, 64, 128),
        (4, 30, 6, 64),
        (5, 3, 30, 192),
        (6, 2, 4, 64),
        (13, 7, 64, 64),
        (7, 5, 6, 16),
        (8, 6, 34, 160),
    ],
)
def test_outputs_and_all_gradients_are_those_of_the_plain_layer(
    batch: int, time: int, inputs: int, hidden: int
) -> None:
    plain = layer(inputs, hidden)
    x = representable(batch, time, inputs).requires_grad_()
    start = representable(batch, hidden).requires_grad_()
    reward = representable(batch, time, hidden)
    leaves = [x, start, *plain.parameters()]
    expected = plain(x, (start[None], torch.zeros(1, batch, hidden)))[0]
    truth = outputs_and_gradients(expected, reward, leaves)
    measured = outputs_and_gradients(lstm(x, start, *plain.all_weights[0]), reward, leaves)
    for ours, theirs in zip(measured, truth, strict=True):
        assert distance(ours, theirs) < 2 * ROUNDING


def test_no_row_depends_on_the_others() -> None:
    plain, x, start = layer(32, 64), representable(17, 6, 32), representable(17, 64)
    weights = plain.all_weights[0]
    together = lstm(x, start, *weights)
    apart = [lstm(x[row : row + 1], start[row : row + 1], *weights) for row in range(17)]
    assert torch.equal(together, torch.cat(apart))


def test_gates_far_from_zero_keep_their_small_slopes() -> None:
    """Where a gate is 0.99 its slope is 0.01: kept in bfloat16, it would be wrong by a fifth."""
    plain, x, start = layer(2, 64), torch.zeros(1, 1, 2), torch.zeros(1, 64)
    weights = plain.all_weights[0]
    bias = weights[2]
    with torch.no_grad():
        bias.fill_(4.6)
    [truth] = torch.autograd.grad(plain(x)[0].sum(), [bias])
    [measured] = torch.autograd.grad(lstm(x, start, *weights).sum(), [bias])
    assert distance(measured, truth) < 0.05


def test_what_is_not_a_number_stays_that() -> None:
    plain, x = layer(2, 64), torch.zeros(2, 3, 2)
    x[1, 1, 0] = torch.nan
    outputs = lstm(x, torch.zeros(2, 64), *plain.all_weights[0])
    assert outputs[0].isfinite().all()
    assert outputs[1, 0].isfinite().all()
    assert outputs[1, 1:].isnan().all()


def test_which_shapes_fit() -> None:
    assert fits(10, 64)
    assert not fits(11, 64)
    assert fits(10, 80)
    assert not fits(10, 88)
