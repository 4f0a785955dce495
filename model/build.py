"""From a configuration to a network."""

from __future__ import annotations

from model.config import ModelConfig
from model.network import AnyNetwork
from model.recurrent import RecurrentSeq2Seq
from model.transformer import TransformerSeq2Seq


def build_model(config: ModelConfig, *, dropout: float = 0.0, word_dropout: float = 0.0) -> AnyNetwork:
    """A freshly initialised network of ``config``'s shape; the two rates matter in training mode only."""
    if config.architecture == "transformer":
        return TransformerSeq2Seq(config, dropout=dropout, word_dropout=word_dropout)
    return RecurrentSeq2Seq(config, dropout=dropout, word_dropout=word_dropout)
