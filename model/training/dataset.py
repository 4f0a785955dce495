"""The prepared corpus: what ``prepare`` writes and ``train`` reads.

A folder with three kinds of file::

    tokenizer.model        the SentencePiece model
    corpus.json            directions, counts and the report of what was dropped
    train.safetensors      the training sentences as token ids, each with its n-best segmentations
    valid.de-en.{de,en}    validation text, one sentence a line, for dev BLEU

A sentence that serves in two directions, or in several pairs, is stored once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from model.errors import CorpusError

TRAIN_FILE = "train.safetensors"
TOKENIZER_FILE = "tokenizer.model"
CORPUS_FILE = "corpus.json"

Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
Float32 = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Dataset:
    """Aligned sentences as token ids, without tags, BOS or EOS.

    Attributes:
        tokens: all segmentations of all sentences end to end, int32 ``[tokens]``.
        segmentation_offsets: where each segmentation begins in ``tokens``, int64 ``[segmentations + 1]``.
        sentence_offsets: where each sentence's segmentations begin, int64 ``[sentences + 1]``; the first
            segmentation of a sentence is its most probable one.
        log_probs: each segmentation's unigram log-probability, float32 ``[segmentations]``.
        pairs: source sentence, target sentence, target language's tag id, int32 ``[pairs, 3]``.
        origins: the corpus and the direction of each pair, as ``corpus.json`` counts them, int32
            ``[pairs, 2]``; None in a folder prepared before this was stored.
    """

    tokens: Int32
    segmentation_offsets: Int64
    sentence_offsets: Int64
    log_probs: Float32
    pairs: Int32
    origins: Int32 | None = None

    def __len__(self) -> int:
        return len(self.pairs)

    def segmentation(self, index: int) -> Int32:
        """Token ids of segmentation ``index``."""
        start, end = self.segmentation_offsets[index], self.segmentation_offsets[index + 1]
        return self.tokens[start:end]

    def best_lengths(self) -> Int64:
        """Tokens in the most probable segmentation of each sentence, int64 ``[sentences]``."""
        first = self.sentence_offsets[:-1]
        return self.segmentation_offsets[first + 1] - self.segmentation_offsets[first]

    def save(self, path: Path) -> None:
        """Write to ``path`` as safetensors."""
        arrays = {name: getattr(self, name) for name in (*_FIELDS, _ORIGINS)}
        save_file(
            {name: np.ascontiguousarray(array) for name, array in arrays.items() if array is not None}, path
        )

    @classmethod
    def load(cls, path: Path) -> Dataset:
        """Read what ``save`` wrote.

        Raises:
            CorpusError: the file is missing or is not what ``save`` writes.
        """
        try:
            arrays = load_file(path)
        except (OSError, SafetensorError) as error:
            raise CorpusError(
                f"{path}: not a prepared corpus ({error}); run `python -m model prepare`"
            ) from error
        if missing := sorted(set(_FIELDS) - set(arrays)):
            raise CorpusError(f"{path}: not a prepared corpus: {', '.join(missing)} missing")
        return cls(**{name: arrays[name] for name in _FIELDS}, origins=arrays.get(_ORIGINS))

    def take(self, rows: Int64) -> Dataset:
        """The same sentences with the pairs ``rows`` alone, in that order; a row may occur twice."""
        origins = None if self.origins is None else self.origins[rows]
        return replace(self, pairs=self.pairs[rows], origins=origins)


_FIELDS = ("tokens", "segmentation_offsets", "sentence_offsets", "log_probs", "pairs")
_ORIGINS = "origins"
