"""Links are read off the attention as people would draw them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.words import Tokens, words_of
from service.text.alignment import links


def spaced(text: str) -> Tokens:
    """A token for each word between spaces."""
    offsets, start = [], 0
    for word in text.split(" "):
        offsets.append((start, start + len(word)))
        start += len(word) + 1
    return Tokens(text, tuple(offsets))


def attention(*rows: list[float]) -> npt.NDArray[np.float32]:
    """With what is missing from each row's sum given to the language tag, nothing to EOS, and a last row."""
    columns = len(rows[0])
    body = [[1.0 - sum(row), *row, 0.0] for row in rows]
    return np.array([*body, [1.0, *[0.0] * columns, 0.0]], dtype=np.float32)


def drawn(source: Tokens, target: Tokens, weights: npt.NDArray[np.float32]) -> list[tuple[str, str, float]]:
    return [
        (
            source.text[link.source_start : link.source_end],
            target.text[link.target_start : link.target_end],
            round(link.weight, 3),
        )
        for link in links(source, target, weights)
    ]


def test_each_target_word_is_linked_with_what_it_read_most() -> None:
    found = drawn(spaced("er kommt morgen"), spaced("tomorrow he comes"), attention(
        [0.1, 0.1, 0.6], [0.7, 0.1, 0.1], [0.2, 0.5, 0.1]
    ))  # fmt: skip
    assert found == [("morgen", "tomorrow", 0.6), ("er", "he", 0.7), ("kommt", "comes", 0.5)]


def test_what_everybody_reads_explains_nobody() -> None:
    """``ja`` receives 0.4 from all; ``neu`` is read less than that for ``new``, but for nothing else."""
    found = drawn(spaced("ja alt neu"), spaced("yes old new"), attention(
        [0.4, 0.0, 0.0], [0.4, 0.5, 0.0], [0.4, 0.0, 0.35]
    ))  # fmt: skip
    assert found == [("ja", "yes", 0.4), ("alt", "old", 0.5), ("neu", "new", 0.35)]


def test_a_word_that_is_left_over_joins_its_nearest() -> None:
    weights = attention([0.5, 0.3, 0.1], [0.0, 0.05, 0.8])
    assert drawn(spaced("habe gerufen ihn"), spaced("called him"), weights) == [
        ("habe", "called", 0.5),
        ("gerufen", "called", 0.3),
        ("ihn", "him", 0.8),
    ]
    weak = attention([0.5, 0.2, 0.1], [0.0, 0.05, 0.8])
    assert ("gerufen", "called", 0.2) not in drawn(spaced("habe gerufen ihn"), spaced("called him"), weak)


def test_punctuation_is_linked_with_punctuation() -> None:
    found = drawn(spaced("geh !"), spaced("go !"), attention([0.5, 0.3], [0.6, 0.02]))
    assert found == [("geh", "go", 0.5), ("!", "!", 0.02)]
    assert drawn(spaced("geh"), spaced("go !"), attention([0.5], [0.6])) == [("geh", "go", 0.5)]


def test_the_pieces_of_a_word_count_together() -> None:
    source = Tokens("Bahnhof da", ((0, 4), (4, 7), (8, 10)))
    target = Tokens("station there", ((0, 3), (3, 7), (8, 13)))
    weights = attention([0.3, 0.3, 0.4], [0.4, 0.3, 0.0], [0.1, 0.1, 0.6])
    assert drawn(source, target, weights) == [("Bahnhof", "station", 0.65), ("da", "there", 0.6)]


@pytest.mark.parametrize("shape", [(2, 4), (3, 3), (1, 4)])
def test_attention_of_other_tokens_is_refused(shape: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match=r"must have the shape \(3, 4\)"):
        links(spaced("a b"), spaced("c d"), np.zeros(shape, dtype=np.float32))


def test_no_words_no_links() -> None:
    nothing = Tokens("", ())
    assert links(nothing, nothing, np.ones((1, 2), dtype=np.float32)) == ()
    assert links(spaced("a"), nothing, np.ones((1, 3), dtype=np.float32)) == ()
    assert links(nothing, spaced("a"), np.ones((2, 2), dtype=np.float32)) == ()


@given(
    source=st.lists(st.sampled_from(["a", "bc", ".", "7"]), min_size=1, max_size=6),
    target=st.lists(st.sampled_from(["x", "yz", "!", "8"]), min_size=1, max_size=6),
    seed=st.integers(0, 99),
)
def test_links_are_between_words_of_the_same_kind(source: list[str], target: list[str], seed: int) -> None:
    ours, theirs = spaced(" ".join(source)), spaced(" ".join(target))
    weights = np.random.default_rng(seed).dirichlet(np.ones(len(source) + 2), len(target) + 1)
    found = links(ours, theirs, weights.astype(np.float32))
    source_words = {word[:2]: word.lexical for word in words_of(ours).words}
    target_words = {word[:2]: word.lexical for word in words_of(theirs).words}
    for link in found:
        kinds = (
            source_words[link.source_start, link.source_end],
            target_words[link.target_start, link.target_end],
        )
        assert kinds[0] == kinds[1]
        assert 0.0 < link.weight <= 1.0
    for word, lexical in target_words.items():
        if lexical in source_words.values():
            assert any((link.target_start, link.target_end) == word for link in found)
    assert list(found) == sorted(found, key=lambda link: (link.target_start, link.source_start))
