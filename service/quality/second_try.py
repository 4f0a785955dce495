"""Another way of decoding what came out faulty, and which of two translations is the better one."""

from __future__ import annotations

from collections.abc import Sequence, Set

from model.config import DecodingOptions
from service.quality.assessment import Assessment
from service.quality.flags import Flag

COVERAGE_PENALTY = 1.0
LENGTH_PENALTY = 1.0
BEAM_SIZE = 10
DRAWS = 8
TEMPERATURE = 0.5
KEPT_CONFIDENCE = 0.9


def second_options(options: DecodingOptions, flags: Set[Flag]) -> DecodingOptions:
    """How to decode again what was decoded by ``options`` and then flagged.

    What misses a part of its source is searched with a wide beam, all of whose hypotheses come back, and
    with a penalty on what is not covered. Whatever loops does so in all hypotheses of a beam, as the loop is
    the most probable way on; what leaves it is chance. So a few translations are drawn, close to the most
    probable one, and always the same ones.
    """
    if Flag.UNDERCOVERED in flags and Flag.REPETITION not in flags:
        beam_size = max(options.beam_size, BEAM_SIZE)
        changes: dict[str, object] = {
            "beam_size": beam_size,
            "n_best": beam_size,
            "coverage_penalty": max(options.coverage_penalty, COVERAGE_PENALTY),
            "length_penalty": max(options.length_penalty, LENGTH_PENALTY),
        }
    else:
        changes = {
            "strategy": "sample",
            "beam_size": DRAWS,
            "n_best": DRAWS,
            "temperature": TEMPERATURE,
            "top_k": 0,
            "top_p": 1.0,
        }
    return DecodingOptions.model_validate({**options.model_dump(), **changes})


def best_of(assessments: Sequence[Assessment]) -> int:
    """The index of the best of ``assessments``, of which the first is that of the first try.

    The best has fewer flags than the first, the fewest of all, and of these the highest confidence. A flag
    may be mistaken, so what is less confident does not count as better. A loop is an exception: its words are
    easy to foresee, which is why the network is so sure of them.
    """
    first = assessments[0]
    least = 0.0 if Flag.REPETITION in first.flags else KEPT_CONFIDENCE * first.confidence
    better = [
        (len(one.flags), -one.confidence, index)
        for index, one in enumerate(assessments)
        if len(one.flags) < len(first.flags) and one.confidence >= least
    ]
    return min(better)[2] if better else 0
