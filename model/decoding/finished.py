"""The best finished hypotheses of every row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from model.decoding.tensors import resize, take_hypotheses


@dataclass(frozen=True)
class Shortlist:
    """The ``n_best`` best finished hypotheses of each row, best first.

    Attributes:
        count: hypotheses that have finished, kept or not, int64 ``[batch]``.
        scores: float64 ``[batch, n_best]``; -inf where there is none yet.
        log_probs: float32 ``[batch, n_best]``.
        lengths: target tokens without EOS, int64 ``[batch, n_best]``.
        parents: which of the hypotheses open at its last step each one was, int64 ``[batch, n_best]``.
        tokens: int64 ``[batch, n_best, capacity]``.
        coverage: float32 ``[batch, n_best, src_len]``.
    """

    count: Tensor
    scores: Tensor
    log_probs: Tensor
    lengths: Tensor
    parents: Tensor
    tokens: Tensor
    coverage: Tensor

    @classmethod
    def empty(cls, rows: int, n_best: int, capacity: int, src_len: int, device: torch.device) -> Self:
        """Nothing finished yet."""
        return cls(
            count=torch.zeros(rows, dtype=torch.int64, device=device),
            scores=torch.full((rows, n_best), -torch.inf, dtype=torch.float64, device=device),
            log_probs=torch.full((rows, n_best), -torch.inf, device=device),
            lengths=torch.zeros(rows, n_best, dtype=torch.int64, device=device),
            parents=torch.zeros(rows, n_best, dtype=torch.int64, device=device),
            tokens=torch.zeros(rows, n_best, capacity, dtype=torch.int64, device=device),
            coverage=torch.zeros(rows, n_best, src_len, device=device),
        )

    def add(
        self,
        scores: Tensor,
        log_probs: Tensor,
        parents: Tensor,
        length: Tensor,
        tokens: Tensor,
        coverage: Tensor,
    ) -> Self:
        """Enter the candidates that finish now; among equal scores who is here already stays ahead.

        Args:
            scores: float64 ``[batch, beam]``; -inf for a candidate that does not finish.
            log_probs: float32 ``[batch, beam]``.
            parents: which open hypothesis each candidate completes, int64 ``[batch, beam]``.
            length: target tokens of the open hypotheses, int64 ``[batch]``.
            tokens: the open hypotheses, int64 ``[batch, beam, capacity]``.
            coverage: theirs, float32 ``[batch, beam, src_len]``.
        """
        n_best = self.scores.shape[1]
        ranked = torch.cat([self.scores, scores], 1).sort(stable=True, dim=1, descending=True)
        places = ranked.indices[:, :n_best]
        # n_best 2, parents [[3, 0]]: places 0, 1 are those kept so far, 2 and 3 complete hypotheses 3 and 0,
        # which stand at 2 + 3 and 2 + 0 once the open hypotheses are put behind the kept ones.
        kept = torch.arange(n_best, device=places.device).expand(len(places), -1)
        origins = torch.cat([kept, n_best + parents], 1).gather(1, places)
        lengths = torch.cat([self.lengths, length[:, None].expand_as(parents)], 1)
        return type(self)(
            count=self.count + (scores > -torch.inf).sum(1),
            scores=ranked.values[:, :n_best],
            log_probs=torch.cat([self.log_probs, log_probs], 1).gather(1, places),
            lengths=lengths.gather(1, places),
            parents=torch.cat([self.parents, parents], 1).gather(1, places),
            tokens=take_hypotheses(torch.cat([self.tokens, tokens], 1), origins),
            coverage=take_hypotheses(torch.cat([self.coverage, coverage], 1), origins),
        )

    def select(self, rows: Tensor) -> Self:
        """Those of ``rows``, in that order."""
        return type(self)(
            self.count[rows],
            self.scores[rows],
            self.log_probs[rows],
            self.lengths[rows],
            self.parents[rows],
            self.tokens[rows],
            self.coverage[rows],
        )

    def resize(self, n_best: int, capacity: int, src_len: int) -> Self:
        """Cut or extend the axes; what is cut must be unused."""
        tokens = resize(resize(self.tokens, 1, n_best, 0), 2, capacity, 0)
        coverage = resize(resize(self.coverage, 1, n_best, 0.0), 2, src_len, 0.0)
        return type(self)(
            self.count,
            resize(self.scores, 1, n_best, -torch.inf),
            resize(self.log_probs, 1, n_best, -torch.inf),
            resize(self.lengths, 1, n_best, 0),
            resize(self.parents, 1, n_best, 0),
            tokens,
            coverage,
        )

    @classmethod
    def concat(cls, parts: Sequence[Self]) -> Self:
        """The rows of all ``parts``, of the same sizes, in order."""
        return cls(
            torch.cat([part.count for part in parts]),
            torch.cat([part.scores for part in parts]),
            torch.cat([part.log_probs for part in parts]),
            torch.cat([part.lengths for part in parts]),
            torch.cat([part.parents for part in parts]),
            torch.cat([part.tokens for part in parts]),
            torch.cat([part.coverage for part in parts]),
        )

    def pack(self, rows: Tensor) -> Tensor:
        """Score, log-probability, length, parent, tokens and coverage of ``rows``, for one transfer.

        Float64 ``[kept, n_best, 4 + capacity + src_len]``: exact, as ids and float32 fit into it.
        """
        numbers = [self.scores, self.log_probs.double(), self.lengths.double(), self.parents.double()]
        return torch.cat([torch.stack(numbers, 2), self.tokens.double(), self.coverage.double()], 2)[rows]
