"""A client for Dragoman's translation service: ``Client``, ``AsyncClient``, and what they give and raise."""

from __future__ import annotations

from translate_client.asynchronous import AsyncClient
from translate_client.errors import (
    CannotConnect,
    ConnectionBroken,
    DeadlineExceeded,
    InvalidRequest,
    KeyRefused,
    NotReady,
    Overloaded,
    QuotaExceeded,
    ServiceError,
    TextTooLarge,
    TranslateError,
    TranslationFailed,
    Unavailable,
    UnexpectedAnswer,
    UnsupportedLanguage,
)
from translate_client.results import (
    Detection,
    Language,
    Link,
    Segment,
    Sentence,
    ServerSettings,
    TranslatedFile,
    Translation,
)
from translate_client.retrying import Retries
from translate_client.streams import AsyncTranslationStream, TranslationStream
from translate_client.synchronous import Client

__all__ = [
    "AsyncClient",
    "AsyncTranslationStream",
    "CannotConnect",
    "Client",
    "ConnectionBroken",
    "DeadlineExceeded",
    "Detection",
    "InvalidRequest",
    "KeyRefused",
    "Language",
    "Link",
    "NotReady",
    "Overloaded",
    "QuotaExceeded",
    "Retries",
    "Segment",
    "Sentence",
    "ServerSettings",
    "ServiceError",
    "TextTooLarge",
    "TranslateError",
    "TranslatedFile",
    "Translation",
    "TranslationFailed",
    "TranslationStream",
    "Unavailable",
    "UnexpectedAnswer",
    "UnsupportedLanguage",
]
