"""Beam search within the kernels: a row is a block of memory, and a step of many rows is one call."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from ctypes import byref, c_uint8, c_void_p

import numpy as np
import torch
from torch import Tensor

from model.decoding.penalties import length_norm
from model.inference.library import (
    FinishedHypothesis,
    RowOptions,
    RunTask,
    Verdict,
    address,
    load_library,
)
from model.inference.state import PackedMemory, Sentence
from model.inference.structure import PackedWeights
from model.inference.terms import PackedTerms
from model.inference.words import Words
from model.interface import Advance, Found, SearchRequest

ROOM = 64
"""Steps that a row first has memory for, and by how many it grows at least."""

_ENDLESS = 1 << 30
"""As good as no limit of length, and still a number for the kernels."""


class PackedRow:
    """Implements ``model.interface.Search``.

    Args:
        options: how it is searched; points to what ``kept`` holds.
        length_penalty: exponent of the length norm.
        kept: what the row points to: the sentence, the words it chooses from, its terms.
    """

    def __init__(self, options: RowOptions, length_penalty: float, kept: object) -> None:
        self._library = load_library()
        self._length_penalty = length_penalty
        self._kept = kept
        self._attention = bool(options.keeps_trail)
        self._source = int(options.length)
        self._options = options
        norms, block = self._norms(), self._block()
        options.norms = address(norms)
        self.address: int = self._library.dragoman_row_make(byref(options), address(block))
        """Where the kernels find it; another one after it has grown."""
        self._memory = norms, block

    @property
    def steps(self) -> int:
        """See ``Search``."""
        return int(self._library.dragoman_row_steps(self.address))

    def grow(self) -> None:
        """Make room for as many steps again."""
        self._options.room = min(2 * self._options.room, self._options.max_length + 1)
        norms, block = self._norms(), self._block()
        self.address = self._library.dragoman_row_move(
            self.address, self._options.room, address(norms), address(block)
        )
        self._memory = norms, block

    def results(self) -> list[Found]:
        """See ``Search``."""
        found = FinishedHypothesis()
        count = self._library.dragoman_row_result(self.address, 0, byref(found))
        return [self._read(place) for place in range(count)]

    def _read(self, place: int) -> Found:
        found = FinishedHypothesis()
        self._library.dragoman_row_result(self.address, place, byref(found))
        tokens = np.empty(found.length, dtype=np.int32)
        coverage = np.empty(self._source, dtype=np.float32)
        attention = np.empty((found.length + 1, self._source), dtype=np.float32) if self._attention else None
        self._library.dragoman_row_read(
            self.address,
            place,
            tokens.ctypes.data,
            coverage.ctypes.data,
            None if attention is None else attention.ctypes.data,
        )
        if attention is not None:
            attention.setflags(write=False)
        ids, covered = tuple(tokens.tolist()), tuple(coverage.tolist())
        return Found(ids, found.score, found.log_prob, covered, attention)

    def _norms(self) -> Tensor:
        """Length norms of as many tokens as there is room for, and EOS."""
        return _length_norms(self._length_penalty, self._options.room + 1)

    def _block(self) -> Tensor:
        size = self._library.dragoman_row_bytes(byref(self._options))
        return torch.empty(size, dtype=torch.uint8)


class PackedSearcher:
    """Implements ``model.interface.Searcher``; uses as many threads as PyTorch would on the calling one.

    Args:
        read: encodes sentences.
        weights: of the network.
        words: what translations are made of.
    """

    def __init__(
        self, read: Callable[[Sequence[Sequence[int]]], PackedMemory], weights: PackedWeights, words: Words
    ) -> None:
        self._library = load_library()
        self._read = read
        self._weights = weights
        self._words = words

    def begin(self, requests: Sequence[SearchRequest]) -> list[PackedRow]:
        """See ``Searcher.begin``."""
        memory = self._read([request.source for request in requests])
        shortlists = self._words.shortlists(memory.targets) or [None] * len(requests)
        return [
            self._row(request, sentence, shortlist)
            for request, sentence, shortlist in zip(requests, memory.sentences, shortlists, strict=True)
        ]

    def advance(self, searches: Sequence[PackedRow], most: int) -> Advance:
        """See ``Searcher.advance``."""
        rows = len(searches)
        verdicts = (c_uint8 * rows)()
        while most > 0:
            task = RunTask(
                rows=rows,
                row=(c_void_p * rows)(*[search.address for search in searches]),
                most=most,
                threads=torch.get_num_threads(),
                columns=self._words.columns,
                verdicts=verdicts,
            )
            most -= self._library.dragoman_run(byref(self._weights.structure), byref(task))
            if not any(verdicts):
                break
            for place in _places(verdicts, Verdict.IS_FULL):
                searches[place].grow()
            ended, unusable = _places(verdicts, Verdict.HAS_ENDED), _places(verdicts, Verdict.IS_UNUSABLE)
            if ended or unusable:
                return Advance(ended, unusable)
        return Advance((), ())

    def _row(self, request: SearchRequest, sentence: Sentence, shortlist: int | None) -> PackedRow:
        asked, (layers, hidden) = request.options, sentence.start.shape
        longest = min(request.max_length, _ENDLESS)
        terms = PackedTerms(request.terms, self._words.boundaries) if request.terms else None
        options = RowOptions(
            beam=asked.beam_size,
            n_best=asked.n_best,
            min_length=min(asked.min_length, longest),
            max_length=longest,
            room=min(ROOM, longest + 1),
            early_stopping=asked.early_stopping,
            keeps_trail=request.attention,
            length=sentence.length,
            layers=layers,
            hidden=hidden,
            coverage_penalty=asked.coverage_penalty,
            longest_norm=_length_norm(asked.length_penalty, longest + 1),
            memory=address(sentence.keys_values),
            start=address(sentence.start),
            shortlist=shortlist,
            terms=None if terms is None else terms.address,
        )
        return PackedRow(options, asked.length_penalty, (sentence, self._words, terms))


def _places(verdicts: Iterable[int], verdict: Verdict) -> list[int]:
    return [place for place, each in enumerate(verdicts) if each == verdict]


@functools.lru_cache(maxsize=256)
def _length_norms(length_penalty: float, count: int) -> Tensor:
    """``lp`` of targets of 0 to ``count - 1`` tokens, float64; cached, as many sentences want the same."""
    return length_norm(torch.arange(count), torch.tensor([length_penalty], dtype=torch.float64))


@functools.lru_cache(maxsize=4096)
def _length_norm(length_penalty: float, tokens: int) -> float:
    """``lp`` of a target of ``tokens`` tokens, rounded as in ``_length_norms``: the bound needs that."""
    return float(length_norm(torch.tensor([tokens]), torch.tensor([length_penalty], dtype=torch.float64)))
