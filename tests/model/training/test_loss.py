"""The fused loss against PyTorch's own cross-entropy and autograd."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from model.training.loss import CHUNK_POSITIONS, tied_softmax_loss


@pytest.mark.parametrize("positions", [1, CHUNK_POSITIONS, CHUNK_POSITIONS + 1, 3 * CHUNK_POSITIONS - 5])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_values_and_gradients_equal_autograd(positions: int, smoothing: float) -> None:
    random = torch.Generator().manual_seed(positions)
    features = torch.randn(positions, 8, generator=random, requires_grad=True)
    embedding = torch.randn(50, 8, generator=random, requires_grad=True)
    bias = torch.randn(50, generator=random, requires_grad=True)
    gold = torch.randint(50, (positions,), generator=random)
    inputs = (features, embedding, bias)

    logits = F.linear(*inputs)
    reference = F.cross_entropy(logits, gold, label_smoothing=smoothing, reduction="sum")
    expected = torch.autograd.grad(reference * 0.3, inputs)
    loss = tied_softmax_loss(*inputs, gold, smoothing, torch.float32)
    actual = torch.autograd.grad(loss.smoothed * 0.3, inputs)

    torch.testing.assert_close(loss.smoothed, reference, rtol=1e-5, atol=1e-4)
    torch.testing.assert_close(loss.nll, F.cross_entropy(logits, gold, reduction="sum"), rtol=1e-5, atol=1e-4)
    for one, other in zip(actual, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-4)


def test_bfloat16_stays_close_to_float32() -> None:
    random = torch.Generator().manual_seed(0)
    features = torch.randn(300, 16, generator=random)
    embedding = torch.randn(80, 16, generator=random) / 4
    gold = torch.randint(80, (300,), generator=random)
    exact = tied_softmax_loss(features, embedding, torch.zeros(80), gold, 0.1, torch.float32)
    rough = tied_softmax_loss(features, embedding, torch.zeros(80), gold, 0.1, torch.bfloat16)
    torch.testing.assert_close(rough.smoothed, exact.smoothed, rtol=5e-3, atol=0)


def test_a_second_backward_pass_is_refused() -> None:
    """It would find the first one's gradients scaled already."""
    features = torch.ones(2, 4, requires_grad=True)
    loss = tied_softmax_loss(features, torch.eye(4), torch.zeros(4), torch.tensor([0, 1]), 0.1, torch.float32)
    (loss.smoothed / 2).backward(retain_graph=True)
    with pytest.raises(RuntimeError, match="inplace"):
        loss.smoothed.backward()
