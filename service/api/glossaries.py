"""Glossaries in the second version of DeepL's API: made, listed, read, deleted."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from service.accounts import Account
from service.api.context import Service
from service.api.glossary_schemas import (
    GlossaryDescription,
    GlossaryList,
    GlossaryPair,
    GlossaryPairs,
    GlossaryRequest,
)
from service.api.keys import deepl_account
from service.api.parameters import described, read_parameters, validated
from service.api.problems import responses
from service.errors import InvalidRequest
from service.registry import Registry

TSV = "text/tab-separated-values"

_REFUSED = {403: "The API key is missing or not accepted."}
_STARTING = {503: "The service is starting."}
_NOT_FOUND = {**_REFUSED, 404: "There is no glossary with this id, or it is another key's."}
_CREATE_PROBLEMS = {
    400: "A parameter is missing, the direction is not served, or a line is no entry: the message names it.",
    **_REFUSED,
    413: "The body is too large.",
    **_STARTING,
}


def glossary_router(service: Service) -> APIRouter:
    """The routes, over ``service``."""
    router = APIRouter(prefix="/v2", tags=["DeepL"])
    glossaries = service.glossaries

    async def account_of(request: Request) -> Account:
        return deepl_account(service.accounts, request.headers, await read_parameters(request))

    @router.get(
        "/glossary-language-pairs",
        summary="What glossaries can be for",
        responses=responses(_REFUSED | _STARTING),
    )
    async def pairs(request: Request) -> GlossaryPairs:
        """Every direction that has a network of its own."""
        await account_of(request)
        directions = service.lifecycle.registry.directions
        listed = [GlossaryPair(source_lang=source, target_lang=target) for source, target in directions]
        return GlossaryPairs(supported_languages=listed)

    @router.post(
        "/glossaries",
        summary="Make a glossary",
        status_code=201,
        responses=responses(_CREATE_PROBLEMS),
        openapi_extra=described(GlossaryRequest),
    )
    async def create(request: Request) -> GlossaryDescription:
        """Keep entries to translate with, for this key alone."""
        parameters = await read_parameters(request)
        account = deepl_account(service.accounts, request.headers, parameters)
        body = validated(GlossaryRequest, parameters)
        direction = _direction(body, service.lifecycle.registry)
        info = await glossaries.create(account.name, body.name, direction, body.entries, body.entries_format)
        return GlossaryDescription.of(info)

    @router.get("/glossaries", summary="All glossaries", responses=responses(_REFUSED))
    async def list_all(request: Request) -> GlossaryList:
        """The glossaries of this key, oldest first."""
        listed = await glossaries.list((await account_of(request)).name)
        return GlossaryList(glossaries=[GlossaryDescription.of(info) for info in listed])

    @router.get("/glossaries/{glossary_id}", summary="A glossary", responses=responses(_NOT_FOUND))
    async def describe(request: Request, glossary_id: str) -> GlossaryDescription:
        """What is known about one glossary."""
        account = await account_of(request)
        return GlossaryDescription.of(await glossaries.find(account.name, glossary_id))

    @router.get(
        "/glossaries/{glossary_id}/entries",
        summary="Its entries",
        response_class=Response,
        responses={200: {"content": {TSV: {}}}, **responses(_NOT_FOUND)},
    )
    async def entries(request: Request, glossary_id: str) -> Response:
        """The entries, tab-separated, one a line."""
        account = await account_of(request)
        return Response(await glossaries.entries(account.name, glossary_id), media_type=TSV)

    @router.delete(
        "/glossaries/{glossary_id}",
        summary="Delete a glossary",
        status_code=204,
        responses=responses(_NOT_FOUND),
    )
    async def delete(request: Request, glossary_id: str) -> None:
        """Forget a glossary for good."""
        await glossaries.delete((await account_of(request)).name, glossary_id)

    return router


def _direction(body: GlossaryRequest, registry: Registry) -> tuple[str, str]:
    source = registry.language(body.source_lang, "source_lang")
    target = registry.language(body.target_lang, "target_lang")
    if (source, target) not in registry.directions:
        available = ", ".join(f"{one}>{two}" for one, two in registry.directions)
        raise InvalidRequest(
            f"target_lang: glossaries can be for {available}, not for {source}>{target}", "target_lang"
        )
    return source, target
