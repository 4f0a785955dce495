"""The terms of one sentence, as the kernels want to know them."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from model.inference.library import Terms


class PackedTerms:
    """Terms that a translation must hold, and the structure that points to them.

    Args:
        terms: their tokens, and the source tokens that they translate; see ``SearchRequest``.
        boundaries: tokens that may follow a term, bool ``[vocab]``.
    """

    def __init__(
        self, terms: Sequence[tuple[Sequence[int], int, int]], boundaries: npt.NDArray[np.bool_]
    ) -> None:
        tokens = _integers([token for term, _, _ in terms for token in term])
        lengths = _integers([len(term) for term, _, _ in terms])
        spans = _integers([place for _, start, end in terms for place in (start, end)])
        distinct = np.unique(tokens)
        self._kept = tokens, lengths, spans, distinct, boundaries
        self._structure = Terms(
            count=len(terms),
            tokens=tokens.ctypes.data,
            lengths=lengths.ctypes.data,
            spans=spans.ctypes.data,
            watched=len(distinct),
            distinct=distinct.ctypes.data,
            boundaries=boundaries.ctypes.data,
        )

    @property
    def address(self) -> int:
        """Where the structure is; valid while this value lives."""
        return ctypes.addressof(self._structure)


def _integers(values: Sequence[int]) -> npt.NDArray[np.int32]:
    return np.array(values, dtype=np.int32)
