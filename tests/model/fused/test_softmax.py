"""The softmax kernel against autograd in float32."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from model.fused import softmax_loss
from model.fused.softmax import CHUNK_POSITIONS
from tests.model.fused.conftest import distance, representable

pytestmark = pytest.mark.usefixtures("kernels")
ROUNDING = 2.0**-8
SMOOTHING = 0.1


def reference(features: Tensor, embedding: Tensor, bias: Tensor, targets: Tensor) -> list[Tensor]:
    """Both losses and the gradients of the first, by autograd."""
    leaves = [part.clone().requires_grad_() for part in (features, embedding, bias)]
    logits = F.linear(*leaves)
    smoothed = F.cross_entropy(logits, targets, reduction="sum", label_smoothing=SMOOTHING)
    nll = F.cross_entropy(logits, targets, reduction="sum")
    return [smoothed.detach(), nll.detach(), *torch.autograd.grad(smoothed, leaves)]


# Fewer entries than a panel, whole panels, part of one, more than a block of four; one position, a whole
# chunk, a chunk and a little; widths of less than a vector to more than two panels.
@pytest.mark.parametrize(
    ("positions", "vocabulary", "width"),
    [
        (1, 3, 2),
        (7, 128, 16),
        (20, 130, 64),
        (33, 300, 130),
        (CHUNK_POSITIONS, 200, 32),
        (CHUNK_POSITIONS + 5, 65, 6),
    ],
)
def test_loss_and_gradients_are_those_of_autograd(positions: int, vocabulary: int, width: int) -> None:
    features, embedding = representable(positions, width), representable(vocabulary, width)
    bias, targets = representable(vocabulary), torch.randint(vocabulary, (positions,))
    truth = reference(features, embedding, bias, targets)
    measured = softmax_loss(features, embedding, bias, targets, SMOOTHING)
    for ours, theirs in zip(measured, truth, strict=True):
        assert ours.shape == theirs.shape
        assert distance(ours, theirs) < 2 * ROUNDING
    assert distance(measured.smoothed, truth[0]) < 1e-5


def test_a_network_that_is_right_gets_small_gradients() -> None:
    """The target's probability is 0.9, as smoothing wants: rounding it before the subtraction would show."""
    vocabulary = 64
    embedding, targets = representable(vocabulary, 2), torch.tensor([5])
    bias = torch.full((vocabulary,), 0.1 / vocabulary).log()
    bias[5] = torch.tensor(0.9 + 0.1 / vocabulary).log()
    features = torch.zeros(1, 2)
    measured = softmax_loss(features, embedding, bias, targets, SMOOTHING)
    assert measured.bias.abs().max() < 1e-5
    assert measured.features.abs().max() < 1e-3


def test_logits_of_any_size_are_fine() -> None:
    features, embedding = torch.ones(2, 2), torch.zeros(128, 2)
    embedding[0], embedding[100] = 300.0, 320.0  # logits of 600 and 640 in different panels
    targets, bias = torch.tensor([100, 0]), torch.zeros(128)
    truth = reference(features, embedding, bias, targets)
    measured = softmax_loss(features, embedding, bias, targets, SMOOTHING)
    torch.testing.assert_close(measured.nll, truth[1], rtol=1e-5, atol=1e-3)
    assert distance(measured.embedding, truth[3]) < 2 * ROUNDING


def test_what_is_not_a_number_reaches_the_loss() -> None:
    features = torch.ones(3, 2)
    features[1] = torch.nan
    loss = softmax_loss(features, torch.ones(70, 2), torch.zeros(70), torch.tensor([0, 1, 69]), SMOOTHING)
    assert loss.nll.isnan()
