"""The OpenAPI description, corrected where FastAPI's own is not what the service does."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

from service.api.problems import MEDIA_TYPE

_NEVER_SENT = ("HTTPValidationError", "ValidationError")


def install_openapi(app: FastAPI) -> None:
    """Have ``app`` describe its errors as the problems that they are.

    FastAPI documents every body as ``application/json``, and a 422 for validation errors.
    """
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        known = app.openapi_schema is not None
        schema = generate()  # kept by FastAPI, so it is corrected once
        return schema if known else _correct(schema)

    app.openapi = openapi  # type: ignore[method-assign] # the documented way to change the description


def _correct(schema: dict[str, Any]) -> dict[str, Any]:
    for path in schema["paths"].values():
        for operation in path.values():
            _correct_responses(operation["responses"])
    for name in _NEVER_SENT:
        schema["components"]["schemas"].pop(name, None)
    return schema


def _correct_responses(responses: dict[str, Any]) -> None:
    responses.pop("422", None)
    for status, response in responses.items():
        if status >= "400":
            response["content"] = {MEDIA_TYPE: response["content"]["application/json"]}
