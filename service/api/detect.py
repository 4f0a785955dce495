"""POST /detect, as LibreTranslate has it."""

from __future__ import annotations

from fastapi import APIRouter, Request

from service.api.context import Service
from service.api.keys import libretranslate_account
from service.api.parameters import described, read_parameters, validated
from service.api.problems import responses
from service.api.schemas import DetectedLanguage, DetectRequest
from service.api.work import check_size, detect

_PROBLEMS = {
    400: "`q` is missing or no text, or an API key is required.",
    403: "The API key is not accepted.",
    413: "Too many characters or bytes.",
    503: "The service is starting.",
}


def detect_router(service: Service) -> APIRouter:
    """The route, over ``service``."""
    router = APIRouter(tags=["LibreTranslate"])

    @router.post(
        "/detect",
        summary="Tell a text's language",
        responses=responses(_PROBLEMS),
        openapi_extra=described(DetectRequest),
    )
    async def detect_language(request: Request) -> list[DetectedLanguage]:
        """The language of a text, among those that can be translated from: a list of one."""
        parameters = await read_parameters(request)
        libretranslate_account(service.accounts, parameters)
        body = validated(DetectRequest, parameters)
        check_size([body.q], "q", service.settings)
        (found,) = await detect(service.detector, [body.q], service.lifecycle.registry)
        return [DetectedLanguage(confidence=found.confidence, language=found.language)]

    return router
