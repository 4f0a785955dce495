"""Every kind of attention against its formula, spelt out in loops over single numbers."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import cast

import pytest
import torch
from torch import Tensor

from model.attention import (
    AdditiveAttention,
    Attention,
    GeneralAttention,
    MultiHeadAttention,
    NoAttention,
    build_attention,
)
from model.config import ModelShape

HIDDEN = 6
LENGTHS = (4, 1, 2)
QUERIES = 2
KINDS = ("additive", "dot", "general", "scaled_dot", "multi_head")

Vector = list[float]
Score = Callable[[Vector, Vector], float]


def dot(a: Vector, b: Vector) -> float:
    return sum(x * y for x, y in zip(a, b, strict=True))


def linear(layer: torch.nn.Module, x: Vector) -> Vector:
    assert isinstance(layer, torch.nn.Linear)
    bias = [0.0] * layer.out_features if layer.bias is None else layer.bias.tolist()
    return [dot(row, x) + offset for row, offset in zip(layer.weight.tolist(), bias, strict=True)]


def reference(kind: str, attention: Attention) -> list[tuple[Score, Callable[[Vector], Vector]]]:
    """For each head: how a query and a source position are compared, and what is read there."""
    match attention:
        case AdditiveAttention():

            def additive(query: Vector, memory: Vector) -> float:
                mixed = zip(linear(attention.query, query), linear(attention.key, memory), strict=True)
                return linear(attention.energy, [math.tanh(q + k) for q, k in mixed])[0]

            return [(additive, list)]
        case GeneralAttention():
            return [(lambda query, memory: dot(query, linear(attention.key, memory)), list)]
        case MultiHeadAttention():
            return [_head(attention, number) for number in range(attention.heads)]
        case _:
            scale = {"dot": 1.0, "scaled_dot": 1 / math.sqrt(HIDDEN)}[kind]
            return [(lambda query, memory: scale * dot(query, memory), list)]


def _head(attention: MultiHeadAttention, number: int) -> tuple[Score, Callable[[Vector], Vector]]:
    width = HIDDEN // attention.heads
    part = slice(number * width, (number + 1) * width)

    def score(query: Vector, memory: Vector) -> float:
        key = linear(attention.key, memory)[part]
        return dot(linear(attention.query, query)[part], key) / math.sqrt(width)

    return score, lambda memory: linear(attention.value, memory)[part]


def attend_slowly(
    heads: list[tuple[Score, Callable[[Vector], Vector]]], query: Vector, memory: list[Vector]
) -> tuple[Vector, Vector]:
    """Context and head-averaged weights of one query over the real positions of one sentence."""
    context: Vector = []
    average = [0.0] * len(memory)
    for score, read in heads:
        powers = [math.exp(score(query, position)) for position in memory]
        weights = [power / sum(powers) for power in powers]
        values = [read(position) for position in memory]
        context += [dot(weights, list(column)) for column in zip(*values, strict=True)]
        average = [a + w / len(heads) for a, w in zip(average, weights, strict=True)]
    return context, average


def built(kind: str) -> Attention:
    torch.manual_seed(1)
    options = {"attention": kind} | ({"attention_heads": 3} if kind == "multi_head" else {})
    attention = build_attention(ModelShape.model_validate({"hidden_size": HIDDEN, **options}))
    for parameter in attention.parameters():
        torch.nn.init.normal_(parameter)
    return attention.requires_grad_(False)


def sentences() -> tuple[Tensor, Tensor, Tensor]:
    """Queries, memory and mask of a batch; what stands at padding is large, so that reading it shows."""
    random = torch.Generator().manual_seed(2)
    queries = torch.randn(len(LENGTHS), QUERIES, HIDDEN, generator=random)
    memory = torch.randn(len(LENGTHS), max(LENGTHS), HIDDEN, generator=random)
    mask = torch.arange(max(LENGTHS)) < torch.tensor(LENGTHS)[:, None]
    return queries, memory.masked_fill(~mask[:, :, None], 1e4), mask


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_the_formula(kind: str) -> None:
    attention = built(kind)
    queries, memory, mask = sentences()
    context, weights = attention(queries, attention.project(memory), mask)
    heads = reference(kind, attention)
    for row, length in enumerate(LENGTHS):
        positions = cast("list[Vector]", memory[row, :length].tolist())
        for place, query in enumerate(cast("list[Vector]", queries[row].tolist())):
            expected, expected_weights = attend_slowly(heads, query, positions)
            torch.testing.assert_close(context[row, place], torch.tensor(expected), atol=1e-4, rtol=1e-4)
            torch.testing.assert_close(weights[row, place, :length], torch.tensor(expected_weights))


@pytest.mark.parametrize("kind", KINDS)
def test_masked_positions_weigh_exactly_nothing(kind: str) -> None:
    attention = built(kind)
    queries, memory, mask = sentences()
    _, weights = attention(queries, attention.project(memory), mask)
    assert weights.masked_select(~mask[:, None, :]).eq(0).all()
    torch.testing.assert_close(weights.sum(-1), torch.ones(len(LENGTHS), QUERIES))


@pytest.mark.parametrize("kind", KINDS)
def test_a_single_position_is_read_whatever_is_asked(kind: str) -> None:
    attention = built(kind)
    queries, memory, mask = sentences()
    context, weights = attention(queries, attention.project(memory), mask)
    alone = LENGTHS.index(1)
    assert weights[alone, :, 0].eq(1).all()
    torch.testing.assert_close(context[alone], context[alone, :1].expand(QUERIES, -1))


def test_without_attention_every_query_reads_the_one_position() -> None:
    attention = built("none")
    assert isinstance(attention, NoAttention)
    queries, memory, mask = sentences()
    final = memory[:, :1]
    context, weights = attention(queries, attention.project(final), mask)
    assert torch.equal(context, final.expand(-1, QUERIES, -1))
    for row, length in enumerate(LENGTHS):
        expected = torch.tensor([1 / length] * length + [0.0] * (max(LENGTHS) - length))
        torch.testing.assert_close(weights[row], expected.expand(QUERIES, -1))


@pytest.mark.parametrize(("kind", "parameters"), [("none", 0), ("dot", 0), ("scaled_dot", 0), ("general", 1)])
def test_the_plain_kinds_learn_no_more_than_their_formula_says(kind: str, parameters: int) -> None:
    assert len(list(built(kind).parameters())) == parameters
