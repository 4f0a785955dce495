"""POST /translate_file, as LibreTranslate has it, and where its results are fetched."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from service.api.context import Service, record_of
from service.api.disconnect import ClientDisconnected, unless_disconnected
from service.api.file_work import accept, check_enabled, file_response, make_wish
from service.api.keys import libretranslate_account
from service.api.links import public_url
from service.api.parameters import MULTIPART, validated
from service.api.problems import responses
from service.api.uploads import uploaded
from service.errors import KeyRefused, QuotaExceeded
from service.files.job import State

_PROBLEMS = {
    400: "A parameter is missing or not valid, the file cannot be read, or an API key is required.",
    403: "The API key is not accepted, or its quota is used up.",
    413: "The file has too many bytes or characters.",
    429: "Too many files; `Retry-After` has the seconds after which to try again.",
    500: "The file could not be translated.",
    503: "The service is starting or ending.",
    504: "The file took too long.",
}


class FileRequest(BaseModel):
    """What to translate, besides the file itself."""

    source: str = Field(description="language of the file: a code of `/languages`, or `auto`")
    target: str = Field(description="language to translate into")
    api_key: str | None = Field(default=None, description="as for `/translate`")


class TranslatedFile(BaseModel):
    """Where the translation is."""

    translatedFileUrl: str = Field(  # noqa: N815 - the contract's name
        description="to be fetched with GET; nobody can guess it",
        examples=["http://localhost:8000/download_file/4F9C"],
    )


_FORM = FileRequest.model_json_schema()
_FORM["properties"]["file"] = {"type": "string", "format": "binary"}
_FORM["required"] = ["file", "source", "target"]


def files_router(service: Service) -> APIRouter:
    """The routes, over ``service``."""
    router = APIRouter(tags=["LibreTranslate"])

    @router.post(
        "/translate_file",
        summary="Translate a file",
        responses=responses(_PROBLEMS),
        openapi_extra={"requestBody": {"required": True, "content": {MULTIPART: {"schema": _FORM}}}},
    )
    async def translate_file(request: Request) -> TranslatedFile:
        """Translate a file, and answer once that is done with the address of the result.

        The result is kept for an hour, or as the operator has set it.
        """
        check_enabled(service)
        with service.files.store.reserve() as folder:
            async with uploaded(request) as upload:
                account = libretranslate_account(service.accounts, upload.fields)
                body = validated(FileRequest, upload.fields)
                wish = make_wish(service, account, upload.name, body.source, body.target)
                try:
                    job = await accept(service, upload, folder, wish)
                except QuotaExceeded as error:  # for which LibreTranslate's clients know this status
                    raise KeyRefused(str(error)) from error
        record_of(request.scope).characters = job.task.characters
        try:
            await unless_disconnected(request.receive, job.ended.wait())
        except ClientDisconnected:
            await service.files.cancel(job)
            raise
        if job.error is not None:
            raise job.error
        path = f"/download_file/{job.id}{job.key}"
        return TranslatedFile(translatedFileUrl=public_url(request, path, service.settings.public_url))

    @router.get("/download_file/{token}", summary="Fetch a translated file", response_class=FileResponse)
    async def download_file(token: str) -> FileResponse:
        """The translated file. Its address is all that is needed; after its time it is gone."""
        job = service.files.store.find(token[:32], token[32:])
        if job is None or job.state is not State.DONE:
            raise HTTPException(404)
        return file_response(job)

    return router
