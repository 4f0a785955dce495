"""Confidence is a probability: fitted curves find the truth that made the data."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from model.calibration import (
    Bin,
    Calibration,
    Curve,
    Thresholds,
    brier_score,
    calibration_error,
    fit_curve,
    reliability,
)
from model.training.calibrating import Judged, calibrate


def likelihood(slope: float, intercept: float, values: list[float], good: list[bool]) -> float:
    total = 0.0
    for value, is_good in zip(values, good, strict=True):
        probability = 1 / (1 + math.exp(-(intercept + slope * value)))
        total += math.log(probability if is_good else 1 - probability)
    return total


def test_the_curve_that_made_the_data_is_found() -> None:
    random = np.random.default_rng(1)
    values = random.normal(-0.6, 0.4, 20_000)
    good = random.random(20_000) < 1 / (1 + np.exp(-(2.5 + 4.0 * values)))
    curve = fit_curve(values.tolist(), good.tolist())
    assert curve.slope == pytest.approx(4.0, abs=0.2)
    assert curve.intercept == pytest.approx(2.5, abs=0.15)
    assert curve.sentences == 20_000


def test_no_curve_is_likelier() -> None:
    random = np.random.default_rng(2)
    values = random.normal(-0.6, 0.4, 400).tolist()
    good = (random.random(400) < 1 / (1 + np.exp(-(2.0 + 3.0 * np.array(values))))).tolist()
    curve = fit_curve(values, good)
    best = likelihood(curve.slope, curve.intercept, values, good)
    for slope_change in (-0.5, 0.0, 0.5):
        for intercept_change in (-0.3, 0.0, 0.3):
            other = likelihood(curve.slope + slope_change, curve.intercept + intercept_change, values, good)
            assert best >= other - 0.15  # the fit is drawn a little towards being less sure


@settings(max_examples=60)
@given(data=st.lists(st.tuples(st.floats(-8, 0), st.booleans()), min_size=1, max_size=40))
def test_whatever_the_data_a_curve_is_finite_and_never_falls(data: list[tuple[float, bool]]) -> None:
    curve = fit_curve([value for value, _ in data], [good for _, good in data])
    said = [curve(value) for value in np.linspace(-50, 0, 30)]
    assert all(0.0 <= one <= other <= 1.0 for one, other in itertools.pairwise(said))


def test_a_relation_against_all_sense_is_taken_for_none() -> None:
    curve = fit_curve([-0.1, -0.2, -3.0, -4.0] * 50, [False, False, True, True] * 50)
    assert curve.slope == 0.0
    assert curve(-1.0) == pytest.approx(0.5, abs=0.01)


def test_nothing_to_fit() -> None:
    with pytest.raises(ValueError, match="0 log-probabilities for 0 judgements"):
        fit_curve([], [])
    with pytest.raises(ValueError, match="1 log-probabilities for 2"):
        fit_curve([-1.0], [True, False])


def test_a_direction_without_a_curve_gets_the_mean() -> None:
    curves = {
        "de-en": Curve(slope=2.0, intercept=1.0, sentences=10),
        "en-de": Curve(slope=1.0, intercept=0.0, sentences=10),
    }
    calibration = Calibration(curves=curves, coverage_floor=0.8)
    assert calibration.confidence("de-en", -0.5) == curves["de-en"](-0.5) == pytest.approx(0.5)
    mean = (curves["de-en"](-0.5) + curves["en-de"](-0.5)) / 2
    assert calibration.confidence("de-fr", -0.5) == pytest.approx(mean)


def test_chinese_translations_are_good_from_a_lower_chrf() -> None:
    judged = [
        Judged(direction, mean_log_probs=[-1.0] * 100, chrf=[35.0] * 100, coverage=[1.0] * 100)
        for direction in ("en-de", "en-zh")
    ]
    calibration = calibrate(judged)
    assert str(calibration) == "50 (zh: 30)"
    assert calibration.confidence("en-de", -1.0) < 0.1
    assert calibration.confidence("en-zh", -1.0) > 0.9
    assert str(calibrate(judged[:1])) == "50"
    one_for_all = calibrate(judged, Thresholds(good_chrf=40.0))
    assert one_for_all.confidence("en-zh", -1.0) == one_for_all.confidence("en-de", -1.0) < 0.1


@pytest.mark.parametrize(
    "change",
    [
        {"curves": {}},
        {"curves": {"german": {"slope": 1.0, "intercept": 0.0, "sentences": 5}}},
        {"curves": {"de-en": {"slope": -1.0, "intercept": 0.0, "sentences": 5}}},
        {"curves": {"de-en": {"slope": math.nan, "intercept": 0.0, "sentences": 5}}},
        {"coverage_floor": 1.5},
        {"good_chrf": 0.0},
        {"good_chrf_of": {"zh": 101.0}},
    ],
)
def test_a_calibration_that_makes_no_sense_is_refused(change: dict[str, object]) -> None:
    document: dict[str, object] = {
        "curves": {"de-en": {"slope": 1.0, "intercept": 0.0, "sentences": 5}},
        "coverage_floor": 0.8,
    }
    Calibration.model_validate(document)
    with pytest.raises(ValidationError):
        Calibration.model_validate(document | change)


def test_bins_are_of_one_size_and_in_order() -> None:
    bins = reliability([0.9, 0.1, 0.5, 0.3], [True, False, False, True], bins=2)
    assert bins == [Bin(confidence=0.2, good=0.5, count=2), Bin(confidence=0.7, good=0.5, count=2)]
    assert calibration_error(bins) == pytest.approx((0.3 + 0.2) / 2)
    assert [one.count for one in reliability([0.5] * 3, [True] * 3)] == [1, 1, 1]


def test_the_brier_score() -> None:
    assert brier_score([1.0, 0.0], [True, False]) == 0.0
    assert brier_score([0.5, 0.5], [True, False]) == 0.25
