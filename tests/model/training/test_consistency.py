"""The fused two-reading loss against the papers' formulas, PyTorch's own divergence and autograd."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from model.training.consistency import Weights, consistency_loss, r_drop_weights, simcut_weights
from model.training.loss import CHUNK_POSITIONS, tied_softmax_loss

SMOOTHING = 0.1


def inputs(positions: int, vocabulary: int = 50, width: int = 8) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    random = torch.Generator().manual_seed(positions)
    features = torch.randn(2, positions, width, generator=random, requires_grad=True)
    embedding = torch.randn(vocabulary, width, generator=random, requires_grad=True)
    bias = torch.randn(vocabulary, generator=random, requires_grad=True)
    return features, embedding, bias, torch.randint(vocabulary, (positions,), generator=random)


def reference(
    features: Tensor, embedding: Tensor, bias: Tensor, gold: Tensor, weights: Weights, smoothing: float
) -> Tensor:
    logits = F.linear(features, embedding, bias)
    first, second = logits.log_softmax(-1)
    terms = (
        F.cross_entropy(logits[0], gold, label_smoothing=smoothing, reduction="sum"),
        F.cross_entropy(logits[1], gold, label_smoothing=smoothing, reduction="sum"),
        F.kl_div(second, first, log_target=True, reduction="sum"),  # KL(first ‖ second)
        F.kl_div(first, second, log_target=True, reduction="sum"),
    )
    return torch.stack([weight * term for weight, term in zip(weights, terms, strict=True)]).sum()


@pytest.mark.parametrize("positions", [1, CHUNK_POSITIONS // 2, CHUNK_POSITIONS + 3])
@pytest.mark.parametrize("smoothing", [0.0, SMOOTHING])
@pytest.mark.parametrize(
    "weights",
    [
        Weights(1.0, 0.0, 0.0, 0.0),
        Weights(0.0, 0.7, 0.0, 0.0),
        Weights(0.0, 0.0, 1.3, 0.0),
        Weights(0.0, 0.0, 0.0, 1.3),
        r_drop_weights(5.0),
        simcut_weights(3.0),
    ],
)
def test_values_and_gradients_equal_autograd(positions: int, smoothing: float, weights: Weights) -> None:
    *differentiable, gold = inputs(positions)
    features, embedding, bias = differentiable
    expected = reference(features, embedding, bias, gold, weights, smoothing)
    expected_grads = torch.autograd.grad(expected * 0.3, differentiable)
    loss = consistency_loss(
        features, embedding, bias, gold, smoothing=smoothing, weights=weights, dtype=torch.float32
    )
    grads = torch.autograd.grad(loss.smoothed * 0.3, differentiable)
    torch.testing.assert_close(loss.smoothed, expected, rtol=1e-5, atol=1e-4)
    nll = reference(features, embedding, bias, gold, Weights(*weights[:2], 0.0, 0.0), 0.0)
    torch.testing.assert_close(loss.nll, nll, rtol=1e-5, atol=1e-4)
    for one, other in zip(grads, expected_grads, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("weights", [r_drop_weights(5.0), simcut_weights(5.0)])
def test_equal_readings_have_the_plain_loss(weights: Weights) -> None:
    features, embedding, bias, gold = inputs(40)
    twice = features[:1].repeat(2, 1, 1)
    plain = tied_softmax_loss(features[0], embedding, bias, gold, SMOOTHING, torch.float32)
    both = consistency_loss(
        twice, embedding, bias, gold, smoothing=SMOOTHING, weights=weights, dtype=torch.float32
    )
    torch.testing.assert_close(both.smoothed, plain.smoothed, rtol=1e-5, atol=1e-4)
    torch.testing.assert_close(both.nll, plain.nll, rtol=1e-5, atol=1e-4)


def test_bfloat16_stays_close_to_float32() -> None:
    features, embedding, bias, gold = inputs(300, vocabulary=80, width=16)
    losses = [
        consistency_loss(
            features, embedding / 4, bias, gold, smoothing=SMOOTHING, weights=r_drop_weights(5.0), dtype=dtype
        ).smoothed
        for dtype in (torch.float32, torch.bfloat16)
    ]
    torch.testing.assert_close(losses[1], losses[0], rtol=1e-2, atol=0)
