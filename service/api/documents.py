"""The document flow of DeepL's API: upload, ask how far it is, fetch."""

from __future__ import annotations

import asyncio
import math
from pathlib import PurePath
from typing import Literal

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from service.api.context import Service, record_of
from service.api.file_work import accept, check_enabled, file_response, make_wish
from service.api.keys import deepl_account
from service.api.parameters import MULTIPART, read_parameters, validated
from service.api.problems import responses
from service.api.uploads import Upload, base_name, uploaded
from service.errors import InvalidRequest, NotReady
from service.files.formats import format_of
from service.files.job import FileJob, State

WAIT_SECONDS = 2.0
"""How long a question for the status waits for the end: the clients ask every five seconds, and a small file
should not take as long."""

_REFUSED = {403: "The API key is missing or not accepted."}
_UPLOAD_PROBLEMS = {
    400: "A parameter is missing, not valid or not supported, or the file cannot be read.",
    **_REFUSED,
    413: "The file has too many bytes or characters.",
    429: "Too many files; `Retry-After` has the seconds after which to try again.",
    456: "The quota of the key is used up.",
    503: "The service is starting or ending.",
}
_STATUS_PROBLEMS = {**_REFUSED, 404: "There is no such document, or no longer, or the key is another one's."}


class DocumentRequest(BaseModel):
    """What to translate, besides the file itself. Parameters that are not listed are ignored."""

    target_lang: str = Field(description="a code of `/v2/languages?type=target`; the region is ignored")
    source_lang: str | None = Field(default=None, description="where it is missing, it is detected")
    filename: str | None = Field(
        default=None, description="instead of the one in the file's part of the form"
    )
    output_format: str | None = Field(default=None, description="only the extension of the file itself")
    glossary_id: str | None = Field(default=None, description="not supported for documents")


class DocumentKey(BaseModel):
    """What opens a document."""

    document_key: str = Field(description="as the upload has answered")


class DocumentHandle(BaseModel):
    """How a document is asked for."""

    document_id: str
    document_key: str


class DocumentStatus(BaseModel):
    """How far a document is."""

    document_id: str
    status: Literal["queued", "translating", "done", "error"]
    seconds_remaining: int | None = Field(
        default=None, description="an estimate; only while it is translated"
    )
    billed_characters: int | None = Field(default=None, description="once it is done")
    error_message: str | None = Field(default=None, description="why it failed")
    progress: float = Field(description="from 0 to 1; not in DeepL's contract", examples=[0.25])


_FORM = DocumentRequest.model_json_schema()
_FORM["properties"]["file"] = {"type": "string", "format": "binary"}
_FORM["required"] = ["file", "target_lang"]


def documents_router(service: Service) -> APIRouter:
    """The routes, over ``service``."""
    router = APIRouter(prefix="/v2/document", tags=["DeepL"])

    @router.post(
        "",
        summary="Upload a document to translate",
        responses=responses(_UPLOAD_PROBLEMS),
        openapi_extra={"requestBody": {"required": True, "content": {MULTIPART: {"schema": _FORM}}}},
    )
    async def upload_document(request: Request) -> DocumentHandle:
        """Take a file in; it is translated in the background."""
        check_enabled(service)
        if service.lifecycle.draining:
            raise NotReady("draining: nobody could fetch the document any more")
        with service.files.store.reserve() as folder:
            async with uploaded(request) as upload:
                account = deepl_account(service.accounts, request.headers, upload.fields)
                body = validated(DocumentRequest, upload.fields)
                name = _check(body, upload)
                wish = make_wish(
                    service, account, name, body.source_lang, body.target_lang, ("source_lang", "target_lang")
                )
                job = await accept(service, upload, folder, wish)
        record_of(request.scope).characters = job.task.characters
        return DocumentHandle(document_id=job.id, document_key=job.key)

    @router.post(
        "/{document_id}",
        summary="How far a document is",
        responses=responses(_STATUS_PROBLEMS),
        response_model_exclude_none=True,
    )
    async def document_status(request: Request, document_id: str) -> DocumentStatus:
        """The document's status. The answer waits up to two seconds for the end."""
        job = await find(request, document_id)
        await _wait(job)
        return _status(job)

    @router.post(
        "/{document_id}/result",
        summary="Fetch a translated document",
        responses=responses({**_STATUS_PROBLEMS, 503: "It is not translated yet."}),
        response_class=FileResponse,
    )
    async def document_result(request: Request, document_id: str) -> FileResponse:
        """The translated document; it may be fetched more than once, until it expires."""
        job = await find(request, document_id)
        if job.error is not None:
            raise job.error
        if job.state is not State.DONE:
            raise NotReady("the document is not translated yet")
        return file_response(job)

    @router.delete(
        "/{document_id}", summary="Forget a document", status_code=204, responses=responses(_STATUS_PROBLEMS)
    )
    async def delete_document(request: Request, document_id: str) -> None:
        """End its translation if it goes on, and remove its files. Not in DeepL's contract."""
        await service.files.cancel(await find(request, document_id))

    async def find(request: Request, document_id: str) -> FileJob:
        parameters = await read_parameters(request)
        account = deepl_account(service.accounts, request.headers, parameters)
        job = service.files.find(document_id, validated(DocumentKey, parameters).document_key, account)
        if job is None:
            raise HTTPException(404)
        return job

    return router


def _check(body: DocumentRequest, upload: Upload) -> str:
    """The file's name.

    Raises:
        InvalidRequest: there is none, or something is asked for that is not supported.
    """
    if body.glossary_id:
        raise InvalidRequest("glossary_id: is not supported for documents; leave it out", "glossary_id")
    name = base_name(body.filename or "") or upload.name
    wanted = (body.output_format or "").lower().lstrip(".")
    if wanted and f".{wanted}" not in format_of(name).extensions:
        raise InvalidRequest(
            f"output_format: must be the file's own, {PurePath(name).suffix.lower()}", "output_format"
        )
    return name


async def _wait(job: FileJob) -> None:
    try:
        async with asyncio.timeout(WAIT_SECONDS):
            await job.ended.wait()
    except TimeoutError:
        pass


def _status(job: FileJob) -> DocumentStatus:
    return DocumentStatus(
        document_id=job.id,
        status=job.state.value,
        seconds_remaining=job.seconds_remaining(),
        billed_characters=job.task.characters if job.state is State.DONE else None,
        error_message=str(job.error) if job.error is not None else None,
        progress=math.floor(job.progress * 1000) / 1000,
    )
