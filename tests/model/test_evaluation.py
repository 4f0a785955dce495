from __future__ import annotations

import math
from collections import Counter
from pathlib import Path

import pytest

from model.checkpoint import load_checkpoint
from model.config import DecodingOptions
from model.errors import ConfigError
from model.evaluation import comparable, corpus_scores, translate_texts
from model.tokenizer import Tokenizer
from model.tokenizer_training import train_tokenizer
from model.translation import LineTranslator
from tests.conftest import TINY_TEXT


def slow_bleu(hypotheses: list[list[str]], references: list[list[str]]) -> float:
    """Papineni et al. 2002, without smoothing, of tokens."""
    logs = []
    for order in range(1, 5):
        matched = total = 0
        for hypothesis, reference in zip(hypotheses, references, strict=True):
            grams, wanted = (
                Counter(tuple(words[i : i + order]) for i in range(len(words) - order + 1))
                for words in (hypothesis, reference)
            )
            matched += sum((grams & wanted).values())
            total += sum(grams.values())
        logs.append(math.log(matched / total))
    ours, theirs = (sum(map(len, side)) for side in (hypotheses, references))
    return 100 * math.exp(sum(logs) / 4 + min(0.0, 1 - theirs / ours))


HYPOTHESES = ["The old house is green and it is quite large .", "Two dogs run in the park ."]
REFERENCES = ["The old house is green and it is very large indeed .", "Two dogs run in the big park ."]


def test_bleu_is_the_papers() -> None:
    scores = corpus_scores(HYPOTHESES, REFERENCES, "en")
    split = [[line.split() for line in side] for side in (HYPOTHESES, REFERENCES)]
    assert scores.bleu == pytest.approx(slow_bleu(*split))
    ours, theirs = (sum(map(len, side)) for side in split)
    assert scores.length_ratio == pytest.approx(ours / theirs)
    assert scores.brevity_penalty == pytest.approx(math.exp(1 - theirs / ours))


def test_case_matters_and_a_perfect_translation_has_100() -> None:
    perfect = corpus_scores(REFERENCES, REFERENCES, "en")
    assert (perfect.bleu, perfect.chrf) == pytest.approx((100.0, 100.0))
    lowered = corpus_scores([line.lower() for line in REFERENCES], REFERENCES, "en")
    assert lowered.bleu < 100.0
    assert lowered.chrf < 100.0


def test_the_signatures_say_how() -> None:
    scores = corpus_scores(REFERENCES, REFERENCES, "en")
    assert {"case:mixed", "tok:13a", "nrefs:1"} <= set(scores.bleu_signature.split("|"))
    assert {"case:mixed", "nc:6", "nw:0"} <= set(scores.chrf_signature.split("|"))


def test_chinese_is_scored_by_character() -> None:
    scores = corpus_scores(["我今天去了学校。"], ["我今天去过学校。"], "zh")
    assert "tok:zh" in scores.bleu_signature
    assert scores.bleu == pytest.approx(slow_bleu([list("我今天去了学校。")], [list("我今天去过学校。")]))


def test_a_language_whose_tokenizer_is_missing_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_name: str) -> None:
        raise RuntimeError("not installed")

    monkeypatch.setattr("sacrebleu.metrics.bleu._get_tokenizer", missing)
    with pytest.raises(ConfigError, match=r"sacrebleu\[ja\]"):
        corpus_scores(["あ"], ["あ"], "ja")


@pytest.mark.parametrize(("hypotheses", "references"), [([], []), (["a"], ["a", "b"])])
def test_what_cannot_be_compared_is_refused(hypotheses: list[str], references: list[str]) -> None:
    with pytest.raises(ValueError, match="hypotheses for"):
        corpus_scores(hypotheses, references, "en")


def test_texts_are_translated_as_lines_are(tiny_checkpoint: Path) -> None:
    checkpoint = load_checkpoint(tiny_checkpoint)
    options = DecodingOptions(beam_size=2, max_length=8)
    texts = translate_texts(checkpoint.model, checkpoint.tokenizer, TINY_TEXT, "en", options, rows=3)
    lines = LineTranslator(checkpoint.model, checkpoint.tokenizer, "en", options).translate(TINY_TEXT)
    assert texts == [line.best.text for line in lines]


def test_references_are_judged_in_the_script_that_the_network_writes(tiny_tokenizer: Tokenizer) -> None:
    simplifying = train_tokenizer(
        TINY_TEXT, vocabulary_size=300, languages=("de", "en"), characters={"這": "这"}
    )
    assert comparable(["這是 書", "Ja"], simplifying) == ["这是 書", "Ja"]
    assert comparable(["這是 書", "Ja"], tiny_tokenizer) == ["這是 書", "Ja"]
