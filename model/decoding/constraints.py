"""Terms that a translation must hold, for the rows of a batch that have any."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

import torch
from torch import Tensor

from model.decoding.job import Job

NONE = -1
"""Stands where there is no token."""
ATTENDED = 0.5
"""Part of the largest weight that a weight must have to matter."""


class Standing(NamedTuple):
    """How far the open hypotheses of the constrained rows have come.

    Attributes:
        inside: terms that the hypothesis holds before its last token, followed by what may follow a term;
            bool ``[rows, beam, terms]``.
        at_end: terms that it ends with, bool ``[rows, beam, terms]``.
        tail: its last ``longest`` tokens, int64 ``[rows, beam, longest]``; ``NONE`` before the first.
        expected: tokens of each term that would go on with it: it ends with all of those before;
            bool ``[rows, beam, terms, longest]``. The first token goes on with nothing.
    """

    inside: Tensor
    at_end: Tensor
    tail: Tensor
    expected: Tensor

    @property
    def met(self) -> Tensor:
        """Terms that it would hold if it ended now."""
        return self.inside | self.at_end


@dataclass(frozen=True)
class Constraints:
    """The terms of the rows that have any.

    Nothing else about them is kept from step to step: which of its terms a hypothesis holds follows from its
    tokens, and is found out anew each time, which costs little beside the network and nothing where a batch
    has no constrained row.

    Attributes:
        rows: which rows of the batch, int64 ``[rows]``.
        terms: their terms, int64 ``[rows, terms, longest]``; ``NONE`` behind the last token of each.
        lengths: tokens of each term, 0 where a row has fewer terms than others, int64 ``[rows, terms]``.
        spans: first source token of each term, and the one after the last, int64 ``[rows, terms, 2]``.
    """

    rows: Tensor
    terms: Tensor
    lengths: Tensor
    spans: Tensor

    @classmethod
    def of(cls, jobs: Sequence[Job], device: torch.device) -> Self | None:
        """Those of ``jobs``; None where none has any."""
        rows = [row for row, job in enumerate(jobs) if job.terms]
        if not rows:
            return None
        most = max(len(jobs[row].terms) for row in rows)
        longest = max(len(term.tokens) for row in rows for term in jobs[row].terms)
        terms = torch.full((len(rows), most, longest), NONE, dtype=torch.int64)
        lengths = torch.zeros(len(rows), most, dtype=torch.int64)
        spans = torch.zeros(len(rows), most, 2, dtype=torch.int64)
        for place, row in enumerate(rows):
            for number, (tokens, start, end) in enumerate(jobs[row].terms):
                terms[place, number, : len(tokens)] = torch.tensor(tokens)
                lengths[place, number] = len(tokens)
                spans[place, number] = torch.tensor((start, end))
        parts = (torch.tensor(rows), terms, lengths, spans)
        return cls(*(part.to(device) for part in parts))

    @property
    def longest(self) -> int:
        """Tokens of the longest term."""
        return self.terms.shape[2]

    def standing(self, tokens: Tensor, length: Tensor, boundaries: Tensor) -> Standing:
        """How far the open hypotheses have come.

        Args:
            tokens: theirs, int64 ``[rows, beam, capacity]``.
            length: how many of these are real, int64 ``[rows]``.
            boundaries: tokens that may follow a term, bool ``[vocab]``.
        """
        real = torch.arange(tokens.shape[2], device=tokens.device) < length[:, None]
        history = tokens.masked_fill(~real[:, None], NONE)
        inside, at_end = self._occurrences(history, boundaries)
        # 2 tokens [a, b], longest 3: [-, -, -, a, b, ...] from 2 on is [-, a, b]
        places = length[:, None] + torch.arange(self.longest, device=tokens.device)
        padded = torch.nn.functional.pad(history, (self.longest, 0), value=NONE)
        tail = padded.gather(2, places[:, None].expand(-1, tokens.shape[1], -1))
        return Standing(inside, at_end, tail, self._expected(tail))

    def attended(self, attention: Tensor) -> Tensor:
        """Whether a step reads what a term translates, bool ``[rows, beam, terms]``.

        It does where a source token of the term gets half of what any gets, or more.

        Args:
            attention: of the step, float32 ``[rows, beam, src_len]``.
        """
        places = torch.arange(attention.shape[2], device=attention.device)
        inside = (places >= self.spans[:, :, :1]) & (places < self.spans[:, :, 1:])
        most = attention[:, :, None].masked_fill(~inside[:, None], 0.0).amax(3)
        return most >= ATTENDED * attention.amax(2, keepdim=True)

    def progress(
        self, standing: Standing, tokens: Tensor, may_begin: Tensor, boundaries: Tensor
    ) -> tuple[Tensor, Tensor]:
        """How far a hypothesis has come with one more token.

        Args:
            standing: before that token.
            tokens: int64 ``[rows, beam, candidates]``.
            may_begin: terms whose first token counts, bool ``[rows, beam, terms]``.
            boundaries: as in ``standing``.

        Returns:
            How many terms it holds, and how many tokens of one that it lacks it ends with, the most of all
            such terms; both int64 ``[rows, beam, candidates]``.
        """
        shape = (*tokens.shape, self.longest - 1)
        tail = torch.cat([standing.tail[:, :, None, 1:].expand(shape), tokens[..., None]], 3)
        begun, complete = self._suffixes(tail, may_begin)
        held = standing.at_end[:, :, None] & boundaries[tokens][..., None]
        held = held | standing.inside[:, :, None] | complete
        return held.sum(3), begun.masked_fill(held, 0).amax(3)

    def _occurrences(self, history: Tensor, boundaries: Tensor) -> tuple[Tensor, Tensor]:
        """Which terms ``history``, ``[rows, beam, width]``, holds inside, and which at its end."""
        width = history.shape[2]
        padded = torch.nn.functional.pad(history, (0, self.longest), value=NONE)
        windows = padded.unfold(2, self.longest, 1)[:, :, None, :width]  # [rows, beam, 1, width, longest]
        terms = self.terms[:, None, :, None]
        found = ((windows == terms) | (terms == NONE)).all(4) & (self.lengths > 0)[:, None, :, None]
        after = self.lengths[:, :, None] + torch.arange(width, device=history.device)
        shape = (-1, history.shape[1], self.lengths.shape[1], -1)
        following = padded[:, :, None].expand(shape).gather(3, after[:, None].expand(shape))
        is_last = following == NONE
        inside = found & ~is_last & boundaries[following.clamp(min=0)]
        return inside.any(3), (found & is_last).any(3)

    def _expected(self, tail: Tensor) -> Tensor:
        """Tokens of each term, but the first, before which stand those that ``tail`` ends with."""
        shape = (*tail.shape[:2], self.terms.shape[1])
        places = [torch.zeros(shape, dtype=torch.bool, device=tail.device)]
        for size in range(1, self.longest):
            places.append(self._ends_with(tail, size) & (self.lengths > size)[:, None])
        return torch.stack(places, 3)

    def _suffixes(self, tail: Tensor, may_begin: Tensor) -> tuple[Tensor, Tensor]:
        """How many first tokens of each term, but not all, ``tail`` ends with; and whether with all.

        A single one counts where the term ``may_begin``.
        """
        lengths = self.lengths[:, None, None]
        shape = (*tail.shape[:-1], self.lengths.shape[1])
        begun = torch.zeros(shape, dtype=torch.int64, device=tail.device)
        complete = torch.zeros_like(begun, dtype=torch.bool)
        for size in range(1, self.longest + 1):
            same = self._ends_with(tail, size)
            if size == 1:
                same = same & may_begin[:, :, None]
            begun = begun.masked_fill(same & (lengths > size), size)
            complete = complete | (same & (lengths == size))
        return begun, complete

    def _ends_with(self, tail: Tensor, size: int) -> Tensor:
        """Whether ``tail``, ``[rows, ..., longest]``, ends with the first ``size`` tokens of each term."""
        between = (1,) * (tail.ndim - 2)
        begins = self.terms[..., :size].reshape(len(self.terms), *between, self.terms.shape[1], size)
        return (tail[..., None, self.longest - size :] == begins).all(-1)
