"""The kernel for two readings against autograd in float32, and against the version that it stands in for."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from model import fused
from model.fused import softmax_loss, two_readings_loss
from model.training.consistency import Weights, consistency_loss, r_drop_weights, simcut_weights
from tests.model.fused.conftest import distance, representable

pytestmark = pytest.mark.usefixtures("kernels")
ROUNDING = 2.0**-8
SMOOTHING = 0.1
CHUNK_POSITIONS = 192  # kPositions in native/consistency.hpp

Inputs = tuple[Tensor, Tensor, Tensor, Tensor]


def inputs(positions: int, vocabulary: int, width: int) -> Inputs:
    features = representable(2, positions, width, scale=width**-0.5)
    embedding, bias = representable(vocabulary, width), representable(vocabulary)
    return features, embedding, bias, torch.randint(vocabulary, (positions,))


def reference(
    features: Tensor, embedding: Tensor, bias: Tensor, targets: Tensor, weights: Weights
) -> list[Tensor]:
    """Both losses and the gradients of the first, by autograd."""
    leaves = [part.clone().requires_grad_() for part in (features, embedding, bias)]
    logits = F.linear(*leaves)
    first, second = logits.log_softmax(-1)
    likely = [F.cross_entropy(part, targets, reduction="sum") for part in logits]
    terms = [
        *(F.cross_entropy(part, targets, reduction="sum", label_smoothing=SMOOTHING) for part in logits),
        F.kl_div(second, first, log_target=True, reduction="sum"),  # KL(first ‖ second)
        F.kl_div(first, second, log_target=True, reduction="sum"),
    ]
    smoothed = torch.stack([weight * term for weight, term in zip(weights, terms, strict=True)]).sum()
    nll = weights.first * likely[0] + weights.second * likely[1]
    return [smoothed.detach(), nll.detach(), *torch.autograd.grad(smoothed, leaves)]


# Fewer entries than a vector and than a panel, whole panels, part of one, more than the products' block of
# 512; one position, an odd number, a whole chunk, a chunk and a little; widths of less than a vector to more
# than two panels.
@pytest.mark.parametrize("weights", [r_drop_weights(5.0), simcut_weights(3.0), Weights(0.0, 0.7, 0.3, 1.1)])
@pytest.mark.parametrize(
    ("positions", "vocabulary", "width"),
    [
        (1, 3, 2),
        (7, 128, 16),
        (33, 530, 130),
        (CHUNK_POSITIONS, 200, 32),
        (CHUNK_POSITIONS + 5, 65, 6),
    ],
)
def test_loss_and_gradients_are_those_of_autograd(
    positions: int, vocabulary: int, width: int, weights: Weights
) -> None:
    given = inputs(positions, vocabulary, width)
    truth = reference(*given, weights)
    measured = two_readings_loss(*given, SMOOTHING, weights)
    for ours, theirs in zip(measured, truth, strict=True):
        assert ours.shape == theirs.shape
        assert distance(ours, theirs) < ROUNDING
    assert distance(measured.smoothed, truth[0]) < 1e-5
    assert distance(measured.nll, truth[1]) < 1e-5
    assert distance(measured.bias, truth[4]) < 1e-4  # of gradients that have not been rounded


@pytest.mark.parametrize("weights", [r_drop_weights(5.0), simcut_weights(3.0)])
def test_the_plain_version_gives_the_same(weights: Weights, monkeypatch: pytest.MonkeyPatch) -> None:
    *leaves, targets = inputs(50, 300, 32)
    for leaf in leaves:
        leaf.requires_grad_()
    features, embedding, bias = leaves
    losses, gradients = [], []
    for plain in (False, True):
        if plain:
            monkeypatch.setattr(fused, "usable", lambda *_: False)
        loss = consistency_loss(
            features, embedding, bias, targets, smoothing=SMOOTHING, weights=weights, dtype=torch.bfloat16
        )
        losses.append(torch.stack([loss.smoothed.detach(), loss.nll]))
        gradients.append(torch.autograd.grad(loss.smoothed * 0.3, leaves))
    assert not torch.equal(*losses)  # two computations, not one twice
    assert distance(losses[0], losses[1]) < ROUNDING
    for ours, plain_one in zip(*gradients, strict=True):
        assert distance(ours, plain_one) < 8 * ROUNDING  # the plain version rounds logits


@pytest.mark.parametrize("weights", [r_drop_weights(5.0), simcut_weights(3.0)])
def test_equal_readings_have_the_plain_loss(weights: Weights) -> None:
    features, embedding, bias, targets = inputs(20, 100, 16)
    twice = features[:1].repeat(2, 1, 1)
    both = two_readings_loss(twice, embedding, bias, targets, SMOOTHING, weights)
    once = softmax_loss(features[0], embedding, bias, targets, SMOOTHING)
    assert distance(both.smoothed, once.smoothed) < 1e-5
    assert distance(both.nll, once.nll) < 1e-5
    assert distance(both.features.sum(0), once.features) < ROUNDING
    assert distance(both.embedding, once.embedding) < ROUNDING


def test_gradients_of_all_logits_of_a_position_add_up_to_nothing() -> None:
    """Moving every logit by as much changes no probability."""
    measured = two_readings_loss(*inputs(9, 77, 10), SMOOTHING, r_drop_weights(5.0))
    assert measured.bias.sum().abs() < 1e-4 * measured.bias.abs().sum()


def test_logits_of_any_size_are_fine() -> None:
    features, embedding, bias = torch.ones(2, 2, 2), torch.zeros(128, 2), torch.zeros(128)
    features[1] = 0.5
    embedding[0], embedding[100] = 300.0, 320.0  # logits of 600 and 640 in different panels
    given = features, embedding, bias, torch.tensor([100, 0])
    weights = r_drop_weights(5.0)
    truth, measured = reference(*given, weights), two_readings_loss(*given, SMOOTHING, weights)
    torch.testing.assert_close(measured.smoothed, truth[0], rtol=1e-4, atol=1e-3)
    assert distance(measured.embedding, truth[3]) < 2 * ROUNDING


@pytest.mark.parametrize("reading", [0, 1])
def test_what_is_not_a_number_reaches_the_loss(reading: int) -> None:
    features, embedding, bias, targets = inputs(3, 70, 2)
    features[reading, 1] = torch.nan
    assert two_readings_loss(
        features, embedding, bias, targets, SMOOTHING, simcut_weights(1.0)
    ).smoothed.isnan()
