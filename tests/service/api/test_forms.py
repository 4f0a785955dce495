"""Wherever a client puts its parameters, they mean the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.types import Message, Receive, Scope, Send

from service.api.disconnect import ClientDisconnected
from service.api.parameters import MAX_FORM_FIELDS, read_parameters
from service.api.paths import TidyPath
from service.errors import InvalidRequest
from tests.service.harness import asynchronous, ready_client

FORM = {"content-type": "application/x-www-form-urlencoded"}
TEXT = "Ä & ö = 1+1; 你好 🙂\r\n%41 Hund"


def request(
    body: bytes = b"", content_type: str | None = None, query: str = "", method: str = "POST"
) -> Request:
    async def receive() -> Message:
        return {"type": "http.request", "body": body}

    headers = [(b"content-type", content_type.encode())] if content_type else []
    scope = {"type": "http", "method": method, "query_string": query.encode(), "headers": headers}
    return Request(scope, receive)


def multipart(fields: list[tuple[str, str]]) -> bytes:
    parts = [
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields
    ]
    return ("".join(parts) + "--b--\r\n").encode()


def in_every_form(fields: list[tuple[str, str]]) -> dict[str, Request]:
    encoded = urlencode(fields)
    return {
        "form": request(encoded.encode(), "application/x-www-form-urlencoded; charset=utf-8"),
        "multipart": request(multipart(fields), "multipart/form-data; boundary=b"),
        "query": request(query=encoded),
        "query of a GET": request(query=encoded, method="GET"),
        "form of a GET": request(encoded.encode(), "APPLICATION/X-WWW-FORM-URLENCODED", method="GET"),
    }


@given(text=st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=30))
@asynchronous
async def test_any_text_survives_every_form(text: str) -> None:
    # A multipart field cannot hold its own boundary, which needs a line break and "--b".
    text = text.replace("--b", "")
    for name, one in in_every_form([("q", text), ("source", "de")]).items():
        assert await read_parameters(one, repeated="q") == {"q": text, "source": "de"}, name
    body = json.dumps({"q": text, "source": "de"}).encode()
    for content_type in ("application/json", None, "text/plain", "application/json; charset=UTF-8"):
        assert await read_parameters(request(body, content_type)) == {"q": text, "source": "de"}


@asynchronous
async def test_repeated_parameters_become_a_list_where_they_may() -> None:
    for one in in_every_form(
        [("q", "a"), ("target", "de"), ("q", ""), ("target", "en"), ("q", "a")]
    ).values():
        assert await read_parameters(one, repeated="q") == {"q": ["a", "", "a"], "target": "en"}


@asynchronous
async def test_the_body_wins_over_the_query_string() -> None:
    form = request(b"q=body", FORM["content-type"], query="q=query&target=en")
    assert await read_parameters(form) == {"q": "body", "target": "en"}
    empty = request(b"  \r\n", "application/json", query="q=query")
    assert await read_parameters(empty) == {"q": "query"}


@pytest.mark.parametrize(
    ("one", "says"),
    [
        (request(b'{"q": ' + b"1" * 10_000 + b"}"), "number too long"),
        (request(b"[" * 100_000), "nested too deeply"),
        (request(b"&" * (MAX_FORM_FIELDS + 1), FORM["content-type"]), "more than 10000"),
        (request(b"q=a", "multipart/form-data; boundary=b"), "multipart"),
        (
            request(multipart([("q", "a")] * (MAX_FORM_FIELDS + 1)), "multipart/form-data; boundary=b"),
            "multipart",
        ),
        (request(b"\xff\xfe\xfd"), "UTF-8"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
@asynchronous
async def test_what_cannot_be_read_is_refused(one: Request, says: str) -> None:
    with pytest.raises(InvalidRequest, match=says):
        await read_parameters(one)


@asynchronous
async def test_a_client_that_leaves_while_it_sends_is_no_error() -> None:
    async def receive() -> Message:
        return {"type": "http.disconnect"}

    gone = Request({"type": "http", "method": "POST", "query_string": b"", "headers": []}, receive)
    with pytest.raises(ClientDisconnected):
        await read_parameters(gone)


@pytest.mark.parametrize(
    ("sent", "path"),
    [
        ("/translate", "/translate"),
        ("//v2///translate//", "/v2/translate"),
        ("/", "/"),
        ("//", "/"),
        ("http://host:1/translate", "/translate"),
        ("HTTPS://host//translate/", "/translate"),
        ("http://host", "/"),
        ("/a/http://b", "/a/http:/b"),
    ],
)
@asynchronous
async def test_paths_are_tidied(sent: str, path: str) -> None:
    seen: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["path"])

    async def nothing(*_: object) -> Any:
        pytest.fail("it reads and sends nothing")

    await TidyPath(app)({"type": "http", "path": sent}, nothing, nothing)
    assert seen == [path]


@asynchronous
async def test_translations_of_every_form_are_the_same(tiny_checkpoint: Path) -> None:
    fields = {"q": TEXT, "source": "de", "target": "en", "alternatives": "2", "api_key": "", "format": "text"}
    pairs = [(name, (None, value)) for name, value in fields.items()]
    async with ready_client(tiny_checkpoint) as client:
        wanted = (await client.post("/translate", json={**fields, "alternatives": 2, "api_key": None})).json()
        answers: list[httpx.Response] = [
            await client.post("/translate", data=fields),
            await client.post("/translate", files=pairs),
            await client.post("/translate", params=fields),
            await client.post(f"/translate?q={quote(TEXT)}", data={**fields, "q": TEXT}),
            await client.post("/translate/", data=fields),
            await client.post("http://service//translate", data=fields),
        ]
    assert wanted["translatedText"] == TEXT
    assert len(wanted["alternatives"]) == 2
    for answer in answers:
        assert answer.json() == wanted


@pytest.mark.parametrize(
    "nothing", [{"alternatives": ""}, {"alternatives": None, "format": None}, {"format": ""}]
)
@asynchronous
async def test_nothing_means_the_default(tiny_checkpoint: Path, nothing: dict[str, Any]) -> None:
    body = {"q": "Ein Hund.", "source": "de", "target": "en", **nothing}
    async with ready_client(tiny_checkpoint) as client:
        response = await client.post("/translate", json=body)
    assert set(response.json()) == {"translatedText", "score"}


@asynchronous
async def test_a_form_with_several_texts(tiny_checkpoint: Path) -> None:
    body = {"q": ["Ein Hund.", "Zwei."], "source": "de", "target": "en"}
    async with ready_client(tiny_checkpoint) as client:
        response = await client.post("/translate", data=body)
    assert response.json()["translatedText"] == body["q"]


@asynchronous
async def test_languages_by_any_method_and_path(tiny_checkpoint: Path) -> None:
    async with ready_client(tiny_checkpoint) as client:
        wanted = (await client.get("/languages")).json()
        for method, path in [("GET", "//languages"), ("GET", "/languages/"), ("POST", "/languages")]:
            response = await client.request(
                method, f"http://service{path}", content=b"api_key=x", headers=FORM
            )
            assert response.json() == wanted
