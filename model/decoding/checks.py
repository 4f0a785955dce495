"""What a job must be before it is decoded."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from model.decoding.job import Job
from model.tokenizer import EOS


def check_jobs(
    jobs: Iterable[Job], ids: Collection[int], vocabulary_size: int, forbidden: frozenset[int]
) -> None:
    """Refuse jobs that cannot join a batch.

    Args:
        jobs: to join together.
        ids: of the jobs that are in the batch.
        vocabulary_size: of the network.
        forbidden: token ids never produced.

    Raises:
        ValueError: a source is empty or holds an id outside the vocabulary, a term cannot be produced, or a
            job's id is in use.
    """
    known = set(ids)
    for job in jobs:
        if job.id in known:
            raise ValueError(f"job {job.id}: the id is in use")
        known.add(job.id)
        if not job.source:
            raise ValueError(f"job {job.id}: source must not be empty")
        if min(job.source) < 0 or max(job.source) >= vocabulary_size:
            raise ValueError(f"job {job.id}: source ids must be from 0 to {vocabulary_size - 1}")
        _check_terms(job, vocabulary_size, forbidden)


def _check_terms(job: Job, vocabulary_size: int, forbidden: frozenset[int]) -> None:
    if job.terms and job.options.strategy != "beam":
        raise ValueError(f"job {job.id}: terms need the strategy beam")
    for tokens, start, end in job.terms:
        if not tokens:
            raise ValueError(f"job {job.id}: a term must not be empty")
        if any(not 0 <= token < vocabulary_size for token in tokens):
            raise ValueError(f"job {job.id}: ids of terms must be of the vocabulary")
        if not forbidden.isdisjoint(tokens) or EOS in tokens:
            raise ValueError(f"job {job.id}: a term must be of what may be produced")
        if not 0 <= start < end <= len(job.source):
            raise ValueError(f"job {job.id}: a term must translate tokens of the source")
