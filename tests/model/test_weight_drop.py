"""Weight-drop: the fused call over weights of which some are zero, in training only."""

from __future__ import annotations

import copy
from collections.abc import Iterator

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from model.build import build_model
from model.config import CellKind, ModelConfig
from model.recurrent_layers import CELLS, RecurrentLayer, set_weight_drop

SHARE = 0.4


@pytest.fixture(autouse=True)
def fixed_seed() -> Iterator[None]:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(2)
        yield


def weight(layer: RecurrentLayer) -> Tensor:
    return layer.get_parameter(next(name for name, _ in layer.named_parameters() if "weight_hh" in name))


@pytest.mark.parametrize("cell", CELLS)
def test_a_call_is_one_over_weights_of_which_some_are_zero(cell: CellKind) -> None:
    layer = CELLS[cell](5, 6, context=3, norm=True).train()
    layer.weight_drop = SHARE
    inputs = torch.randn(4, 7, 5), torch.randn(4, 6), torch.randn(4, 7, 3)
    torch.manual_seed(8)
    dropped = layer(*inputs)
    dropped.square().sum().backward()
    torch.manual_seed(8)
    kept = F.dropout(torch.ones_like(weight(layer)), SHARE)
    plain = copy.deepcopy(layer).eval()
    plain.zero_grad()
    with torch.no_grad():
        weight(plain).mul_(kept)
    expected = plain(*inputs)
    expected.square().sum().backward()
    torch.testing.assert_close(dropped, expected)
    for (name, parameter), other in zip(layer.named_parameters(), plain.parameters(), strict=True):
        assert parameter.grad is not None
        assert other.grad is not None
        factor = kept if "weight_hh" in name else 1.0
        torch.testing.assert_close(parameter.grad, other.grad * factor)


def test_evaluation_and_a_share_of_0_are_as_without() -> None:
    layer = CELLS["lstm"](5, 6)
    x = torch.randn(2, 4, 5)
    plain = layer(x)
    layer.weight_drop = SHARE
    assert torch.equal(layer.eval()(x), plain)
    layer.train().weight_drop = 0.0
    before = torch.get_rng_state()
    assert torch.equal(layer(x), plain)
    assert torch.equal(torch.get_rng_state(), before)


def test_it_reaches_every_recurrent_layer_of_a_network() -> None:
    recurrent = build_model(ModelConfig(vocabulary_size=20, embedding_size=8, hidden_size=8))
    count = sum("weight_hh" in name for name, _ in recurrent.named_parameters())
    assert set_weight_drop(recurrent, SHARE) == count > 4
    assert all(m.weight_drop == SHARE for m in recurrent.modules() if isinstance(m, RecurrentLayer))
    shape = ModelConfig(architecture="transformer", vocabulary_size=20, embedding_size=8, hidden_size=8)
    assert set_weight_drop(build_model(shape), SHARE) == 0
