"""What only a GPU can tell about training: which precision cuDNN's layers really compute in."""

from __future__ import annotations

import pytest
import torch

from model.config import ModelConfig
from model.recurrent import RecurrentSeq2Seq
from model.recurrent_layers import CELLS
from model.training.averaging import moving_average

pytestmark = pytest.mark.gpu


@pytest.fixture(autouse=True)
def device() -> torch.device:
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device here")
    return torch.device("cuda")


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
def test_small_gradients_do_not_vanish(cell: str, device: torch.device) -> None:
    """In float16 they would: its least number is 6e-8."""
    layer = {str(name): kind for name, kind in CELLS.items()}[cell](8, 16).to(device)
    x = torch.randn(3, 5, 8, device=device)
    gradients = []
    for scale in (1.0, 1e-12):
        with torch.autocast("cuda", dtype=torch.bfloat16):
            out = layer(x)
            assert out.dtype == torch.float32
        gradients.append(torch.autograd.grad(scale * out.sum(), list(layer.parameters())))
    for whole, small in zip(*gradients, strict=True):
        torch.testing.assert_close(small / 1e-12, whole, rtol=1e-2, atol=1e-2)


def test_the_moving_average_reads_its_weights_from_one_block(device: torch.device) -> None:
    """Otherwise PyTorch warns at every call, and copies them; warnings are errors here."""
    model = RecurrentSeq2Seq(ModelConfig(vocabulary_size=20, embedding_size=8, hidden_size=8)).to(device)
    average = moving_average(model, 0.9)
    average.update_parameters(model)
    source = torch.full((2, 3), 5, device=device)
    module = average.module
    assert isinstance(module, RecurrentSeq2Seq)
    module.encode(source, torch.ones_like(source, dtype=torch.bool))
