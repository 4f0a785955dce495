"""From hypotheses to text: separators, scores, alternatives."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.decoding.hypothesis import Hypothesis, Translation
from model.tokenizer import Tokenizer
from service.engine.request import SegmentResult
from service.finishing import Finisher
from service.plan import Plan, Planner
from service.quality.assessment import Assessment
from service.restoring import TranslatedText, restore, score_of
from service.text.annotated import AnnotatedText
from service.text.truecasing import Truecaser
from service.trial import Decoded


def hypothesis(tokens: list[int], log_prob: float = -1.0) -> Hypothesis:
    return Hypothesis(tuple(tokens), log_prob, log_prob, coverage=(), truncated=False)


UNSUSPICIOUS = Assessment(1.0, 1.0, frozenset())


def translation(tokenizer: Tokenizer, *texts: str) -> Translation:
    return Translation(tuple(hypothesis(tokenizer.encode(text)) for text in texts), steps=1)


def make_plan(tokenizer: Tokenizer, text: str) -> Plan:
    planner = Planner(tokenizer, Truecaser(tokenizer), "en", "de", max_segment_tokens=100)
    masked, pieces = planner.segment(AnnotatedText(text))
    return planner.tokenize(masked, (), pieces)


def restored(
    plan: Plan, translations: Sequence[Translation], tokenizer: Tokenizer, alternatives: int
) -> TranslatedText:
    finisher = Finisher(tokenizer, Truecaser(tokenizer), "de")
    decoded = [
        Decoded(segment, SegmentResult(found, 0.0, 0.0), UNSUSPICIOUS)
        for segment, found in zip(plan.segments, translations, strict=True)
    ]
    return restore(plan, decoded, finisher, alternatives)


@pytest.fixture
def plan(tiny_tokenizer: Tokenizer) -> Plan:
    return make_plan(tiny_tokenizer, " One.\n\nTwo. 33 ")


def test_translations_take_the_place_of_their_segments(tiny_tokenizer: Tokenizer, plan: Plan) -> None:
    translations = [translation(tiny_tokenizer, "Eins."), translation(tiny_tokenizer, " Zwei. ")]
    result = restored(plan, translations, tiny_tokenizer, 0)
    assert (result.text, result.alternatives, result.segments) == (" Eins.\n\nZwei. 33 ", (), 2)


def test_the_kth_alternative_has_the_kth_best_of_each_segment(tiny_tokenizer: Tokenizer, plan: Plan) -> None:
    translations = [translation(tiny_tokenizer, "A", "B"), translation(tiny_tokenizer, "X", "Y", "Z")]
    result = restored(plan, translations, tiny_tokenizer, 3)
    assert result.text == " A\n\nX 33 "
    assert [one.text for one in result.alternatives] == [" B\n\nY 33 ", " A\n\nZ 33 "]


def test_the_same_words_in_other_tokens_are_no_alternative(tiny_tokenizer: Tokenizer, plan: Plan) -> None:
    spelt = [tiny_tokenizer.encode(letter)[-1] for letter in "ab"]
    same = Translation((hypothesis(tiny_tokenizer.encode("ab")), hypothesis(spelt)), steps=1)
    assert tiny_tokenizer.decode(spelt) == "ab"
    result = restored(plan, [same, same], tiny_tokenizer, 1)
    assert result.alternatives == ()


def test_nothing_is_dropped_where_the_network_says_nothing(tiny_tokenizer: Tokenizer, plan: Plan) -> None:
    silent = Translation((hypothesis([]), hypothesis(tiny_tokenizer.encode("  "))), steps=1)
    result = restored(plan, [silent, translation(tiny_tokenizer, "", "Zwei.")], tiny_tokenizer, 0)
    assert result.text == " One.\n\nZwei. 33 "


def test_the_score_is_the_geometric_mean_of_token_probabilities() -> None:
    probabilities = [[0.5, 0.25, 0.8], [0.9, 0.4]]  # the last of each is of EOS
    hypotheses = [hypothesis([7] * (len(p) - 1), sum(map(math.log, p))) for p in probabilities]
    assert score_of(hypotheses) == pytest.approx((0.5 * 0.25 * 0.8 * 0.9 * 0.4) ** (1 / 5))


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 50), st.floats(-1e6, 1e-6)), max_size=20))
def test_the_score_is_between_zero_and_one(segments: list[tuple[int, float]]) -> None:
    assert 0.0 <= score_of([hypothesis([7] * tokens, log_prob) for tokens, log_prob in segments]) <= 1.0


def test_text_without_segments_is_certain(tiny_tokenizer: Tokenizer) -> None:
    result = restored(make_plan(tiny_tokenizer, "12 "), [], tiny_tokenizer, 2)
    assert (result.text, result.score, result.alternatives) == ("12 ", 1.0, ())
