"""DeepL's own Python package against a running service."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape, unescape

import deepl
import pytest

from tests.conformance.conftest import QUOTA, SPENT_KEY
from tests.integration.running_service import RunningService

GERMAN = "Wo ist denn hier der Bahnhof?"


@contextmanager
def client_of(service: RunningService, key: str = "any") -> Iterator[deepl.DeepLClient]:
    client = deepl.DeepLClient(key, server_url=service.url, send_platform_info=False)
    yield client
    client.close()  # type: ignore[no-untyped-call] # not annotated there


@pytest.fixture
def client(service: RunningService) -> Iterator[deepl.DeepLClient]:
    with client_of(service) as client:
        yield client


def one(result: deepl.TextResult | list[deepl.TextResult]) -> deepl.TextResult:
    assert isinstance(result, deepl.TextResult)
    return result


def test_a_text(service: RunningService, client: deepl.DeepLClient) -> None:
    plain = service.translate(GERMAN).json()["translatedText"]
    for source in (None, "DE", deepl.Language.GERMAN):
        result = one(client.translate_text(GERMAN, source_lang=source, target_lang="EN-US"))
        assert result.text == plain
        assert result.detected_source_lang == "DE"
        assert result.billed_characters == len(GERMAN)


def test_a_list_in_two_languages(client: deepl.DeepLClient) -> None:
    results = client.translate_text([GERMAN, "Where is the railway station?", ""], target_lang="EN-GB")
    assert isinstance(results, list)
    assert [result.detected_source_lang for result in results] == ["DE", "EN", "EN"]
    assert [result.text for result in results[1:]] == ["Where is the railway station?", ""]


def test_options(client: deepl.DeepLClient) -> None:
    for splitting in deepl.SplitSentences:
        result = client.translate_text(
            "Ja.\nNein.",
            source_lang="DE",
            target_lang="EN-US",
            split_sentences=splitting,
            preserve_formatting=True,
            formality="prefer_more",
            context="Bahnhof",
            model_type="latency_optimized",
        )
        lines = 1 if splitting is deepl.SplitSentences.NO_NEWLINES else 2
        assert len(one(result).text.split("\n")) == lines


def test_markup(service: RunningService, client: deepl.DeepLClient) -> None:
    plain = escape(service.translate("Hund").json()["translatedText"], quote=False)
    for handling in ("xml", "html"):
        result = client.translate_text(
            [f"<p><b>Hund</b></p><keep>Hund</keep><p>{GERMAN} <x id='1'></x></p>", "Hund"],
            source_lang="DE",
            target_lang="EN-US",
            tag_handling=handling,
            outline_detection=False,
            splitting_tags=["p", "keep"],
            non_splitting_tags="b",
            ignore_tags=["x", "keep"],
        )
        assert isinstance(result, list)
        assert result[0].text.startswith(f"<p><b>{plain}</b></p><keep>Hund</keep><p>")
        assert result[0].text.count("<x id='1'></x>") == 1
        assert result[0].billed_characters == 4 + len(f"{GERMAN} ") + 1
        assert unescape(result[1].text) == unescape(plain)


def test_what_weblate_sends(service: RunningService) -> None:
    """Through the DeepL machinery of Weblate, whose placeholders are empty elements."""
    request = {
        "text": ['Der <x id="12"></x> &amp; der <x id="23"></x>', "Hund"],
        "source_lang": "DE",
        "target_lang": "EN",
        "tag_handling": "xml",
        "ignore_tags": ["x"],
    }
    headers = {"Authorization": "DeepL-Auth-Key any"}
    answer = service.client.post("/v2/translate", json=request, headers=headers).json()
    first, second = (one["text"] for one in answer["translations"])
    for placeholder in ('<x id="12"></x>', '<x id="23"></x>'):
        assert first.count(placeholder) == 1
    assert first.count("<") == 4
    assert second == escape(service.translate("Hund").json()["translatedText"], quote=False)


def test_languages_and_usage(client: deepl.DeepLClient) -> None:
    assert [language.code for language in client.get_source_languages()] == ["DE", "EN"]
    targets = client.get_target_languages()
    assert [language.code for language in targets] == ["DE", "EN-GB", "EN-US"]
    assert [language.supports_formality for language in targets] == [False] * 3
    pairs = {(pair.source_lang, pair.target_lang) for pair in client.get_glossary_languages()}
    assert pairs == {("de", "en"), ("en", "de")}
    before = client.get_usage().character
    client.translate_text("Hund", source_lang="DE", target_lang="EN-US")
    after = client.get_usage()
    assert after.character.count == (before.count or 0) + 4
    assert not after.any_limit_reached


def test_every_target_that_is_listed_is_accepted(client: deepl.DeepLClient) -> None:
    for target in client.get_target_languages():
        assert one(client.translate_text("Hund", source_lang="DE", target_lang=target)).text


def test_errors_are_its_exceptions(client: deepl.DeepLClient) -> None:
    with pytest.raises(deepl.DeepLException, match=r"Bad request.*target_lang"):
        client.translate_text("Hund", source_lang="DE", target_lang="FR")
    with pytest.raises(deepl.DeepLException, match=r"Bad request.*mismatched tag"):
        client.translate_text("<b>Hund", source_lang="DE", target_lang="EN-US", tag_handling="xml")
    with pytest.raises(deepl.DeepLException, match="not supported yet"):
        client.create_multilingual_glossary("g", [])


def test_glossaries(client: deepl.DeepLClient) -> None:
    made = client.create_glossary("railway", "DE", "EN-GB", {"Bahnhof": "railway station", "Hund": "dog"})
    assert (made.name, made.source_lang, made.target_lang, made.entry_count) == ("railway", "DE", "EN", 2)
    assert made.ready
    table = client.create_glossary_from_csv("table", "DE", "EN", 'Zug,train\n"Gleis, das",platform,de,en\n')
    assert client.get_glossary_entries(table) == {"Zug": "train", "Gleis, das": "platform"}
    listed = {one.glossary_id for one in client.list_glossaries()}
    assert {made.glossary_id, table.glossary_id} <= listed
    assert vars(client.get_glossary(made.glossary_id)) == vars(made)
    assert client.get_glossary_entries(made) == {"Bahnhof": "railway station", "Hund": "dog"}
    result = one(client.translate_text(GERMAN, source_lang="DE", target_lang="EN-GB", glossary=made))
    assert re.search(r"\b[Rr]ailway station\b", result.text)
    with pytest.raises(deepl.DeepLException, match="this glossary is for de>en"):
        client.translate_text("Where?", source_lang="EN", target_lang="DE", glossary=made.glossary_id)
    client.delete_glossary(made)
    for gone in (client.get_glossary, client.get_glossary_entries, client.delete_glossary):
        with pytest.raises(deepl.GlossaryNotFoundException):
            gone(made.glossary_id)
    with pytest.raises(deepl.DeepLException, match="Not found"):
        client.translate_text("Hund", source_lang="DE", target_lang="EN-GB", glossary=made.glossary_id)


def test_keys_and_quota(guarded: RunningService) -> None:
    with client_of(guarded, "wrong") as client, pytest.raises(deepl.AuthorizationException):
        client.get_usage()
    with client_of(guarded, SPENT_KEY) as client:
        limit = client.get_usage().character
        assert limit.limit == QUOTA
        left = QUOTA - (limit.count or 0)
        client.translate_text("a" * left, source_lang="DE", target_lang="EN-US")
        assert client.get_usage().any_limit_reached
        with pytest.raises(deepl.QuotaExceededException):
            client.translate_text("Hund", source_lang="DE", target_lang="EN-US")
