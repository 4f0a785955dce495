"""HTML and XML over ASGI: with an engine that gives back what it is given, or its words in reverse."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model.decoding.hypothesis import Translation
from service.engine.request import SegmentRequest
from tests.service.api.test_problems import LIMITS, check
from tests.service.fakes import TOKEN_LOG_PROB, EchoEngine, echo
from tests.service.harness import asynchronous, ready_client

PAGE = "<p title='Ein Haus'>Ein <b>Hund</b> mit <code>x &lt; y</code>.</p>\n<script>a</script>"
WEBLATE = 'Lösche <x id="0"></x> und <x id="12"></x>!'


def html(q: Any, **more: Any) -> dict[str, Any]:
    return {"q": q, "source": "de", "target": "en", "format": "html", **more}


def deepl(*texts: str, **more: Any) -> dict[str, Any]:
    return {"text": list(texts), "source_lang": "DE", "target_lang": "EN-US", "tag_handling": "xml", **more}


def reverse(request: SegmentRequest) -> Translation:
    """The pieces of the segment in reverse, each of which has read the one that it is a copy of."""
    found = echo(request)
    read = found.best.attention
    turned = replace(
        found.best,
        tokens=found.best.tokens[::-1],
        attention=None if read is None else np.concatenate([read[-2::-1], read[-1:]]),
    )
    return Translation((turned,), found.steps)


@asynchronous
async def test_json_forms_and_query_give_the_same(tiny_checkpoint: Path) -> None:
    """A list, as Mastodon sends it, and a form, as Discourse does."""
    async with ready_client(tiny_checkpoint) as client:
        for q in (PAGE, [PAGE, "", "12 <br>", "Ein Hund."]):
            answers = [
                await client.post("/translate", json=html(q)),
                await client.post("/translate", data=html(q)),
                await client.post("/translate", params=html(q)),
            ]
            for answer in answers:
                assert answer.json()["translatedText"] == q
    assert answers[0].json()["score"] == [
        pytest.approx(math.exp(TOKEN_LOG_PROB)),
        1,
        1,
        answers[0].json()["score"][0],
    ]


@asynchronous
async def test_words_move_and_tags_go_with_them(tiny_checkpoint: Path) -> None:
    async with ready_client(tiny_checkpoint, EchoEngine(translate=reverse)) as client:
        text = (await client.post("/translate", json=html("Ein Hund"))).json()["translatedText"]
        marked = (await client.post("/translate", json=html("<p><i>Ein Hund</i></p>"))).json()[
            "translatedText"
        ]
    assert text != "Ein Hund"
    assert marked == f"<p><i>{text}</i></p>"


@asynchronous
async def test_escapes_stay_escapes(tiny_checkpoint: Path) -> None:
    source = "<p>Ein &lt;script&gt;alert(1)&lt;/script&gt; &amp;lt; Hund</p>"
    async with ready_client(tiny_checkpoint) as client:
        answer = (await client.post("/translate", json=html(source, alternatives=2))).json()
    assert answer["translatedText"].replace(" ", "") == source.replace(" ", "")
    assert len(answer["alternatives"]) == 2
    for one in answer["alternatives"]:
        assert one != source
        assert one.startswith("<p>")
        assert one.endswith("</p>")
        assert "<script" not in one


@asynchronous
async def test_alternatives_of_a_page_are_those_of_its_texts(tiny_checkpoint: Path) -> None:
    async with ready_client(tiny_checkpoint) as client:
        answer = (await client.post("/translate", json=html("<b>Hunde</b><p>7<p>Am", alternatives=3))).json()
    assert answer["translatedText"] == "<b>Hunde</b><p>7<p>Am"
    assert answer["alternatives"][0] == "<b>Hund</b><p>7<p>A"
    assert len(set(answer["alternatives"])) == len(answer["alternatives"])


@asynchronous
async def test_each_page_is_detected_by_its_text(tiny_checkpoint: Path) -> None:
    pages = [
        "<div class='the and of'>Wo ist<p>denn hier <b>der Bahnhof</b>?",
        "<p lang=de>Where is</p><p>the railway station?",
        "<hr>",
    ]
    async with ready_client(tiny_checkpoint) as client:
        answer = (await client.post("/translate", json=html(pages, source="auto"))).json()
    assert [one["language"] for one in answer["detectedLanguage"]] == ["de", "en", "en"]
    assert answer["translatedText"][1:] == pages[1:]


@pytest.mark.parametrize("names", ["alt, title", ["alt", "title"]])
@asynchronous
async def test_attributes_on_request(tiny_checkpoint: Path, names: object) -> None:
    engine = EchoEngine(translate=reverse)
    source = "<img alt='Ein Hund' title='' placeholder='Eine Katze'>"
    async with ready_client(tiny_checkpoint, engine) as client:
        plain = (await client.post("/translate", json=html("Ein Hund"))).json()["translatedText"]
        kept = await client.post("/translate", json=html(source))
        changed = await client.post("/translate", json=html(source, translate_attributes=names))
        refused = await client.post("/translate", json=html(source, translate_attributes="href"))
    assert kept.json()["translatedText"] == source
    assert changed.json()["translatedText"] == f'<img alt="{plain}" title="" placeholder="Eine Katze">'
    check(refused, 400, "invalid-request", "translate_attributes", "alt")


@asynchronous
async def test_a_page_is_one_event_of_a_stream(tiny_checkpoint: Path) -> None:
    async with ready_client(tiny_checkpoint) as client:
        response = await client.post(
            "/translate", json=html([PAGE, "Ja"]), headers={"accept": "text/event-stream"}
        )
    assert response.text.count("event: segment") == 2
    assert response.text.count("<script>a</script>") == 2  # in its segment, and at the end


@asynchronous
async def test_deepl(tiny_checkpoint: Path) -> None:
    texts = [WEBLATE, "<a>Ein <b>Hund</b> &lt;</a>", ""]
    async with ready_client(tiny_checkpoint) as client:
        for tags in ("x", ["x"], "x,y"):
            for more in ({}, {"outline_detection": 0, "splitting_tags": "a", "non_splitting_tags": ["b"]}):
                response = await client.post("/v2/translate", json=deepl(*texts, ignore_tags=tags, **more))
                assert [one["text"] for one in response.json()["translations"]] == texts
        form = await client.post("/v2/translate", data=deepl(*texts, ignore_tags="x", outline_detection="0"))
        assert [one["text"] for one in form.json()["translations"]] == texts
        page = await client.post("/v2/translate", json=deepl(PAGE, tag_handling="html", source_lang=None))
        detected = page.json()["translations"][0]
    assert (detected["text"], detected["detected_source_language"]) == (PAGE, "DE")


@pytest.mark.parametrize(
    ("handling", "splitting", "segments"),
    [
        ("xml", "1", 4),
        ("xml", "nonewlines", 3),
        ("xml", "0", 3),
        ("html", "1", 3),
        ("html", "0", 2),
        ("html", "nonewlines", 3),
    ],
)
@asynchronous
async def test_splitting(tiny_checkpoint: Path, handling: str, splitting: str, segments: int) -> None:
    engine = EchoEngine()
    text = "<p>Eins. Zwei\ndrei.</p><p>Vier</p>"
    async with ready_client(tiny_checkpoint, engine) as client:
        response = await client.post(
            "/v2/translate", json=deepl(text, tag_handling=handling, split_sentences=splitting)
        )
    assert response.json()["translations"][0]["text"].split() == text.split()
    assert len(engine.requests) == segments


@asynchronous
async def test_tags_are_not_billed_but_limited(tiny_checkpoint: Path) -> None:
    limits = {**LIMITS, "character_quota": 20}
    async with ready_client(tiny_checkpoint, limits=limits) as client:
        response = await client.post(
            "/v2/translate", json=deepl('<a href="x">Ein &amp; <b>Hund</b></a>', "<a>7</a>")
        )
        assert [one["billed_characters"] for one in response.json()["translations"]] == [10, 1]
        assert (await client.get("/v2/usage")).json()["character_count"] == 11
        check(
            await client.post("/v2/translate", json=deepl("<a>" * 34)),
            413,
            "too-large",
            "text: 102 characters",
        )
        check(await client.post("/translate", json=html("<a>" * 34)), 413, "too-large", "q: 102 characters")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("<a>b</c>", "item 1 cannot be read: mismatched tag at line 1, character 7"),
        ("a & Geheimnis", "item 1 cannot be read: not well-formed"),
        ("&Geheimnis;", "item 1 cannot be read: undefined entity at line 1, character 1"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "declarations"),
        ("a\x00", "not well-formed"),
    ],
)
@asynchronous
async def test_xml_that_is_none(tiny_checkpoint: Path, text: str, says: str) -> None:
    async with ready_client(tiny_checkpoint) as client:
        check(
            await client.post("/v2/translate", json=deepl("Ja", text)), 400, "invalid-request", "text: ", says
        )


@asynchronous
async def test_other_markup_is_refused(tiny_checkpoint: Path) -> None:
    async with ready_client(tiny_checkpoint) as client:
        response = await client.post("/v2/translate", json=deepl("a", tag_handling="sgml"))
        check(response, 400, "invalid-request", "tag_handling: ", "'xml' or 'html'")
        response = await client.post("/v2/translate", json=deepl("a", ignore_tags=[1]))
        check(response, 400, "invalid-request", "ignore_tags.0: ")
        for odd in (
            "<" * 1000,
            "<b>" * 500,
            "\x00<\x00>",
            "\u202e<b>\u200b",
            "&#xD800;&#0;",
            "<svg><![CDATA[",
        ):
            response = await client.post("/translate", json=html(f"{odd} Ein Hund"))
            assert response.status_code == 200
