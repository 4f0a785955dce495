"""Rows that the network searches itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from model.decoding.dense import not_finite
from model.decoding.hypothesis import Hypothesis, Translation
from model.decoding.job import Finished, Job
from model.interface import Found, Search, Searcher, SearchRequest


@dataclass(frozen=True, slots=True)
class SearchedRow:
    """A job, and the network's search for it. Rows stand for themselves: to join or leave copies nothing."""

    job: Job
    search: Search


def is_search(job: Job) -> bool:
    """Whether a job is a beam search."""
    return job.options.strategy == "beam"


def begin(searcher: Searcher[Search], jobs: Sequence[Job]) -> tuple[SearchedRow, ...]:
    """Rows for ``jobs``, all of them searches, before their first step."""
    if not jobs:
        return ()
    requests = [
        SearchRequest(job.source, job.options, job.max_length, job.attention, job.terms) for job in jobs
    ]
    return tuple(map(SearchedRow, jobs, searcher.begin(requests)))


def step_searched(
    searcher: Searcher[Search], rows: Sequence[SearchedRow], most: int
) -> tuple[tuple[SearchedRow, ...], list[Finished]]:
    """Advance every row by up to ``most`` tokens, no further than to the first end of any.

    Returns:
        The rows that go on, and the jobs that have ended.

    Raises:
        DecodingError: the network gave numbers that cannot be used; names the jobs.
    """
    advance = searcher.advance([row.search for row in rows], most)
    if advance.unusable:
        raise not_finite([rows[place].job.id for place in advance.unusable])
    if not advance.ended:
        return tuple(rows), []
    ended = frozenset(advance.ended)
    finished = [Finished(rows[place].job.id, _translation(rows[place])) for place in advance.ended]
    return tuple(row for place, row in enumerate(rows) if place not in ended), finished


def _translation(row: SearchedRow) -> Translation:
    found = tuple(_hypothesis(row.job, each) for each in row.search.results())
    return Translation(found, row.search.steps)


def _hypothesis(job: Job, found: Found) -> Hypothesis:
    return Hypothesis(
        tokens=found.tokens,
        score=found.score,
        log_prob=found.log_prob,
        coverage=found.coverage,
        truncated=len(found.tokens) >= job.max_length,
        attention=found.attention,
    )
