"""The ``[model]`` table: what cannot be, or would have no effect, is refused by name."""

from __future__ import annotations

from typing import Any

import pytest

from model.config import ModelConfig, ModelShape, parse
from model.errors import ConfigError


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ({"architecture": "mamba"}, "architecture: .*'recurrent' or 'transformer'"),
        ({"cell": "sru"}, "cell: .*'lstm', 'gru' or 'rnn'"),
        (
            {"attention": "location"},
            "attention: .*'none', 'additive', 'dot', 'general', 'scaled_dot' or 'multi_head'",
        ),
        ({"attention": "dot", "attention_heads": 8}, "attention_heads = 8 .*attention 'dot'"),
        ({"feed_forward_size": 512}, "feed_forward_size = 512 .*architecture 'recurrent'"),
        ({"architecture": "transformer", "cell": "gru"}, "cell = 'gru' .*architecture 'transformer'"),
        ({"architecture": "transformer", "bidirectional": False}, "bidirectional = False"),
        ({"architecture": "transformer", "attention": "none"}, "attention = 'none'"),
        ({"architecture": "transformer", "attention_heads": 5}, r"attention_heads \(5\) must divide"),
    ],
)
def test_a_shape_that_cannot_be_is_refused(table: dict[str, Any], expected: str) -> None:
    with pytest.raises(ConfigError, match=expected):
        parse(ModelShape, table, "recipe.toml")


def test_every_option_may_be_spelt_out_at_its_default() -> None:
    for architecture in ("recurrent", "transformer"):
        spelt_out = ModelShape.model_validate({"architecture": architecture}).model_dump()
        assert ModelShape.model_validate(spelt_out).architecture == architecture


def test_a_configuration_from_before_there_was_a_choice_is_the_attention_lstm() -> None:
    stored = {
        "architecture": "recurrent",
        "embedding_size": 256,
        "hidden_size": 384,
        "encoder_layers": 2,
        "decoder_layers": 2,
        "attention": "multi_head",
        "attention_heads": 4,
        "vocabulary_size": 8000,
    }
    config = ModelConfig.model_validate(stored)
    assert (config.cell, config.bidirectional) == ("lstm", True)
    assert stored.items() <= config.model_dump().items()
