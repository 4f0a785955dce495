"""The judgements on one job's segments, and how many of them may be tried again."""

from __future__ import annotations

from model.decoding.hypothesis import Hypothesis
from service.metrics import Metrics
from service.quality.assessment import Assessment, Assessor
from service.segment import Segment

LEAST_SECOND_TRIES = 4
SECOND_TRIES_SHARE = 0.25


class Review:
    """Judges translations of a job's segments and keeps account of second tries.

    Of few segments all may be tried again, of many a quarter: whoever sends a book of noise does not get
    twice the work out of the service.

    Args:
        assessor: of the checkpoint.
        source: language of the segments.
        target: language of their translations.
        segments: how many there are; 0 for no second tries.
        metrics: told what happens.
    """

    def __init__(self, assessor: Assessor, source: str, target: str, segments: int, metrics: Metrics) -> None:
        self._assessor = assessor
        self._source = source
        self._target = target
        self._left = max(LEAST_SECOND_TRIES, int(SECOND_TRIES_SHARE * segments)) if segments else 0
        self._metrics = metrics

    def assess(self, segment: Segment, hypothesis: Hypothesis) -> Assessment:
        """Judge ``hypothesis``, a translation of ``segment``."""
        return self._assessor.assess(segment.source, hypothesis, self._source, self._target)

    def may_try_again(self, assessment: Assessment) -> bool:
        """Whether there is a reason for a second try, and leave for it; it then counts as made."""
        if not assessment.flags or not self._left:
            return False
        self._left -= 1
        return True

    def tell(self, first: Assessment, final: Assessment, *, tried: bool) -> None:
        """Let the metrics know what was thought of a segment, first and in the end."""
        self._metrics.segment_reviewed(
            [flag.value for flag in first.flags],
            [flag.value for flag in final.flags],
            second_try=None if not tried else "better" if final is not first else "no_better",
        )
