"""Both clients and a real service."""

from __future__ import annotations

import asyncio
import dataclasses
import math
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from service.errors import Overloaded
from tests.browser.page_server import PageServer
from translate_client import (
    AsyncClient,
    Client,
    Detection,
    InvalidRequest,
    KeyRefused,
    Language,
    Retries,
    Segment,
    ServerSettings,
    TextTooLarge,
    Translation,
    UnsupportedLanguage,
)
from translate_client import errors as client_errors

SCORE = math.exp(-0.1)
GERMAN = "Wo ist der Bahnhof?"
ENGLISH = "Where is the station?"
TEXTS = [GERMAN, "Guten Tag!", "", "12", f"{GERMAN} Guten Tag!\n" * 4, "Ich habe den Zug verpasst."]
WANTED = [ENGLISH, "Good day!", "", "12", f"{ENGLISH} Good day!\n" * 4, "I missed the train."]

Ask = Callable[..., Any]


class InSync:
    """Calls ``Client``."""

    def __call__(self, server: PageServer, method: str, *args: Any, **options: Any) -> Any:
        with Client(server.url) as client:
            return getattr(client, method)(*args, **options)

    def stream(
        self, server: PageServer, *args: Any, **options: Any
    ) -> tuple[list[Segment], list[Translation]]:
        with Client(server.url) as client, client.stream(*args, **options) as stream:
            return list(stream), stream.results


class InAsync:
    """Calls ``AsyncClient``."""

    def __call__(self, server: PageServer, method: str, *args: Any, **options: Any) -> Any:
        async def run() -> Any:
            async with AsyncClient(server.url) as client:
                return await getattr(client, method)(*args, **options)

        return asyncio.run(run())

    def stream(
        self, server: PageServer, *args: Any, **options: Any
    ) -> tuple[list[Segment], list[Translation]]:
        async def run() -> tuple[list[Segment], list[Translation]]:
            async with AsyncClient(server.url) as client, client.stream(*args, **options) as stream:
                return [segment async for segment in stream], stream.results

        return asyncio.run(run())


@pytest.fixture(params=[InSync(), InAsync()], ids=["sync", "async"])
def ask(request: pytest.FixtureRequest) -> InSync | InAsync:
    kind: InSync | InAsync = request.param
    return kind


def test_a_text_gives_a_translation_and_a_list_gives_a_list(ask: InSync | InAsync, small: PageServer) -> None:
    one = ask(small, "translate", GERMAN, "en", source="de")
    assert one == Translation(ENGLISH, one.score)
    assert one.score == pytest.approx(SCORE)
    assert ask(small, "translate", [GERMAN], "en", source="de") == [one]
    assert ask(small, "translate", (), "en") == []


def test_lists_and_texts_over_the_service_s_limits(ask: InSync | InAsync, small: PageServer) -> None:
    assert sum(map(len, TEXTS)) > 100
    assert len(TEXTS[4]) > 100
    before = len(small.engine.requests)
    found = ask(small, "translate", TEXTS, "en", source="de")
    assert [translation.text for translation in found] == WANTED
    assert found[4].score == pytest.approx(SCORE)
    assert len(small.engine.requests) - before == 11, "each sentence was translated once"


def test_detected_languages_and_alternatives(ask: InSync | InAsync, small: PageServer) -> None:
    first, second = ask(small, "translate", [GERMAN, ENGLISH], "en", alternatives=1)
    assert (first.text, first.alternatives) == (ENGLISH, ("Where is the train?",))
    assert (second.text, second.alternatives) == (ENGLISH, ())
    assert (first.detected.language, second.detected.language) == ("de", "en")


def test_a_stream_gives_the_same_piece_by_piece(ask: InSync | InAsync, small: PageServer) -> None:
    segments, results = ask.stream(small, TEXTS, "en", source="de")
    assert results == ask(small, "translate", TEXTS, "en", source="de")
    for item, wanted in enumerate(WANTED):
        assert "".join(segment.text for segment in segments if segment.item == item) == wanted
    progress = [segment.progress for segment in segments]
    assert progress == sorted(set(progress)), "it always grows"
    assert progress[0] < 0.2
    assert progress[-1] == 1.0
    assert all(segment.score in (pytest.approx(SCORE), 1.0) for segment in segments)
    assert ask.stream(small, [], "en") == ([], [])


def test_what_a_service_is_like(ask: InSync | InAsync, small: PageServer) -> None:
    assert ask(small, "languages") == (
        Language("de", "German", ("de", "en")),
        Language("en", "English", ("de", "en")),
    )
    settings = ask(small, "settings")
    assert dataclasses.replace(settings, file_extensions=()) == ServerSettings(100, 3, False, ())
    detected = ask(small, "detect", "Ich habe den Zug verpasst.")
    assert isinstance(detected, Detection)
    assert detected.language == "de"
    assert 50 < detected.confidence <= 100


def test_details_point_into_the_texts_even_if_they_were_cut(ask: InSync | InAsync, small: PageServer) -> None:
    text = f"😀\n{GERMAN} Guten Tag!\n" * 4
    assert len(text) > 100
    translation = ask(small, "translate", text, "en", source="de", details=True)
    pairs = [
        (text[one.source_start : one.source_end], translation.text[one.target_start : one.target_end])
        for one in translation.sentences
    ]
    assert pairs == [(GERMAN, ENGLISH), ("Guten Tag!", "Good day!")] * 4
    words = [
        (text[link.source_start : link.source_end], translation.text[link.target_start : link.target_end])
        for link in translation.sentences[6].links
    ]
    assert words[:4] == [("Wo", "Where"), ("ist", "is"), ("der", "the"), ("Bahnhof", "station")]
    assert {(one.flags, one.coverage) for one in translation.sentences} == {((), 1.0)}
    assert ask(small, "translate", text, "en", source="de").sentences == ()


def test_files(ask: InSync | InAsync, small: PageServer, tmp_path: Path) -> None:
    path = tmp_path / "brief.md"
    path.write_text(f"# Guten Tag!\n\n- {GERMAN}\n", encoding="utf-8")
    assert ".md" in ask(small, "settings").file_extensions
    seen: list[float] = []
    translated = ask(small, "translate_file", path, "en", source="de", on_progress=seen.append)
    assert translated.name == "brief_en.md"
    assert translated.content.decode() == f"# Good day!\n\n- {ENGLISH}\n"
    assert all(0 <= progress < 1 for progress in seen)
    with pytest.raises(InvalidRequest, match="files of this kind are not translated"):
        ask(small, "translate_file", Path(__file__), "en")


def test_refusals_name_the_request(ask: InSync | InAsync, small: PageServer) -> None:
    with pytest.raises(UnsupportedLanguage, match="target") as caught:
        ask(small, "translate", GERMAN, "xx")
    assert (caught.value.status, len(caught.value.request_id or "")) == (400, 32)
    with pytest.raises(TextTooLarge):
        ask(small, "translate", "a " * 51, "en", source="de", alternatives=1)


def test_an_overloaded_service_is_asked_again(ask: InSync | InAsync, small: PageServer) -> None:
    small.engine.refusal = Overloaded("the queue is full", retry_after_seconds=1)
    threading.Timer(0.3, lambda: setattr(small.engine, "refusal", None)).start()
    assert ask(small, "translate", GERMAN, "en", source="de").text == ENGLISH


def test_so_is_one_that_refuses_a_stream(ask: InSync | InAsync, small: PageServer) -> None:
    small.engine.refusal = Overloaded("the queue is full", retry_after_seconds=1)
    threading.Timer(0.3, lambda: setattr(small.engine, "refusal", None)).start()
    assert ask.stream(small, GERMAN, "en", source="de")[1][0].text == ENGLISH


def test_the_last_refusal_is_raised(small: PageServer) -> None:
    small.engine.refusal = Overloaded("the queue is full", retry_after_seconds=7)
    with Client(small.url, retries=Retries(attempts=1)) as client:
        with pytest.raises(client_errors.Overloaded) as caught:
            client.translate(GERMAN, "en", source="de")
        with pytest.raises(client_errors.Overloaded), client.stream(GERMAN, "en", source="de") as stream:
            list(stream)
    assert caught.value.retry_after_seconds == 7.0


def test_leaving_a_stream_ends_the_work(small: PageServer) -> None:
    small.engine.holding = True
    before = len(small.engine.tickets)
    with Client(small.url) as client:
        with client.stream(f"{GERMAN} Guten Tag!", "en", source="de") as stream:
            release = threading.Timer(
                0.2, lambda: small.loop.call_soon_threadsafe(small.engine.finish, before)
            )
            release.start()
            assert next(iter(stream)).text == f"{ENGLISH} "
            with pytest.raises(RuntimeError, match="has not been read"):
                assert stream.results
        while not small.engine.tickets[before + 1].future.done():
            client.languages()
    assert small.engine.tickets[before + 1].future.cancelled()


def test_a_key_is_sent(closed_server: PageServer) -> None:
    with Client(closed_server.url) as client, pytest.raises(KeyRefused):
        client.translate(GERMAN, "en")
    with Client(closed_server.url, api_key="secret") as client:
        assert client.settings().key_required
        assert client.translate(GERMAN, "en", source="de").text == ENGLISH
        assert client.detect(GERMAN).language == "de"
        with client.stream(GERMAN, "en") as stream:
            assert [segment.text for segment in stream] == [ENGLISH]


def test_a_deadline_of_its_own(ask: InSync | InAsync, small: PageServer) -> None:
    small.engine.holding = True
    with pytest.raises(client_errors.DeadlineExceeded):
        ask(small, "translate", GERMAN, "en", source="de", deadline_seconds=0.05, priority="bulk")


def test_what_is_no_text_is_refused_at_once() -> None:
    with Client("http://localhost:1") as client:
        for wrong in (["a", 1], 7, None, b"bytes"):
            with pytest.raises(TypeError, match="string"):
                client.translate(wrong, "en")  # type: ignore[arg-type] # that is the point
