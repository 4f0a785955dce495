"""The Transformer: its parts are their formulas, and its caches keep rows of different ages apart."""

from __future__ import annotations

import math
from typing import cast

import pytest
import torch
from torch.nn import functional as F

from model.config import ModelConfig
from model.padding import pad_ids
from model.positions import sinusoids
from model.transformer import TransformerSeq2Seq
from model.transformer_layers import DecoderLayer, EncoderLayer, SelfAttention
from model.transformer_state import TransformerState
from tests.model.architectures import random_network

SOURCES = [[5, 6, 7, 2], [8, 2]]

Vector = list[float]


def dot(a: Vector, b: Vector) -> float:
    return sum(x * y for x, y in zip(a, b, strict=True))


def transformer(**shape: object) -> TransformerSeq2Seq:
    sizes = {"vocabulary_size": 20, "embedding_size": 8, "hidden_size": 8, "feed_forward_size": 12}
    config = {"architecture": "transformer", "attention_heads": 2, **sizes, **shape}
    network = random_network(ModelConfig.model_validate(config))
    assert isinstance(network, TransformerSeq2Seq)
    return network


def decoder_layer(network: TransformerSeq2Seq, index: int) -> DecoderLayer:
    layer = network.decoder_layers[index]
    assert isinstance(layer, DecoderLayer)
    return layer


def test_positions_are_sines_and_cosines_of_falling_frequencies() -> None:
    width = 6
    found = sinusoids(torch.tensor([[0, 1], [50, 12_345]]), width)
    for row, positions in enumerate([[0, 1], [50, 12_345]]):
        for column, position in enumerate(positions):
            angles = [position / 10_000 ** (2 * pair / width) for pair in range(width // 2)]
            expected = [math.sin(angle) for angle in angles] + [math.cos(angle) for angle in angles]
            torch.testing.assert_close(found[row, column], torch.tensor(expected), atol=1e-3, rtol=0)


@pytest.mark.parametrize("causal", [True, False])
def test_self_attention_is_its_formula(causal: bool) -> None:
    torch.manual_seed(6)
    length, hidden, heads = 4, 6, 2
    attention = SelfAttention(hidden, heads).requires_grad_(False)
    x = torch.randn(1, length, hidden)
    mask = torch.tensor([[True, True, True, False]])
    found = attention(x, torch.ones(length, length).tril().bool() if causal else mask[:, None, None])[0]
    mixed = cast("list[list[Vector]]", attention.mixed(x)[0].unflatten(-1, (heads * 3, -1)).tolist())
    for position in range(length if causal else 3):
        seen = range(position + 1) if causal else range(3)
        context: Vector = []
        for head in range(0, heads * 3, 3):
            query = mixed[position][head]
            scores = [dot(query, mixed[other][head + 1]) for other in seen]
            powers = [math.exp(score / math.sqrt(hidden // heads)) for score in scores]
            for unit in range(hidden // heads):
                values = [mixed[other][head + 2][unit] for other in seen]
                context.append(dot(powers, values) / sum(powers))
        torch.testing.assert_close(found[position], attention.output(torch.tensor(context)))


def test_branches_add_to_the_embedding_at_its_position() -> None:
    """With every branch silenced, what is left is the scaled embedding, the position and the last norm."""
    network = transformer()
    for layer in [*network.encoder_layers, *network.decoder_layers]:
        assert isinstance(layer, EncoderLayer | DecoderLayer)
        silenced = [layer.self_attention.output, layer.inner[-1]]
        if isinstance(layer, DecoderLayer):
            silenced.append(layer.cross_output)
        for part in silenced:
            for parameter in part.parameters():
                parameter.zero_()
    target = torch.tensor([[1, 5, 9], [1, 7, 5]])
    found = network.features(*pad_ids(SOURCES), target).values
    expected = network.embedding.weight[target] * math.sqrt(8) + sinusoids(torch.arange(3), 8)
    norm = network.readout_norm
    torch.testing.assert_close(found, F.layer_norm(expected, (8,), norm.weight, norm.bias))


@pytest.mark.parametrize(("layers", "shown"), [(1, 0), (2, 0), (3, 1), (4, 2)])
def test_the_attention_shown_is_that_of_the_layer_before_the_last(layers: int, shown: int) -> None:
    source, mask = pad_ids(SOURCES)
    target = torch.tensor([[1, 5, 9], [1, 7, 5]])
    indifferent = (mask / mask.sum(1, keepdim=True))[:, None].expand(-1, 3, -1)
    for blinded in range(layers):
        network = transformer(decoder_layers=layers)
        for parameter in decoder_layer(network, blinded).cross_attention.query.parameters():
            parameter.zero_()
        same = torch.allclose(network.features(source, mask, target).attention, indifferent)
        assert same == (blinded == shown)


def test_rows_of_different_ages_are_aligned_on_the_right_and_shed_what_none_needs() -> None:
    network = transformer(decoder_layers=2)
    states = []
    for source, steps in zip(SOURCES, (3, 1), strict=True):
        memory = network.encode(*pad_ids([source]))
        state = network.init_state(memory, 2)
        assert state.columns == 0
        for _ in range(steps):
            state = network.step(torch.tensor([[5, 6]]), state, memory).state
        states.append(state)
    joined = TransformerState.concat(states)
    assert joined.lengths.tolist() == [3, 1]
    assert joined.columns == 3
    for layer, old, young in zip(joined.layers, states[0].layers, states[1].layers, strict=True):
        assert torch.equal(layer[0], old[0])
        assert torch.equal(layer[1, :, :, 2:], young[0])
    left = joined.select(torch.tensor([1]))
    assert left.columns == 1
    for layer, young in zip(left.layers, states[1].layers, strict=True):
        assert torch.equal(layer, young)


def test_a_newcomer_may_join_before_its_first_step() -> None:
    network = transformer()
    memories = [network.encode(*pad_ids([source])) for source in SOURCES]
    old = network.step(torch.tensor([[1]]), network.init_state(memories[0], 1), memories[0]).state
    state = TransformerState.concat([old, network.init_state(memories[1], 1)])
    memory = type(memories[0]).concat(memories)
    found = network.step(torch.tensor([[7], [1]]), state, memory).log_probs
    for row, target in enumerate([[1, 7], [1]]):
        forced = network.force(*pad_ids([SOURCES[row]]), torch.tensor([target])).log_probs
        torch.testing.assert_close(found[row, 0], forced[0, -1], atol=1e-5, rtol=0)


def test_the_source_is_projected_once_and_not_for_each_hypothesis() -> None:
    network = transformer(decoder_layers=3)
    memory = network.encode(*pad_ids(SOURCES))
    assert [part.shape for layer in memory.layers for part in layer] == [(2, 2, 4, 4)] * 6
    calls = []
    for layer in network.decoder_layers:
        assert isinstance(layer, DecoderLayer)
        layer.cross_attention.key.register_forward_hook(lambda *_: calls.append("projected"))
    network.step(torch.full((2, 5), 7), network.init_state(memory, 5), memory)
    assert not calls
    network.encode(*pad_ids(SOURCES))
    assert len(calls) == 3
