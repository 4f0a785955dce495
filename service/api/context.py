"""What the routes share, and what is known about one request."""

from __future__ import annotations

import re
import time
import uuid
from dataclasses import dataclass, field

from starlette.types import Scope

from service.accounts import Accounts
from service.files.manager import FileManager
from service.glossaries.library import GlossaryLibrary
from service.lifecycle import Lifecycle
from service.metrics import Metrics
from service.settings import Settings
from service.text.detection import Detector

CLIENT_GONE = 499
"""Logged and counted for a request whose client left before the response; nobody receives it."""

_KEY = "dragoman.request"
_REQUEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")


@dataclass(frozen=True, slots=True)
class Service:
    """The parts of a running service that the routes work with."""

    settings: Settings
    lifecycle: Lifecycle
    metrics: Metrics
    accounts: Accounts
    detector: Detector
    files: FileManager
    glossaries: GlossaryLibrary


@dataclass(slots=True)
class RequestRecord:
    """What is measured and logged about one request; filled in on its way, never holds text.

    Attributes:
        request_id: the client's, if it is well-formed, else a new one.
        started: ``time.perf_counter()`` when the request arrived.
        status: of the response, once it has begun; of what ended it, where that came later.
        rejection: why the request was refused, for the metric.
        characters: of all texts.
        segments: translated.
        queue_seconds: the longest wait of a segment.
        decode_seconds: the longest decoding of a segment.
    """

    request_id: str
    started: float = field(default_factory=time.perf_counter)
    status: int | None = None
    rejection: str | None = None
    characters: int | None = None
    segments: int | None = None
    queue_seconds: float | None = None
    decode_seconds: float | None = None

    @property
    def elapsed_seconds(self) -> float:
        """Since the request arrived."""
        return time.perf_counter() - self.started


def header(scope: Scope, name: bytes) -> str:
    """The first header ``name``, in small letters, of a request; empty where there is none.

    For what looks at every request: ``starlette.datastructures.Headers`` decodes and compares far more.
    """
    for known, value in scope["headers"]:
        if known == name:
            return str(value, "latin-1")
    return ""


def begin_record(scope: Scope) -> RequestRecord:
    """A new record, attached to the request."""
    given = header(scope, b"x-request-id")
    record = RequestRecord(given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex)
    scope[_KEY] = record
    return record


def record_of(scope: Scope) -> RequestRecord:
    """The request's record."""
    record: RequestRecord = scope[_KEY]
    return record
