"""When the kernels compute, and that training is the same with and without them."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from model.errors import KernelError
from model.fused import choice, usable
from model.recurrent_layers import LSTMLayer
from model.training.loss import tied_softmax_loss
from tests.model.fused.conftest import distance, representable

ROUNDING = 2.0**-8


@pytest.fixture
def no_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine without a compiler."""

    def refuse() -> None:
        raise KernelError("no kernels in this test")

    monkeypatch.setattr(choice, "load_library", refuse)
    monkeypatch.setattr(choice, "available", choice.available.__wrapped__)


@pytest.mark.usefixtures("kernels")
def test_they_compute_in_bfloat16_on_one_thread() -> None:
    x = torch.zeros(1)
    assert usable(x, torch.bfloat16)
    assert not usable(x, torch.float32)
    assert not usable(x.to("meta"), torch.bfloat16)
    torch.set_num_threads(2)
    assert not usable(x, torch.bfloat16)


@pytest.mark.usefixtures("no_kernels")
def test_without_them_the_log_says_why(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    assert not usable(torch.zeros(1), torch.bfloat16)
    assert "no kernels in this test" in caplog.text


def run_layer(
    layer: LSTMLayer, inputs: tuple[Tensor, Tensor | None, Tensor], weight_drop: float
) -> list[Tensor]:
    """Outputs of a training pass, and the gradients of all weights."""
    layer.weight_drop = weight_drop
    layer.zero_grad()
    torch.manual_seed(4)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        outputs = layer(*inputs)
    outputs.float().square().sum().backward()
    return [outputs.detach(), *(p.grad for p in layer.parameters() if p.grad is not None)]


@pytest.mark.usefixtures("kernels")
@pytest.mark.parametrize("weight_drop", [0.0, 0.4])
@pytest.mark.parametrize("start", [True, False])
def test_a_layer_with_all_it_can_have(
    weight_drop: float, start: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    layer = LSTMLayer(32, 64, context=16, norm=True).train()
    inputs = representable(5, 4, 32), representable(5, 64) if start else None, representable(5, 4, 16)
    with_kernels = run_layer(layer, inputs, weight_drop)
    monkeypatch.setattr(choice, "available", lambda: False)
    without = run_layer(layer, inputs, weight_drop)
    assert with_kernels[0].dtype == without[0].dtype
    assert not torch.equal(with_kernels[0], without[0])  # or both would be the same path
    for ours, theirs in zip(with_kernels, without, strict=True):
        assert distance(ours, theirs.float()) < 4 * ROUNDING


@pytest.mark.usefixtures("kernels")
def test_the_loss_through_autograd(monkeypatch: pytest.MonkeyPatch) -> None:
    features, embedding = representable(9, 16).requires_grad_(), representable(100, 16).requires_grad_()
    bias, targets = torch.zeros(100, requires_grad=True), torch.randint(100, (9,))

    def run() -> list[Tensor]:
        loss = tied_softmax_loss(features, embedding, bias, targets, 0.1, torch.bfloat16)
        return [loss.smoothed.detach(), *torch.autograd.grad(loss.smoothed / 9, [features, embedding, bias])]

    with_kernels = run()
    monkeypatch.setattr(choice, "available", lambda: False)
    for ours, theirs in zip(with_kernels, run(), strict=True):
        assert distance(ours, theirs) < 4 * ROUNDING
