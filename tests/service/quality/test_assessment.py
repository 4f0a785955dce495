"""One judgement out of what the search has left behind."""

from __future__ import annotations

import math

import pytest

from model.calibration import Calibration, Curve
from model.decoding.hypothesis import Hypothesis
from model.tokenizer import Tokenizer
from service.quality.assessment import Assessment, Assessor
from service.quality.flags import Flag

SOURCE = "Das alte Haus ist grün."
TARGET = "The old house is green."
CURVE = Curve(slope=2.0, intercept=1.0, sentences=100)
CALIBRATION = Calibration(curves={"de-en": CURVE}, coverage_floor=0.7)


def assess(
    tokenizer: Tokenizer,
    source: str = SOURCE,
    target: str = TARGET,
    received: float = 1.0,
    unread_from: int | None = None,
    truncated: bool = False,
    attends: bool = True,
    calibration: Calibration | None = CALIBRATION,
) -> Assessment:
    """With the same attention everywhere, but none from the character ``unread_from`` on."""
    ids, offsets = tokenizer.encode_with_offsets(source)
    last = len(source) if unread_from is None else unread_from
    coverage = [received if end <= last else 0.0 for _, end in offsets]
    tokens = tokenizer.encode(target)
    hypothesis = Hypothesis(tuple(tokens), -1.0, -0.5 * (len(tokens) + 1), (9.0, *coverage, 9.0), truncated)
    assessor = Assessor(tokenizer, calibration, attends)
    return assessor.assess((tokenizer.tag("en"), *ids, 2), hypothesis, "de", "en")


def test_a_translation_without_fault(tiny_tokenizer: Tokenizer) -> None:
    assert assess(tiny_tokenizer) == Assessment(CURVE(-0.5), 1.0, frozenset())


def test_without_a_calibration_confidence_is_the_mean_probability(tiny_tokenizer: Tokenizer) -> None:
    assert assess(tiny_tokenizer, calibration=None).confidence == pytest.approx(math.exp(-0.5))


def test_what_was_not_read_is_missing(tiny_tokenizer: Tokenizer) -> None:
    half = assess(tiny_tokenizer, unread_from=len("Das alte"))
    assert half.coverage == pytest.approx(2 / 5)
    assert half.flags == {Flag.UNDERCOVERED, Flag.TRUNCATED}
    one = assess(tiny_tokenizer, unread_from=len("Das alte Haus ist"))
    assert one.coverage == pytest.approx(4 / 5)
    assert one.flags == frozenset()


def test_a_network_without_attention_says_nothing_about_coverage(tiny_tokenizer: Tokenizer) -> None:
    assert assess(tiny_tokenizer, received=0.01, attends=False) == Assessment(CURVE(-0.5), 1.0, frozenset())


def test_short_texts_are_not_judged_by_coverage(tiny_tokenizer: Tokenizer) -> None:
    assert assess(tiny_tokenizer, "Das Haus ist", "House", received=0.1).flags == frozenset()


@pytest.mark.parametrize(
    ("target", "truncated", "flag"),
    [
        (TARGET, True, Flag.TRUNCATED),
        ("The house the house the house the house", False, Flag.REPETITION),
        (SOURCE, False, None),
        ("das alte grün ist alte", False, Flag.COPIED),
    ],
)
def test_every_other_fault(
    tiny_tokenizer: Tokenizer, target: str, truncated: bool, flag: Flag | None
) -> None:
    source = "das alte Haus ist grün"
    found = assess(tiny_tokenizer, source, target, truncated=truncated).flags
    assert found == ({Flag.COPIED} if flag is None else {flag})
