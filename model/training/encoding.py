"""From unique sentences and index pairs to the arrays of a ``Dataset``."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from model.tokenizer import Tokenizer
from model.training.corpus import Direction
from model.training.dataset import Dataset

Int32 = npt.NDArray[np.int32]


def encode_sentences(
    sentences: Iterable[str], tokenizer: Tokenizer, *, segmentations: int, pairs: Int32
) -> Dataset:
    """Encode each sentence once, in its most probable ``segmentations``.

    Args:
        sentences: unique texts, in the order in which ``pairs`` counts them.
        tokenizer: the vocabulary.
        segmentations: at most so many of each sentence.
        pairs: int32 ``[pairs, 3]`` as in ``Dataset``.
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
    )


def directed_pairs(
    first: Int32, second: Int32, languages: Direction, directions: Sequence[Direction], tokenizer: Tokenizer
) -> Int32:
    """The rows that sentence pairs give for each of ``directions`` they serve, int32 ``[rows, 3]``.

    Args:
        first: sentence indices in ``languages[0]``, int32 ``[pairs]``.
        second: their translations in ``languages[1]``, int32 ``[pairs]``.
        languages: of the pairs.
        directions: what to train; others than those between ``languages`` give no rows.
        tokenizer: knows the target languages' tags.
    """
    forth, back = languages, languages[::-1]
    rows = [np.empty((0, 3), dtype=np.int32)]
    for direction in directions:
        if direction in (forth, back):
            source, target = (first, second) if direction == forth else (second, first)
            tag = np.full_like(source, tokenizer.tag(direction[1]))
            rows.append(np.stack([source, target, tag], axis=1))
    return np.concatenate(rows)
