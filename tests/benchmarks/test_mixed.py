"""Texts of mixed lengths."""

from __future__ import annotations

import pytest

from benchmarks.mixed import LONGEST, SHORTEST, mixed_texts, spread_lengths
from benchmarks.texts import read_sentences
from service.text.segmentation import segment


def count(text: str) -> int:
    """A tag, a token for each word, an end mark."""
    return len(text.split()) + 2


def test_lengths_go_from_shortest_to_longest_by_equal_ratios() -> None:
    lengths = spread_lengths(1000)
    assert lengths == sorted(lengths)
    assert (lengths[0], lengths[-1]) == (SHORTEST, LONGEST)
    middle = (SHORTEST * LONGEST) ** 0.5
    assert sum(length < middle for length in lengths) == pytest.approx(500, abs=20)


def test_texts_have_the_lengths_and_are_one_segment_each() -> None:
    texts = mixed_texts(read_sentences(None, "de"), count, 60, seed=1)
    assert [count(text) for text in texts] == spread_lengths(60)
    for text in texts:
        assert len([part for part in segment(text, "de") if part.text.strip()]) == 1


def test_equal_seeds_give_equal_texts_and_others_give_others() -> None:
    sentences = read_sentences(None, "de")
    assert mixed_texts(sentences, count, 20, seed=1) == mixed_texts(sentences, count, 20, seed=1)
    assert mixed_texts(sentences, count, 20, seed=1) != mixed_texts(sentences, count, 20, seed=2)
