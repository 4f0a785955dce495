"""A request's parameters, wherever its client puts them: in JSON, in a form, or in the query string."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import ClientDisconnect

from service.api.disconnect import ClientDisconnected
from service.errors import InvalidRequest

Model = TypeVar("Model", bound=BaseModel)
Pairs = Iterable[tuple[str, str]]

MAX_FORM_FIELDS = 10_000
URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
JSON_WANTED = "the body must be a JSON object, sent with the header content-type: application/json"


async def read_parameters(request: Request, repeated: str = "") -> dict[str, Any]:
    """All parameters of ``request``, whatever its method; the body's win over the query string's.

    A body is JSON unless its content type says that it is a form.

    Args:
        request: its body may be of any kind, or empty.
        repeated: the parameter that becomes a list where it comes more than once; of any other the last
            one counts.

    Raises:
        InvalidRequest: the body or the query string is not what it claims to be.
        ClientDisconnected: the client has gone before all of the body has come.
    """
    return read_query(request, repeated) | await _read_body(request, repeated)


def read_query(request: Request, repeated: str = "") -> dict[str, Any]:
    """The parameters of the query string alone; see ``read_parameters``."""
    return _collect(_read_pairs(request.scope["query_string"], "the query string"), repeated)


def validated(model: type[Model], parameters: Mapping[str, Any]) -> Model:
    """``parameters`` as a ``model``.

    Raises:
        RequestValidationError: they are not; FastAPI's own exception, so that it is told like any other.
    """
    try:
        return model.model_validate(parameters)
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        raise RequestValidationError([{**one, "loc": ("body", *one["loc"])} for one in details]) from None


def described(model: type[BaseModel]) -> dict[str, Any]:
    """For a route's documentation: the body that ``read_parameters`` and ``validated`` take."""
    schema = model.model_json_schema()
    content = {kind: {"schema": schema} for kind in ("application/json", URLENCODED, MULTIPART)}
    return {"requestBody": {"required": False, "content": content}}


async def _read_body(request: Request, repeated: str) -> dict[str, Any]:
    try:
        body = await request.body()
    except ClientDisconnect:
        raise ClientDisconnected from None
    if not body.strip():
        return {}
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == URLENCODED:
        return _collect(_read_form(body), repeated)
    if kind == MULTIPART:
        return _collect(await _read_multipart(request, len(body)), repeated)
    return _read_json(body)


def _read_json(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except json.JSONDecodeError as error:
        raise InvalidRequest(f"the body is not valid JSON: {error.msg} at character {error.pos}") from None
    except UnicodeDecodeError:
        raise InvalidRequest("the body is not in UTF-8") from None
    except (RecursionError, ValueError):
        raise InvalidRequest(
            "the body is not acceptable JSON: nested too deeply, or a number too long"
        ) from None
    if not isinstance(value, dict):
        raise InvalidRequest(JSON_WANTED)
    return value


def _read_form(body: bytes) -> Pairs:
    if body.lstrip().startswith(b"{"):
        raise InvalidRequest("the body looks like JSON but is said to be a form; " + JSON_WANTED)
    return _read_pairs(body, "the body")


def _read_pairs(encoded: bytes, where: str) -> Pairs:
    try:
        return parse_qsl(
            encoded.decode(), keep_blank_values=True, errors="strict", max_num_fields=MAX_FORM_FIELDS
        )
    except UnicodeDecodeError:
        raise InvalidRequest(f"{where} is not in UTF-8") from None
    except ValueError:
        raise InvalidRequest(f"{where} has more than {MAX_FORM_FIELDS} parameters") from None


async def _read_multipart(request: Request, size: int) -> Pairs:
    try:
        form = await request.form(max_files=0, max_fields=MAX_FORM_FIELDS, max_part_size=size)
    except (HTTPException, MultiPartException):  # the former where an application surrounds the request
        raise InvalidRequest("the body is not a multipart form of plain fields, without files") from None
    return [(name, value) for name, value in form.multi_items() if isinstance(value, str)]


def _collect(pairs: Pairs, repeated: str) -> dict[str, Any]:
    listed = list(pairs)
    values: dict[str, Any] = dict(listed)
    every = [value for name, value in listed if name == repeated]
    if len(every) > 1:
        values[repeated] = every
    return values
