"""Random networks that the kernels know."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from model.build import build_model
from model.config import ModelConfig
from model.errors import KernelError
from model.inference.library import load_library
from model.inference.network import PackedSeq2Seq
from model.recurrent import RecurrentSeq2Seq
from model.tokenizer import EOS

VOCABULARY = 150
SHAPES: dict[str, dict[str, Any]] = {
    "multi_head": {},
    "deep": {"encoder_layers": 3, "decoder_layers": 3},
    "shallow": {"encoder_layers": 1, "decoder_layers": 1},
    "one_way": {"bidirectional": False},
    "dot": {"attention": "dot", "attention_heads": 4},
    "general": {"attention": "general", "attention_heads": 4},
    "scaled_dot": {"attention": "scaled_dot", "attention_heads": 4},
}


@pytest.fixture(scope="session")
def kernels() -> None:
    """Skips what needs the kernels where there are none, and says why."""
    try:
        load_library()
    except KernelError as error:
        pytest.skip(str(error))


def build(**shape: Any) -> RecurrentSeq2Seq:
    """A network with weights so large that it has opinions and translations end."""
    sizes = {"vocabulary_size": VOCABULARY, "embedding_size": 32, "hidden_size": 64, "attention_heads": 2}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        model = build_model(ModelConfig(**(sizes | shape))).eval().requires_grad_(False)
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter), alpha=0.2)
    model.output_bias[EOS] += 4.0
    assert isinstance(model, RecurrentSeq2Seq)
    return model


@pytest.fixture(scope="session", params=SHAPES)
def trained(request: pytest.FixtureRequest) -> RecurrentSeq2Seq:
    """A network of each shape."""
    return build(**SHAPES[request.param])


@pytest.fixture(scope="session")
def packed(trained: RecurrentSeq2Seq, kernels: None) -> PackedSeq2Seq:
    """The same, packed."""
    return PackedSeq2Seq(trained)
