from __future__ import annotations

from dataclasses import replace

import pytest
from sacrebleu.metrics.chrf import CHRF

from model.evaluation import corpus_scores
from model.report.analysis import analyse, length_buckets, symptoms
from tests.model.report.texts import made_test_set


def test_every_line_is_in_one_bucket_and_scored_there() -> None:
    test = made_test_set()
    buckets = length_buckets(test)
    assert sum(bucket.sentences for bucket in buckets) == len(test.sources)
    assert [bucket.label for bucket in buckets] == ["1–5", "6–10", "11–15", "16–20", "21–30", "31–50", "51+"]
    assert test.others is not None
    for bucket in buckets:
        low, _, high = bucket.label.rstrip("+").partition("–")
        limits = range(int(low), int(high or 10_000) + 1)
        rows = [i for i, length in enumerate(test.source_tokens) if length in limits]
        references = [test.references[i] for i in rows]
        assert bucket.sentences == len(rows)
        assert bucket.scores == corpus_scores([test.translations[i] for i in rows], references, "en")
        assert bucket.other == corpus_scores([test.others[i] for i in rows], references, "en")


def test_a_blank_line_counts_as_short_and_an_empty_bucket_is_left_out() -> None:
    test = replace(made_test_set(3), source_tokens=[0, 5, 60])
    assert [(bucket.label, bucket.sentences) for bucket in length_buckets(test)] == [("1–5", 2), ("51+", 1)]


def test_the_worst_are_those_with_the_lowest_chrf() -> None:
    test = made_test_set()
    analysis = analyse(test, examples=7)
    scores = [
        CHRF().sentence_score(translation, [reference]).score
        for translation, reference in zip(test.translations, test.references, strict=True)
    ]
    assert [example.chrf for example in analysis.worst] == pytest.approx(sorted(scores)[:7])
    for example in (*analysis.worst, *analysis.random):
        assert example.chrf == pytest.approx(scores[example.line - 1])
        assert example.source == test.sources[example.line - 1]
        assert example.reference == test.references[example.line - 1]
        assert test.others is not None
        assert example.other == test.others[example.line - 1]


def test_random_examples_are_the_same_every_time_and_differ_from_each_other() -> None:
    test = made_test_set()
    lines = [example.line for example in analyse(test, examples=9).random]
    assert lines == [example.line for example in analyse(test, examples=9).random]
    assert lines == sorted(set(lines))
    assert len(lines) == 9
    assert len(analyse(made_test_set(4), examples=9).random) == 4


def test_symptoms_are_counted() -> None:
    test = replace(
        made_test_set(6),
        sources=["eins", "zwei", "drei drei", " ", "fünf", "sechs"],
        references=["one", "two", "three three", "", "five", "six"],
        translations=["", "zwei", "a a a three three three", "", "five", "six six six"],
        truncated=[False, False, True, False, False, False],
    )
    assert {symptom.name: symptom.sentences for symptom in symptoms(test)} == {
        "empty": 1,
        "ended by the length limit": 1,
        "the source, unchanged": 1,
        "a word three times in a row": 2,
        "shorter than half the reference": 1,
        "longer than twice the reference": 1,
    }
