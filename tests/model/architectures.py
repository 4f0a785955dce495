"""One small network of every kind: what all of them must do is tested on each."""

from __future__ import annotations

import torch

from model.build import build_model
from model.config import ModelConfig
from model.network import AnyNetwork
from model.tokenizer import EOS

VOCABULARY = 60

SHAPES: dict[str, dict[str, object]] = {
    "lstm-multi_head": {},
    "lstm-additive-deep": {"attention": "additive", "encoder_layers": 3, "decoder_layers": 3},
    "lstm-one_layer": {"encoder_layers": 1, "decoder_layers": 1, "attention_heads": 1},
    "lstm-none": {"attention": "none"},
    "lstm-dot-forward": {"attention": "dot", "bidirectional": False},
    "gru-general": {"cell": "gru", "attention": "general"},
    "gru-none-one_layer": {"cell": "gru", "attention": "none", "encoder_layers": 1, "decoder_layers": 1},
    "gru-multi_head-forward": {"cell": "gru", "bidirectional": False, "attention_heads": 2},
    "rnn-scaled_dot": {"cell": "rnn", "attention": "scaled_dot"},
    "rnn-none-forward": {"cell": "rnn", "attention": "none", "bidirectional": False},
    "transformer": {"architecture": "transformer", "decoder_layers": 3},
    "transformer-one_layer": {"architecture": "transformer", "encoder_layers": 1, "decoder_layers": 1},
    "transformer-narrow": {"architecture": "transformer", "embedding_size": 12},
}
"""What differs from the defaults."""


def config_of(name: str, *, vocabulary_size: int = VOCABULARY) -> ModelConfig:
    shape = {"embedding_size": 16, "hidden_size": 16, **SHAPES[name]}
    if shape.get("architecture") == "transformer":
        shape["feed_forward_size"] = 24
    return ModelConfig.model_validate({"vocabulary_size": vocabulary_size, **shape})


def random_network(config: ModelConfig, *, dropout: float = 0.0, seed: int = 3) -> AnyNetwork:
    """Weights so large that the network has opinions and translations end; in evaluation mode.

    Biases, zero in a fresh network, are random as well: a test would miss their misuse.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = build_model(config, dropout=dropout, word_dropout=dropout).eval().requires_grad_(False)
        for parameter in network.parameters():
            parameter.add_(torch.randn_like(parameter), alpha=0.3)
    network.output_bias[EOS] += 2.0
    return network
