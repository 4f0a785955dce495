"""What is told of each sentence where a request asks for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from model.tokenizer import Tokenizer
from tests.service.fakes import EchoEngine
from tests.service.harness import asynchronous, ready_client

TEXT = " Das Haus ist ｇｒüｎ.\n\nSiehe https://example.org und {name} 50 km weit! 🙂"


async def ask(checkpoint: Path, q: Any, **more: Any) -> Any:
    async with ready_client(checkpoint, EchoEngine()) as client:
        body = {"q": q, "source": "de", "target": "en", **more}
        response = await client.post("/translate", json=body)
    assert response.status_code == 200, response.text
    return response.json()


def cut(text: str, one: dict[str, int]) -> str:
    return text[one["start"] : one["end"]]


@asynchronous
async def test_nothing_more_is_told_unasked(tiny_checkpoint: Path) -> None:
    for more in ({}, {"details": False, "attention": False}):
        assert set(await ask(tiny_checkpoint, TEXT, **more)) == {"translatedText", "score"}


@asynchronous
async def test_sentences_are_told_by_characters_of_both_texts(tiny_checkpoint: Path) -> None:
    answer = await ask(tiny_checkpoint, TEXT, details=True)
    assert set(answer) == {"translatedText", "score", "confidence", "sentences", "spans"}
    target = answer["translatedText"]
    assert [cut(TEXT, one["source"]) for one in answer["sentences"]] == [
        "Das Haus ist ｇｒüｎ.",
        "Siehe https://example.org und {name} 50 km weit!",
    ]
    position = 0
    for one in answer["sentences"]:
        assert position <= one["target"]["start"] < one["target"]["end"] <= len(target)
        position = one["target"]["end"]
        assert 0.0 <= one["confidence"] <= 1.0
        assert one["coverage"] == 1.0
        assert "attention" not in one


@asynchronous
async def test_words_are_linked_with_what_they_came_from(tiny_checkpoint: Path) -> None:
    """The engine copies, so each word came from itself."""
    answer = await ask(tiny_checkpoint, TEXT, details="true")
    target, linked = answer["translatedText"], set()
    for one in answer["sentences"]:
        for source_start, source_end, target_start, target_end, weight in one["alignment"]:
            assert one["source"]["start"] <= source_start < source_end <= one["source"]["end"]
            assert one["target"]["start"] <= target_start < target_end <= one["target"]["end"]
            assert 0.0 < weight <= 1.0
            linked.add((TEXT[source_start:source_end], target[target_start:target_end]))
    assert {("Haus", "Haus"), ("ｇｒüｎ", "grün"), ("https://example.org",) * 2, ("{name}",) * 2} <= linked


@asynchronous
async def test_protected_spans_are_told_with_how_they_were_placed(tiny_checkpoint: Path) -> None:
    answer = await ask(tiny_checkpoint, TEXT, details=True)
    spans = answer["spans"]
    wanted = ["https://example.org", "{name}", "50 km", "🙂"]
    assert [cut(TEXT, one["source"]) for one in spans] == wanted
    assert [cut(answer["translatedText"], one["target"]) for one in spans] == wanted
    assert (spans[2]["placement"], spans[3]["placement"]) == ("network", "network")
    assert {one["placement"] for one in spans} <= {"network", "alignment", "proportion"}
    assert (await ask(tiny_checkpoint, ["Ein {x}.", "Zwei."], details=True))["spans"][1] == []


@asynchronous
async def test_a_list_has_a_list_of_each(tiny_checkpoint: Path) -> None:
    answer = await ask(tiny_checkpoint, ["Das Haus. Ein Hund.", "", "Zwei!"], details=True)
    assert [len(sentences) for sentences in answer["sentences"]] == [2, 0, 1]
    assert answer["confidence"] == [pytest.approx(0.7788, abs=1e-3), 1.0, pytest.approx(0.7788, abs=1e-3)]
    assert (await ask(tiny_checkpoint, [], details=True))["sentences"] == []


@asynchronous
async def test_the_attention_has_a_label_for_every_row_and_column(
    tiny_checkpoint: Path, tiny_tokenizer: Tokenizer
) -> None:
    answer = await ask(tiny_checkpoint, "Das Haus.", attention=True)
    [sentence] = answer["sentences"]
    attention = sentence["attention"]
    pieces = tiny_tokenizer.pieces(tiny_tokenizer.encode("Das Haus."))
    assert attention["source"] == ["<2en>", *pieces, "</s>"]
    assert attention["target"] == [*pieces, "</s>"]
    assert attention["weights"] == [
        [float(column == row + 1) for column in range(len(pieces) + 2)] for row in range(len(pieces) + 1)
    ]


@asynchronous
async def test_a_language_into_itself_has_no_sentences(tiny_checkpoint: Path) -> None:
    answer = await ask(tiny_checkpoint, "Das Haus.", target="de", details=True)
    assert (answer["sentences"], answer["confidence"]) == ([], 1.0)


@asynchronous
async def test_faults_are_told(tiny_checkpoint: Path) -> None:
    answer = await ask(tiny_checkpoint, "wir gehen in die stadt", details=True)
    assert answer["sentences"][0]["flags"] == ["copied"]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"attention": True, "q": "a " * 1001}, "attention: at most 2000 characters"),
        ({"details": "perhaps"}, "details"),
    ],
)
@asynchronous
async def test_what_cannot_be_told_is_refused(
    tiny_checkpoint: Path, more: dict[str, Any], message: str
) -> None:
    async with ready_client(tiny_checkpoint, EchoEngine()) as client:
        body = {"q": "Haus", "source": "de", "target": "en", **more}
        response = await client.post("/translate", json=body)
    assert response.status_code == 400
    assert message in response.json()["error"]
