"""From the shortlists of rows that have ended to plain translations."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from model.decoding.finished import Shortlist
from model.decoding.hypothesis import Hypothesis, Translation
from model.decoding.snapshot import Row


def translations(
    shortlist: Shortlist, places: Sequence[int], rows: Sequence[Row], clock: int
) -> list[Translation]:
    """The results of the rows at ``places``, in one transfer from the device.

    Args:
        shortlist: of all rows.
        places: the rows that have ended.
        rows: those, in the same order.
        clock: the batch's, after their last step.
    """
    if not places:
        return []
    packed = shortlist.pack(torch.tensor(places, device=shortlist.count.device)).tolist()
    capacity = shortlist.tokens.shape[2]
    return [
        Translation(hypotheses(row, numbers, capacity), clock - row.joined_at)
        for row, numbers in zip(rows, packed, strict=True)
    ]


def hypotheses(row: Row, packed: list[list[float]], capacity: int) -> tuple[Hypothesis, ...]:
    """The results of one row.

    Args:
        row: whose they are.
        packed: what ``Shortlist.pack`` gives for it, ``[n_best][4 + capacity + src_len]``.
        capacity: token positions in that.
    """
    job, found = row.job, []
    for score, log_prob, length, parent, *rest in packed[: job.options.n_best]:
        if score == -torch.inf:
            break  # fewer have finished than were asked for
        found.append(
            Hypothesis(
                tokens=tuple(int(token) for token in rest[: int(length)]),
                score=score,
                log_prob=log_prob,
                coverage=tuple(rest[capacity : capacity + len(job.source)]),
                truncated=int(length) >= job.max_length,
                attention=None
                if row.trail is None
                else row.trail.walk(int(length), int(parent), len(job.source)),
            )
        )
    return tuple(found)
