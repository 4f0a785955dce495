"""From the shortlists of rows that have ended to plain translations."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from model.decoding.finished import Shortlist
from model.decoding.hypothesis import Hypothesis, Translation
from model.decoding.job import Job


def translations(
    shortlist: Shortlist, places: Sequence[int], jobs: Sequence[Job], steps: Sequence[int]
) -> list[Translation]:
    """The results of the rows at ``places``, in one transfer from the device.

    Args:
        shortlist: of all rows.
        places: the rows that have ended.
        jobs: theirs, in the same order.
        steps: how many steps each took.
    """
    if not places:
        return []
    packed = shortlist.pack(torch.tensor(places, device=shortlist.count.device)).tolist()
    capacity = shortlist.tokens.shape[2]
    return [
        Translation(_hypotheses(job, numbers, capacity), took)
        for job, numbers, took in zip(jobs, packed, steps, strict=True)
    ]


def _hypotheses(job: Job, packed: list[list[float]], capacity: int) -> tuple[Hypothesis, ...]:
    hypotheses = []
    for score, log_prob, length, *rest in packed[: job.options.n_best]:
        if score == -torch.inf:
            break  # fewer have finished than were asked for
        hypotheses.append(
            Hypothesis(
                tokens=tuple(int(token) for token in rest[: int(length)]),
                score=score,
                log_prob=log_prob,
                coverage=tuple(rest[capacity : capacity + len(job.source)]),
                truncated=int(length) >= job.max_length,
            )
        )
    return tuple(hypotheses)
