"""Where the search stands in every row: a value, replaced at every step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

import torch
from torch import Tensor

from model.decoding.finished import Shortlist
from model.decoding.job import Job
from model.decoding.options import RowOptions
from model.decoding.tensors import resize
from model.tokenizer import BOS


class Widths(NamedTuple):
    """The sizes of the axes that all rows share, each as large as some row needs."""

    beam: int
    n_best: int
    capacity: int
    src_len: int


@dataclass(frozen=True)
class SearchState:
    """The open hypotheses of every row, most probable first, and the best finished ones.

    Histories are whole sequences that are gathered when the beam is reordered. Back-pointers would save the
    gather, which is small beside the network (32 x 5 x 64 ids), and cost a walk when a row leaves.

    Attributes:
        options: the rows' options.
        length: target tokens so far, the same for all hypotheses of a row, int64 ``[batch]``.
        last: the newest token, BOS at first, int64 ``[batch, beam]``.
        log_probs: float32 ``[batch, beam]``; -inf for a place that holds no hypothesis.
        tokens: int64 ``[batch, beam, capacity]``, real up to ``length``.
        coverage: attention received so far, float32 ``[batch, beam, src_len]``.
        shortlist: the best finished hypotheses.
    """

    options: RowOptions
    length: Tensor
    last: Tensor
    log_probs: Tensor
    tokens: Tensor
    coverage: Tensor
    shortlist: Shortlist

    @classmethod
    def start(cls, jobs: Sequence[Job], widths: Widths, device: torch.device) -> Self:
        """Before the first step. A beam opens with one hypothesis, sampling with all its draws."""
        beam, n_best, capacity, src_len = widths
        rows = len(jobs)
        opening = [job.options.beam_size if job.options.strategy == "sample" else 1 for job in jobs]
        is_open = torch.arange(beam, device=device) < torch.tensor(opening, device=device)[:, None]
        return cls(
            options=RowOptions.of(jobs, device),
            length=torch.zeros(rows, dtype=torch.int64, device=device),
            last=torch.full((rows, beam), BOS, dtype=torch.int64, device=device),
            log_probs=torch.zeros(rows, beam, device=device).masked_fill(~is_open, -torch.inf),
            tokens=torch.zeros(rows, beam, capacity, dtype=torch.int64, device=device),
            coverage=torch.zeros(rows, beam, src_len, device=device),
            shortlist=Shortlist.empty(rows, n_best, capacity, src_len, device),
        )

    @property
    def widths(self) -> Widths:
        """The present sizes of the shared axes."""
        return Widths(
            self.log_probs.shape[1],
            self.shortlist.scores.shape[1],
            self.tokens.shape[2],
            self.coverage.shape[2],
        )

    def select(self, rows: Tensor) -> Self:
        """The search of ``rows``, in that order."""
        return type(self)(
            self.options.select(rows),
            self.length[rows],
            self.last[rows],
            self.log_probs[rows],
            self.tokens[rows],
            self.coverage[rows],
            self.shortlist.select(rows),
        )

    def resize(self, widths: Widths) -> Self:
        """Cut or extend the shared axes; what is cut must be unused.

        A row's hypotheses stand in its first places, so cutting the beam to the widest row's loses none.
        """
        if widths == self.widths:
            return self
        beam, n_best, capacity, src_len = widths
        return type(self)(
            self.options,
            self.length,
            resize(self.last, 1, beam, BOS),
            resize(self.log_probs, 1, beam, -torch.inf),
            resize(resize(self.tokens, 1, beam, 0), 2, capacity, 0),
            resize(resize(self.coverage, 1, beam, 0.0), 2, src_len, 0.0),
            self.shortlist.resize(n_best, capacity, src_len),
        )

    @classmethod
    def concat(cls, parts: Sequence[Self]) -> Self:
        """The rows of all ``parts``, of the same widths, in order."""
        return cls(
            RowOptions.concat([part.options for part in parts]),
            torch.cat([part.length for part in parts]),
            torch.cat([part.last for part in parts]),
            torch.cat([part.log_probs for part in parts]),
            torch.cat([part.tokens for part in parts]),
            torch.cat([part.coverage for part in parts]),
            Shortlist.concat([part.shortlist for part in parts]),
        )
