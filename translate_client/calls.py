"""What both clients send: the same requests, built in one place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import httpx

from translate_client.protocol import EVENTS, Document, Options, translation_body
from translate_client.reading import Object

DEFAULT_URL = "http://localhost:8000"
DEFAULT_TIMEOUT_SECONDS = 75.0
"""Longer than the service's own deadline, which is a minute: its answer says more than a timeout."""
_CONNECT_SECONDS = 10.0
_BEYOND_DEADLINE_SECONDS = 15.0
AGENT = "translate-client/0.1.0"


@dataclass(frozen=True, slots=True)
class Call:
    """A request.

    Attributes:
        path: relative to the service's address.
        method: of HTTP.
        json: the body, if it has one.
        form: the fields beside a file.
        file: name and content of it.
        accept: which kind of answer is wanted.
        reads_only: whether it changes nothing and costs little, so that it may be sent again.
        deadline_seconds: after which the service itself gives up, if known.
    """

    path: str
    method: str = "GET"
    json: Object | None = None
    form: Mapping[str, str] | None = None
    file: tuple[str, bytes] | None = None
    accept: str = "application/json"
    reads_only: bool = False
    deadline_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Address:
    """Where the service is, and what every request to it has.

    Attributes:
        url: of the service, with its path if a proxy gives it one.
        api_key: sent with each request that takes one, if there is one.
        timeout_seconds: for which nothing may come.
    """

    url: httpx.URL
    api_key: str | None
    timeout_seconds: float

    @classmethod
    def of(cls, url: str, api_key: str | None, timeout_seconds: float) -> Address:
        """The address ``url``.

        Raises:
            ValueError: it is none of HTTP, or the timeout is not positive.
        """
        try:
            parsed = httpx.URL(url)
        except httpx.InvalidURL as error:
            raise ValueError(f"url: {error}") from None
        if parsed.scheme not in {"http", "https"} or not parsed.host:
            raise ValueError(f"url must begin with http:// or https:// and name a host, unlike {url!r}")
        if timeout_seconds <= 0:
            raise ValueError(f"timeout_seconds must be positive, not {timeout_seconds}")
        return cls(parsed, api_key, timeout_seconds)

    def request(self, client: httpx.Client | httpx.AsyncClient, call: Call) -> httpx.Request:
        """``call`` for ``client``."""
        path = self.url.path.rstrip("/") + "/" + call.path
        target = self.url.copy_with(raw_path=path.encode())
        headers = {"accept": call.accept, "user-agent": AGENT}
        body = call.json
        if self.api_key and call.path.startswith("v2/"):  # DeepL's routes take it there
            headers["authorization"] = f"DeepL-Auth-Key {self.api_key}"
        elif self.api_key and body is not None:
            body = {**body, "api_key": self.api_key}
        return client.build_request(
            call.method,
            target,
            json=body,
            data=call.form,
            files={"file": call.file} if call.file is not None else None,
            headers=headers,
            timeout=self._timeout(call),
        )

    def _timeout(self, call: Call) -> httpx.Timeout:
        patience = self.timeout_seconds
        if call.deadline_seconds is not None:
            patience = max(patience, call.deadline_seconds + _BEYOND_DEADLINE_SECONDS)
        return httpx.Timeout(patience, connect=min(patience, _CONNECT_SECONDS))


LANGUAGES = Call("languages", reads_only=True)
SETTINGS = Call("frontend/settings", reads_only=True)


def translate_call(texts: Sequence[str], target: str, options: Options, *, stream: bool = False) -> Call:
    """POST /translate for a list of texts."""
    return Call(
        "translate",
        "POST",
        json=translation_body(texts, target, options),
        accept=EVENTS if stream else "application/json",
        deadline_seconds=options.get("deadline_seconds"),
    )


def detect_call(text: str) -> Call:
    """POST /detect."""
    return Call("detect", "POST", json={"q": text}, reads_only=True)


def upload_call(name: str, content: bytes, target: str, source: str) -> Call:
    """POST /v2/document: a file to be translated in the background."""
    form = {"target_lang": target} | ({} if source == "auto" else {"source_lang": source})
    return Call("v2/document", "POST", form=form, file=(name, content))


def status_call(document: Document) -> Call:
    """How far the file is; the service answers after two seconds at the latest."""
    return Call(f"v2/document/{document.id}", "POST", json={"document_key": document.key}, reads_only=True)


def result_call(document: Document) -> Call:
    """The translated file."""
    path = f"v2/document/{document.id}/result"
    return Call(path, "POST", json={"document_key": document.key}, accept="*/*", reads_only=True)


def forget_call(document: Document) -> Call:
    """The end of the file's translation, and of all that the service has of it."""
    path = f"v2/document/{document.id}"
    return Call(path, "DELETE", json={"document_key": document.key}, reads_only=True)


def is_one(texts: str | Sequence[str]) -> bool:
    """Whether there is one text, not a list.

    Raises:
        TypeError: it is neither.
    """
    if isinstance(texts, str):
        return True
    if not isinstance(texts, Sequence) or not all(isinstance(text, str) for text in texts):
        raise TypeError("texts must be a string or a list of strings")
    return False
