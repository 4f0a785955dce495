"""The options of every row of a batch: as columns for the arithmetic, in sum for the host."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from model.decoding.constraints import Constraints
from model.decoding.job import Job
from model.decoding.penalties import length_norm
from model.decoding.uniforms import mix_seed


@dataclass(frozen=True)
class RowOptions:
    """Options by row, packed so that a row leaves or joins in two copies, not twelve.

    Attributes:
        integers: beam_size, n_best, min_length, max_length, early_stopping, top_k, mixed seed;
            int64 ``[batch, 7]``.
        reals: length_penalty, coverage_penalty, temperature, top_p, longest_norm; float64 ``[batch, 5]``.
    """

    integers: Tensor
    reals: Tensor

    @classmethod
    def of(cls, jobs: Sequence[Job], device: torch.device) -> Self:
        """The options of ``jobs``, in order."""
        integers = [
            (
                job.options.beam_size,
                job.options.n_best,
                min(job.options.min_length, job.max_length),
                job.max_length,
                int(job.options.early_stopping),
                job.options.top_k,
                mix_seed(job.options.seed),
            )
            for job in jobs
        ]
        reals = [
            (
                job.options.length_penalty,
                job.options.coverage_penalty,
                job.options.temperature,
                job.options.top_p,
                0.0,
            )
            for job in jobs
        ]
        options = cls(
            torch.tensor(integers, dtype=torch.int64, device=device),
            torch.tensor(reals, dtype=torch.float64, device=device),
        )
        # By the function that scores use: the bound is exact only if both round alike.
        options.longest_norm.copy_(length_norm(options.max_length + 1, options.length_penalty))
        return options

    def select(self, rows: Tensor) -> Self:
        """The options of ``rows``, in that order."""
        return type(self)(self.integers[rows], self.reals[rows])

    @classmethod
    def concat(cls, parts: Sequence[Self]) -> Self:
        """The rows of all ``parts``, in order."""
        return cls(torch.cat([part.integers for part in parts]), torch.cat([part.reals for part in parts]))

    @property
    def beam_size(self) -> Tensor:
        """Hypotheses kept open, int64 ``[batch]``."""
        return self.integers[:, 0]

    @property
    def n_best(self) -> Tensor:
        """Hypotheses returned, int64 ``[batch]``."""
        return self.integers[:, 1]

    @property
    def min_length(self) -> Tensor:
        """Target tokens before EOS is allowed, at most ``max_length``, int64 ``[batch]``."""
        return self.integers[:, 2]

    @property
    def max_length(self) -> Tensor:
        """Target tokens after which only EOS is allowed, int64 ``[batch]``."""
        return self.integers[:, 3]

    @property
    def early_stopping(self) -> Tensor:
        """Whether the exact bound may end the row, bool ``[batch]``."""
        return self.integers[:, 4] > 0

    @property
    def top_k(self) -> Tensor:
        """Sampling: likeliest tokens that may be drawn, 0 for all, int64 ``[batch]``."""
        return self.integers[:, 5]

    @property
    def seed(self) -> Tensor:
        """Sampling: the seed, mixed to 64 bits, int64 ``[batch]``."""
        return self.integers[:, 6]

    @property
    def length_penalty(self) -> Tensor:
        """Exponent of the length normalisation, float64 ``[batch]``."""
        return self.reals[:, 0]

    @property
    def coverage_penalty(self) -> Tensor:
        """Weight of the coverage term, float64 ``[batch]``."""
        return self.reals[:, 1]

    @property
    def temperature(self) -> Tensor:
        """Sampling: what logits are divided by, float64 ``[batch]``."""
        return self.reals[:, 2]

    @property
    def top_p(self) -> Tensor:
        """Sampling: probability mass that may be drawn from, float64 ``[batch]``."""
        return self.reals[:, 3]

    @property
    def longest_norm(self) -> Tensor:
        """The length norm of a translation of ``max_length`` tokens, float64 ``[batch]``."""
        return self.reals[:, 4]


@dataclass(frozen=True)
class Plan:
    """What the rows of a batch need together, known to the host without asking the device.

    Attributes:
        beam: the widest beam.
        beyond: places of the beam that the row does not use, bool ``[batch, beam]``.
        n_best: the longest list of results.
        coverage: whether any row has a coverage penalty.
        sampling: rows that sample, int64 ``[sampling]``; None where none does.
        support: how many of the likeliest tokens filtered sampling can need: 0 where no sampling row has
            top-k or top-p, None where only the whole vocabulary will do.
        constraints: of the rows that have terms; None where none has.
    """

    beam: int
    beyond: Tensor
    n_best: int
    coverage: bool
    sampling: Tensor | None
    support: int | None
    constraints: Constraints | None

    @classmethod
    def of(cls, jobs: Sequence[Job], device: torch.device) -> Self:
        """The plan for a batch of ``jobs``, at least one."""
        options = [job.options for job in jobs]
        sampling = [row for row, each in enumerate(options) if each.strategy == "sample"]
        filtered = [options[row] for row in sampling if options[row].top_k or options[row].top_p < 1.0]
        whole = any(each.top_k == 0 for each in filtered)
        beam = max(each.beam_size for each in options)
        sizes = torch.tensor([each.beam_size for each in options], device=device)
        return cls(
            beam=beam,
            beyond=torch.arange(beam, device=device) >= sizes[:, None],
            n_best=max(each.n_best for each in options),
            coverage=any(each.coverage_penalty > 0.0 for each in options),
            sampling=torch.tensor(sampling, device=device) if sampling else None,
            support=None if whole else max((each.top_k for each in filtered), default=0),
            constraints=Constraints.of(jobs, device),
        )
