"""From unique sentences and index pairs to the arrays of a ``Dataset``."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from model.tokenizer import Tokenizer
from model.training.corpus import Direction, ParallelText
from model.training.dataset import Dataset

Int32 = npt.NDArray[np.int32]


def encode_sentences(
    sentences: Iterable[str],
    tokenizer: Tokenizer,
    *,
    segmentations: int,
    pairs: Int32,
    origins: Int32 | None = None,
) -> Dataset:
    """Encode each sentence once, in its most probable ``segmentations``.

    Args:
        sentences: unique texts, in the order in which ``pairs`` counts them.
        tokenizer: the vocabulary.
        segmentations: at most so many of each sentence.
        pairs: int32 ``[pairs, 3]`` as in ``Dataset``.
        origins: int32 ``[pairs, 2]`` as in ``Dataset``.
    """
    # Arrays of machine numbers: a million lists of Python integers would need gigabytes.
    tokens, log_probs = array("i"), array("f")
    segmentation_offsets, sentence_offsets = array("q", [0]), array("q", [0])
    for sentence in sentences:
        for ids, log_prob in tokenizer.encode_nbest(sentence, segmentations):
            tokens.extend(ids)
            log_probs.append(log_prob)
            segmentation_offsets.append(len(tokens))
        sentence_offsets.append(len(log_probs))
    return Dataset(
        tokens=np.array(tokens, dtype=np.int32),
        segmentation_offsets=np.array(segmentation_offsets, dtype=np.int64),
        sentence_offsets=np.array(sentence_offsets, dtype=np.int64),
        log_probs=np.array(log_probs, dtype=np.float32),
        pairs=pairs,
        origins=origins,
    )


def directed_pairs(
    first: Int32, second: Int32, text: ParallelText, directions: Sequence[Direction], tokenizer: Tokenizer
) -> tuple[Int32, Int32]:
    """The rows that sentence pairs give for each of ``directions`` they serve.

    Args:
        first: sentence indices in the first language, int32 ``[pairs]``.
        second: their translations in the second, int32 ``[pairs]``.
        text: where the pairs are from.
        directions: what to train; those that ``text`` does not serve give no rows.
        tokenizer: knows the target languages' tags.

    Returns:
        Source, target and tag, int32 ``[rows, 3]``; and which direction, int32 ``[rows]``.
    """
    rows, numbers = [np.empty((0, 3), dtype=np.int32)], [np.empty(0, dtype=np.int32)]
    for number, direction in enumerate(directions):
        if direction in text.directions:
            source, target = (first, second) if direction == text.languages else (second, first)
            tag = np.full_like(source, tokenizer.tag(direction[1]))
            rows.append(np.stack([source, target, tag], axis=1))
            numbers.append(np.full_like(source, number))
    return np.concatenate(rows), np.concatenate(numbers)
