"""The pieces that each target language uses in a training corpus."""

from __future__ import annotations

import numpy as np

from model.tokenizer import EOS, Tokenizer
from model.training.dataset import Dataset, Int64
from model.training.prepared import PreparedCorpus


def target_words(corpus: PreparedCorpus) -> dict[str, tuple[int, ...]]:
    """Token ids by target language, ascending: what a network trained on ``corpus`` has learnt to say.

    A piece counts if it is in any of the segmentations of any sentence on the target side. EOS, the
    placeholders, and single characters that are on the target side of any language are in every list, so that
    names can be spelled.
    """
    dataset, tokenizer = corpus.dataset, corpus.tokenizer
    common = _spelling(_used(dataset, np.unique(dataset.pairs[:, 1])), tokenizer)
    found = {}
    for language in sorted({target for _, target in corpus.directions}):
        rows = dataset.pairs[:, 2] == tokenizer.tag(language)
        own = _used(dataset, np.unique(dataset.pairs[rows, 1]))
        found[language] = tuple(sorted({*own.tolist(), *common}))
    return found


def _used(dataset: Dataset, sentences: Int64) -> Int64:
    """Every token in any segmentation of ``sentences``, ascending."""
    first = dataset.segmentation_offsets[dataset.sentence_offsets[sentences]]
    last = dataset.segmentation_offsets[dataset.sentence_offsets[sentences + 1]]
    # sentences at tokens 0-3 and 5-6: +1 at 0 and 5, -1 at 3 and 6, running sums 1 1 1 0 0 1 0
    steps = np.zeros(len(dataset.tokens) + 1, dtype=np.int64)
    np.add.at(steps, first, 1)
    np.add.at(steps, last, -1)
    return np.unique(dataset.tokens[np.cumsum(steps[:-1]) > 0]).astype(np.int64)


def _spelling(tokens: Int64, tokenizer: Tokenizer) -> set[int]:
    """EOS, placeholders and those of ``tokens`` that are a single character."""
    ids = tokens.tolist()
    characters = {
        token for token, piece in zip(ids, tokenizer.pieces(ids), strict=True) if len(piece.strip("▁")) <= 1
    }
    placeholders = (token for each in tokenizer.placeholders for token in tokenizer.encode(each))
    return {EOS, *characters, *placeholders}
