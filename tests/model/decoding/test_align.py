"""Alignments: the attention that a stepwise decoder would have had."""

from __future__ import annotations

import random

import pytest
import torch

from model.decoding import align
from model.tokenizer import BOS
from tests.model.decoding.network import TinyNetwork, encode_alone
from tests.model.decoding.samples import sources

VOCABULARY = 12


@pytest.mark.parametrize(("max_rows", "max_padded_tokens"), [(64, 4096), (4, 4096), (64, 10), (1, 1)])
def test_each_pair_gets_the_attention_it_has_alone(max_rows: int, max_padded_tokens: int) -> None:
    network, dice = TinyNetwork(VOCABULARY, seed=1), random.Random(1)
    batch = sources(15, VOCABULARY, seed=1)
    targets = [dice.choices(range(4, VOCABULARY), k=dice.randint(0, 6)) for _ in batch]
    found = align(network, batch, targets, max_rows=max_rows, max_padded_tokens=max_padded_tokens)
    for source, target, attention in zip(batch, targets, found, strict=True):
        memory = encode_alone(network, source)
        state = network.init_state(memory, 1)
        assert attention.shape == (len(target) + 1, len(source))
        assert attention.dtype == torch.float32
        for token, weights in zip([BOS, *target], attention, strict=True):
            step = network.step(torch.tensor([[token]]), state, memory)
            state = step.state
            torch.testing.assert_close(weights, step.attention[0, 0])
        torch.testing.assert_close(attention.sum(1), torch.ones(len(target) + 1))


def test_nothing_to_align() -> None:
    assert align(TinyNetwork(VOCABULARY), [], []) == []


def test_what_cannot_be_aligned_is_refused() -> None:
    network = TinyNetwork(VOCABULARY)
    with pytest.raises(ValueError, match="1 sources but 0 targets"):
        align(network, [(4, 2)], [])
    with pytest.raises(ValueError, match="source 1 is empty"):
        align(network, [(4, 2), ()], [(4,), (5,)])
    with pytest.raises(ValueError, match="must be positive"):
        align(network, [(4, 2)], [(4,)], max_rows=0)
