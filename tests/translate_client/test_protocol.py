"""Answers, those of other services too."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from translate_client import errors
from translate_client.calls import Address, status_call
from translate_client.failures import check_success, connection_errors, read_retry_after
from translate_client.protocol import (
    Document,
    read_detections,
    read_document,
    read_file,
    read_json,
    read_languages,
    read_settings,
    read_translations,
)
from translate_client.results import TranslatedFile, Translation

WITH_LINK = [
    {
        "source": {"start": 0, "end": 1},
        "target": {"start": 0, "end": 1},
        "confidence": 0.5,
        "coverage": 1,
        "flags": [],
        "alignment": [[0, 1, 0, 1]],
    }
]
NOW = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("7", 7.0),
        (" 0 ", 0.0),
        ("Fri, 20 Nov 2026 12:00:30 GMT", 30.0),
        ("Fri, 20 Nov 2026 11:00:00 GMT", 0.0),
        ("soon", None),
        ("-3", None),
        ("1.5", None),
    ],
)
def test_retry_after(header: str | None, seconds: float | None) -> None:
    assert read_retry_after(header, NOW) == seconds


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, {"type": "/problems/invalid-request", "detail": "q: wrong"}, errors.InvalidRequest),
        (400, {"type": "/problems/unsupported-language"}, errors.UnsupportedLanguage),
        (400, {"type": "/problems/key-missing"}, errors.KeyRefused),
        (403, {"error": "as LibreTranslate has it"}, errors.KeyRefused),
        (404, {"error": "not there"}, errors.InvalidRequest),
        (413, {}, errors.TextTooLarge),
        (429, {}, errors.Overloaded),
        (456, {}, errors.QuotaExceeded),
        (500, {}, errors.TranslationFailed),
        (502, "a proxy's page", errors.TranslationFailed),
        (503, [], errors.NotReady),
        (504, {}, errors.DeadlineExceeded),
    ],
)
def test_each_status_has_its_exception(status: int, body: Any, kind: type[errors.ServiceError]) -> None:
    headers = {"retry-after": "3", "x-request-id": "abc"}
    with pytest.raises(errors.ServiceError) as caught:
        check_success(httpx.Response(status, json=body, headers=headers))
    assert type(caught.value) is kind
    assert (caught.value.status, caught.value.request_id) == (status, "abc")
    assert caught.value.retry_after_seconds == 3.0
    assert "abc" in str(caught.value)


def test_being_sent_elsewhere_is_no_answer() -> None:
    with pytest.raises(errors.UnexpectedAnswer, match="302"):
        check_success(httpx.Response(302, headers={"location": "/login"}))


@pytest.mark.parametrize(
    ("read", "answer"),
    [
        (lambda value: read_translations(value, 2), []),
        (lambda value: read_translations(value, 2), {}),
        (lambda value: read_translations(value, 2), {"translatedText": ["one"]}),
        (lambda value: read_translations(value, 2), {"translatedText": ["one", 2]}),
        (lambda value: read_translations(value, 2), {"translatedText": ["a", "b"], "score": ["high", 1]}),
        (lambda value: read_translations(value, 2), {"translatedText": ["a", "b"], "detectedLanguage": {}}),
        (lambda value: read_translations(value, 1), {"translatedText": ["a"], "sentences": [[{}]]}),
        (lambda value: read_translations(value, 1), {"translatedText": ["a"], "sentences": [WITH_LINK]}),
        (read_detections, []),
        (read_detections, [{"language": "de"}]),
        (read_languages, [{"code": "de", "name": "German"}]),
        (read_languages, {"code": "de"}),
        (read_settings, {"charLimit": True}),
        (read_settings, "nothing"),
    ],
)
def test_what_makes_no_sense_is_said_to(read: Any, answer: Any) -> None:
    with pytest.raises(errors.UnexpectedAnswer):
        read(answer)


def test_what_is_not_json_is_said_to() -> None:
    with pytest.raises(errors.UnexpectedAnswer, match="no JSON"):
        read_json(httpx.Response(200, text="<html>"))


def test_a_service_may_say_less() -> None:
    assert read_translations({"translatedText": ["a", "b"]}, 2) == [Translation("a"), Translation("b")]
    settings = read_settings({"charLimit": -1})
    assert (settings.max_characters, settings.max_texts, settings.file_extensions) == (None, None, ())


@pytest.mark.parametrize(
    ("raised", "kind"),
    [
        (httpx.ConnectError("refused"), errors.CannotConnect),
        (httpx.ConnectTimeout("slow"), errors.CannotConnect),
        (httpx.ReadTimeout("slow"), errors.ConnectionBroken),
        (httpx.ReadError(""), errors.ConnectionBroken),
        (httpx.RemoteProtocolError("cut"), errors.ConnectionBroken),
        (httpx.DecodingError("gzip"), errors.ConnectionBroken),
    ],
)
def test_what_can_happen_to_a_connection(raised: Exception, kind: type[Exception]) -> None:
    with pytest.raises(kind) as caught, connection_errors():
        raise raised
    assert caught.value.__cause__ is raised


@pytest.mark.parametrize("url", ["localhost:8000", "ftp://host", "http://", "", "http://\x00", "/path"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="url"):
        Address.of(url, None, 1.0)


@pytest.mark.parametrize("base", ["http://service/translator/", "http://service/translator"])
def test_a_proxy_may_give_the_service_a_path(base: str) -> None:
    address = Address.of(base, "key", 1.0)
    with httpx.Client() as client:
        request = address.request(client, status_call(Document("1", "k")))
    assert request.url == "http://service/translator/v2/document/1"
    assert request.headers["authorization"] == "DeepL-Auth-Key key"


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ("attachment; filename=\"a.docx\"; filename*=UTF-8''a%20%C3%A4.docx", "a ä.docx"),
        ('attachment; filename="../../etc/passwd"', "passwd"),
        ('attachment; filename="..\\\\..\\\\passwd"', "passwd"),
        ("attachment", "sent.docx"),
        ("", "sent.docx"),
    ],
)
def test_a_suggested_name_is_never_a_path(disposition: str, name: str) -> None:
    response = httpx.Response(200, content=b"x", headers={"content-disposition": disposition})
    assert read_file(response, "sent.docx") == TranslatedFile(name, b"x")


@pytest.mark.parametrize("wrong", ["", "a/b", "..", "a?b"])
def test_the_id_of_a_document_is_no_path(wrong: str) -> None:
    with pytest.raises(errors.UnexpectedAnswer):
        read_document({"document_id": wrong, "document_key": "k"})
