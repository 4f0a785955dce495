from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest

from model.checkpoint import Checkpoint, load_checkpoint
from model.config import DecodingOptions
from model.decoding import CONTROL_IDS, decode
from model.tokenizer import Tokenizer
from model.translation import LineTranslator
from tests.conftest import TINY_TEXT

OPTIONS = DecodingOptions(beam_size=3, n_best=2, max_length=12)
LONG = "Der Zug fährt. " * 6


@pytest.fixture(scope="module")
def checkpoint(tiny_checkpoint: Path) -> Checkpoint:
    return load_checkpoint(tiny_checkpoint)


@pytest.fixture(scope="module")
def translator(checkpoint: Checkpoint) -> LineTranslator:
    return LineTranslator(checkpoint.model, checkpoint.tokenizer, "en", OPTIONS)


def test_a_line_is_what_the_decoder_says(translator: LineTranslator) -> None:
    tokenizer = translator.tokenizer
    source = tokenizer.source_ids("Wo ist der Bahnhof?", "en")
    tags = {tokenizer.tag("de"), tokenizer.tag("en")}
    [expected] = decode(translator.model, [source], OPTIONS, forbidden=CONTROL_IDS | tags)
    [line] = translator.translate(["  Wo ist der Bahnhof?\t"])
    assert line.parts == 1
    assert [(c.score, c.log_prob, c.truncated) for c in line.candidates] == [
        (h.score, h.log_prob, h.truncated) for h in expected.hypotheses
    ]
    words = [tokenizer.decode(h.tokens).split() for h in expected.hypotheses]
    assert [c.text.split() for c in line.candidates] == words


def test_no_line_depends_on_the_others(translator: LineTranslator) -> None:
    lines = [*TINY_TEXT, "", "Zwei", LONG]
    alone = {line: translator.translate([line])[0] for line in lines}
    shuffled = random.Random(3).sample(lines * 3, 3 * len(lines))
    together = translator.translate(shuffled)
    for line, got in zip(shuffled, together, strict=True):
        assert [c.text for c in got.candidates] == [c.text for c in alone[line].candidates]
        assert [c.score for c in got.candidates] == pytest.approx([c.score for c in alone[line].candidates])


def test_order_and_number_of_lines_are_kept(translator: LineTranslator) -> None:
    lines = ["", "Der Zug.", "   ", "\u3000", "Das Haus."]
    found = translator.translate(lines)
    assert [line.parts for line in found] == [0, 1, 0, 0, 1]
    assert [line.best.text for line in found if not line.parts] == ["", "", ""]
    assert translator.translate([]) == []


def test_a_long_line_is_the_translations_of_its_parts(translator: LineTranslator) -> None:
    short = replace(translator, max_source_tokens=30, alignments=True)
    [whole] = short.translate([LONG])
    assert whole.parts > 1
    half = "Der Zug fährt. " * (6 // whole.parts)
    [part] = short.translate([half])
    assert part.parts == 1
    assert whole.best.text == " ".join([part.best.text] * whole.parts)
    assert whole.best.log_prob == pytest.approx(part.best.log_prob * whole.parts)
    assert whole.best.score == pytest.approx(part.best.score * whole.parts)
    source_words, target_words = len(half.split()), len(part.best.text.split())
    assert whole.best.alignment == tuple(
        (i + k * source_words, j + k * target_words)
        for k in range(whole.parts)
        for i, j in part.best.alignment
    )


def test_parts_are_joined_without_a_space_where_the_language_has_none(
    translator: LineTranslator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("model.translation._UNSPACED_LANGUAGES", {"en"})
    short = replace(translator, max_source_tokens=30)
    [whole] = short.translate([LONG])
    [part] = short.translate(["Der Zug fährt. " * (6 // whole.parts)])
    assert whole.best.text == part.best.text * whole.parts


def test_a_word_longer_than_the_limit_is_not_lost(translator: LineTranslator) -> None:
    short = replace(translator, max_source_tokens=10)
    [line] = short.translate(["Donaudampfschifffahrt" * 20])
    assert line.parts > 20


def test_a_translation_is_one_line_whatever_the_network_says(
    checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Tokenizer, "decode", lambda _self, _ids: "\ta\nb\r\nc\u2028d\x0b\x85e\x1c")
    translator = LineTranslator(checkpoint.model, checkpoint.tokenizer, "en", OPTIONS)
    [line] = translator.translate(["Der Zug."])
    assert line.best.text == "a b c d e"


def test_a_tag_is_never_produced(checkpoint: Checkpoint) -> None:
    options = DecodingOptions(strategy="sample", beam_size=8, n_best=8, max_length=40, temperature=5.0)
    model, tokenizer = checkpoint.model, checkpoint.tokenizer
    sources = [tokenizer.source_ids(text, "en") for text in TINY_TEXT]
    forbidden = CONTROL_IDS | {tokenizer.tag("de"), tokenizer.tag("en")}
    allowed = decode(model, sources, options, forbidden=forbidden)
    lines = LineTranslator(model, tokenizer, "en", options).translate(TINY_TEXT)
    for line, translation in zip(lines, allowed, strict=True):
        assert [c.log_prob for c in line.candidates] == [h.log_prob for h in translation.hypotheses]
