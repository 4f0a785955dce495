"""The one interface between a network and everything that decodes with it.

Notation, used in every docstring of this project:

====================  =====================================================================
``batch``             sentences; axis 0 of every tensor
``beam``              hypotheses of a sentence; axis 1 where present
``src_len, tgt_len``  positions, padded on the right to the longest of the batch
``vocab``             entries of the joint source/target vocabulary
``hidden``            width of a recurrent layer
``layers``            recurrent decoder layers
``heads``             attention heads
====================  =====================================================================

A *mask* is boolean and **True where a position is real**. Token ids are ``int64``. Log-probabilities
are ``float32`` natural logarithms whatever the network computes in. *Source* is what is translated,
*target* the translation, *memory* the encoder's output, *state* the decoder's, *step* one target
position of every hypothesis, *row* one sentence of the batch.

Memory and state are frozen values: nothing about a batch is kept on a module, so any number of batches
may be in flight over one network, and rows can leave (``select``), arrive (``concat``) or be reordered
between any two steps.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Generic, NamedTuple, Protocol, Self, TypeVar, runtime_checkable

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from model.config import DecodingOptions


class EncoderMemory(Protocol):
    """What the encoder leaves for the decoder to attend to; axis 0 the sentence, no beam axis."""

    @property
    def mask(self) -> Tensor:
        """Real source positions, bool ``[batch, src_len]``."""
        ...

    def select(self, rows: Tensor) -> Self:
        """The memory of ``rows`` (int64 ``[kept]``), in that order."""
        ...

    @classmethod
    def concat(cls, parts: Sequence[Self]) -> Self:
        """The rows of all ``parts`` in order, padded to the longest ``src_len`` among them."""
        ...


class DecoderState(Protocol):
    """Where each hypothesis stands; axis 0 the sentence, axis 1 the hypothesis."""

    def reorder(self, parents: Tensor) -> Self:
        """Hypothesis ``j`` of row ``i`` continues hypothesis ``parents[i, j]`` of the same row.

        ``parents`` is int64 ``[batch, new_beam]``; ``new_beam`` may differ from the present beam, which
        is how a beam grows or shrinks.
        """
        ...

    def select(self, rows: Tensor) -> Self:
        """The state of ``rows`` (int64 ``[kept]``), in that order."""
        ...

    @classmethod
    def concat(cls, parts: Sequence[Self]) -> Self:
        """The rows of all ``parts`` in order; all must have the same beam."""
        ...


Memory = TypeVar("Memory", bound=EncoderMemory)
State = TypeVar("State", bound=DecoderState)


class Step(NamedTuple, Generic[State]):
    """What one decoding step yields."""

    log_probs: Tensor
    """Next-token log-probabilities, float32 ``[batch, beam, vocab]``."""
    state: State
    attention: Tensor
    """Weights over the source, head average, float32 ``[batch, beam, src_len]``; zero where masked."""


class Forced(NamedTuple):
    """What teacher forcing yields: the network run over a whole target at once."""

    log_probs: Tensor
    """``log p(target[t] | target[<t], source)`` for every vocabulary entry, ``[batch, tgt_len, vocab]``."""
    attention: Tensor
    """Head average, float32 ``[batch, tgt_len, src_len]``; row ``t`` is what predicted ``target[t]``."""


class Seq2Seq(Protocol[Memory, State]):
    """A trained translator as the decoder sees it. Every method is pure: same arguments, same result."""

    @property
    def vocabulary_size(self) -> int:
        """Entries of the joint vocabulary."""
        ...

    @property
    def device(self) -> torch.device:
        """Where the weights are, and where arguments must be."""
        ...

    def encode(self, source: Tensor, mask: Tensor) -> Memory:
        """Encode int64 ``source`` ``[batch, src_len]`` under bool ``mask`` of the same shape.

        A row's memory does not depend on the other rows or on the amount of padding.
        """
        ...

    def init_state(self, memory: Memory, beam: int) -> State:
        """The state before the first step, the same for each of ``beam`` hypotheses of a row."""
        ...

    def step(self, tokens: Tensor, state: State, memory: Memory) -> Step[State]:
        """Advance every hypothesis by its last token, int64 ``[batch, beam]``; the first is BOS."""
        ...

    def force(self, source: Tensor, mask: Tensor, target_in: Tensor) -> Forced:
        """Teacher forcing: ``target_in``, int64 ``[batch, tgt_len]``, begins with BOS.

        Position ``t`` of the result predicts the token after ``target_in[:, t]``. Rows are padded on the
        right; at padding the result is undefined.
        """
        ...


class SearchRequest(NamedTuple):
    """One sentence to be searched by the network itself."""

    source: Sequence[int]
    """Token ids, as in ``Job``."""
    options: DecodingOptions
    """How; the strategy is a beam search."""
    max_length: int
    """Target tokens after which only EOS is allowed."""
    attention: bool
    """Whether what each step reads is kept."""
    terms: Sequence[tuple[Sequence[int], int, int]] = ()
    """What the translation must hold: tokens, and the first and the one after the last source token that
    these translate; see ``model.decoding.constrained``."""


class Found(NamedTuple):
    """A hypothesis that a search has finished; see ``model.decoding.Hypothesis``."""

    tokens: tuple[int, ...]
    score: float
    log_prob: float
    coverage: tuple[float, ...]
    attention: npt.NDArray[np.float32] | None


class Search(Protocol):
    """One sentence that is being searched. Belongs to one thread; nothing of it depends on other searches."""

    @property
    def steps(self) -> int:
        """Steps taken."""
        ...

    def results(self) -> list[Found]:
        """The ``n_best`` finished hypotheses, best first."""
        ...


SearchT = TypeVar("SearchT", bound=Search)


class Advance(NamedTuple):
    """What became of searches that took steps together; both are places among them."""

    ended: Sequence[int]
    """Searches that are done."""
    unusable: Sequence[int]
    """Searches for which the network gave numbers that cannot be used."""


class Searcher(Protocol[SearchT]):
    """Does whole beam searches, over a set of words, as ``model.decoding`` describes them."""

    def begin(self, requests: Sequence[SearchRequest]) -> list[SearchT]:
        """Searches before their first step; the sources are encoded together."""
        ...

    def advance(self, searches: Sequence[SearchT], most: int) -> Advance:
        """Let all take ``most`` steps together, or fewer: up to the first by which any ends.

        A step for which any gets unusable numbers is not taken by any.
        """
        ...


@runtime_checkable
class SearchingSeq2Seq(Seq2Seq[Memory, State], Protocol[Memory, State]):
    """A network that searches itself, and finds what a search by its log-probabilities would."""

    def searcher(
        self, forbidden: Collection[int], boundaries: Collection[int] | None = None
    ) -> Searcher[Any]:
        """Searches over the words: all tokens but ``forbidden`` and EOS.

        Args:
            forbidden: token ids never produced.
            boundaries: token ids that may follow a term that a translation must hold; None: all may.
        """
        ...
