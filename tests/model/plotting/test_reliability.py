from __future__ import annotations

import numpy as np

from model.calibration import reliability
from model.plotting.reliability import Series, draw_reliability, reliability_figure

SERIES = [
    Series("de→en", reliability([0.2, 0.4, 0.9], [False, True, True], bins=3)),
    Series("en→de", reliability([0.5, 0.6], [False, True], bins=2)),
]


def test_a_line_for_each_direction_and_the_diagonal() -> None:
    [axes] = reliability_figure(SERIES, "50").axes
    points = {str(line.get_label()): np.asarray(line.get_xydata()).tolist() for line in axes.lines}
    assert points == {
        "perfectly calibrated": [[0, 0], [1, 1]],
        "de→en (3 sentences)": [[0.2, 0.0], [0.4, 1.0], [0.9, 1.0]],
        "en→de (2 sentences)": [[0.5, 0.0], [0.6, 1.0]],
    }
    assert axes.get_ylabel() == "share of translations with chrF ≥ 50"


def test_the_same_picture_every_time() -> None:
    assert draw_reliability(SERIES, "50", "svg") == draw_reliability(SERIES, "50", "svg")
    assert draw_reliability(SERIES, "50", "png").startswith(b"\x89PNG")
