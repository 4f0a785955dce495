"""Which words of a translation come from which words of its source, read off the attention.

Of several readings this one is right for 98.9 of 100 words whose counterpart is plain, against 95.4 for the
source token with the most attention; see ``docs/decisions/0011-reading-alignments-off-the-attention.md``.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from model.decoding.hypothesis import Attention
from model.words import Tokens, Word, Words, words_of
from service.text.link import Link

NEAR_BEST = 0.5
"""A source word that is no target word's best is linked to one that read it so much, measured by its best."""
LEAST_WEIGHT = 0.1
"""No such link is made for less."""

Matrix = npt.NDArray[np.float64]


def links(source: Tokens, target: Tokens, attention: Attention) -> tuple[Link, ...]:
    """The links between two texts, by target word, then by source word.

    Each target word is linked with the source word that it read most, measured against how much all others
    read that one: what attracts attention from everywhere, as the end of a sentence does, explains nothing.
    A source word that is left over is linked with the word that read it most, if that read it nearly as much
    as its own. Punctuation is linked with punctuation only, as the network reads anything for it.

    Args:
        source: what was translated.
        target: the translation.
        attention: float32 ``[target tokens + 1, source tokens + 2]``, as ``Hypothesis.attention``: the first
            column is the language tag, the last column and row are EOS.

    Raises:
        ValueError: ``attention`` has another shape.
    """
    expected = (len(target.offsets) + 1, len(source.offsets) + 2)
    if attention.shape != expected:
        raise ValueError(f"attention must have the shape {expected}, not {attention.shape}")
    source_words, target_words = words_of(source), words_of(target)
    weights = between_words(source_words, target_words, attention)
    return tuple(
        Link(*source_words.words[i][:2], *target_words.words[j][:2], float(weights[j, i]))
        for j, i in _pairs(_comparable(source_words.words, target_words.words, weights))
    )


def between_words(source: Words, target: Words, attention: Attention) -> Matrix:
    """Attention between words, float64 ``[target words, source words]``.

    What the tokens of a source word received is added up, and the mean is taken of what those of a target
    word read.
    """
    columns, rows = _membership(source), _membership(target)
    sizes = np.maximum(rows.sum(1, keepdims=True), 1.0)
    return np.asarray((rows / sizes) @ attention[:-1, 1:-1].astype(np.float64) @ columns.T)


def _membership(words: Words) -> Matrix:
    """1 where a token belongs to a word, ``[words, tokens]``."""
    return np.equal.outer(np.arange(len(words.words)), np.array(words.of_token, dtype=np.int64)).astype(float)


def _comparable(source: Sequence[Word], target: Sequence[Word], weights: Matrix) -> Matrix:
    """``weights``, zero between words and punctuation."""
    alike = np.equal.outer([word.lexical for word in target], [word.lexical for word in source])
    return np.where(alike, weights, 0.0)


def _pairs(weights: Matrix) -> list[tuple[int, int]]:
    """Target and source words to link, in order."""
    if not weights.size:
        return []
    received = weights.sum(0)
    shares = np.divide(weights, received, out=np.zeros_like(weights), where=received > 0)
    scores = weights * shares
    pairs = {(j, int(i)) for j, i in enumerate(scores.argmax(1)) if scores[j, i] > 0}
    linked = {i for _, i in pairs}
    best = weights.max(1)
    for i, j in enumerate(weights.argmax(0)):
        if i not in linked and weights[j, i] >= max(LEAST_WEIGHT, NEAR_BEST * best[j]):
            pairs.add((int(j), i))
    return sorted(pairs)
