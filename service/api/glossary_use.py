"""A job with the glossary that its request names or brings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from service.accounts import Account
from service.api.context import Service
from service.api.work import AUTO
from service.errors import InvalidRequest
from service.glossaries.entries import inline_entries
from service.job import Job
from service.text.glossary import Glossary

MAX_INLINE_TERMS = 500


async def with_glossary(
    service: Service, account: Account, job: Job, glossary_id: str | None, field: str
) -> Job:
    """``job`` with the glossary of this id; as it is where there is no id.

    Args:
        service: which has the glossary.
        account: whose it is.
        job: whose source must be known.
        glossary_id: from the request.
        field: where it was, for messages.

    Raises:
        InvalidRequest: the glossary is for another direction.
        GlossaryNotFound: there is none with this id.
    """
    if not glossary_id:
        return job
    glossary = await service.glossaries.load(account.name, glossary_id)
    if job.source == AUTO:
        raise InvalidRequest(f"{field}: the source language must be given with a glossary", field)
    if not glossary.applies(job.source, job.target):
        raise InvalidRequest(
            f"{field}: this glossary is for {glossary.source}>{glossary.target}, "
            f"not for {job.source}>{job.target}",
            field,
        )
    return replace(job, glossary=glossary)


def with_terms(service: Service, job: Job, terms: Mapping[str, str] | None) -> Job:
    """``job`` with the terms that its request brings; as it is where there are none.

    Raises:
        InvalidRequest: a term is not acceptable, or the direction goes by way of a third language.
    """
    if not terms:
        return job
    if job.glossary is not None:
        raise InvalidRequest("terms: send either a glossary or terms", "terms")
    source = None if job.source == AUTO else job.source
    if source is not None and service.lifecycle.registry.pivot(source, job.target):
        raise InvalidRequest(
            f"terms: cannot be demanded for {source}>{job.target}, which goes by way of a third language",
            "terms",
        )
    return replace(job, glossary=Glossary(inline_entries(terms, MAX_INLINE_TERMS), source, job.target))
