"""Fitting a checkpoint's calibration on validation text; see ``model.calibration``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from sacrebleu.metrics.chrf import CHRF

from model.calibration import Calibration, Thresholds, fit_curve, usual_thresholds
from model.coverage import FEWEST_WORDS, coverage_of, word_coverage
from model.decoding import Hypothesis, decode
from model.errors import CorpusError
from model.tokenizer import Tokenizer
from model.training.validation import Validation
from model.translation import LineTranslator
from model.words import Tokens

FLAGGED_SHARE = 0.01
"""So many of ordinary translations may be flagged for their coverage."""
LEAST_SENTENCES = 100
"""Fewer tell too little."""

Progress = Callable[[int], None]
"""Called with how many more sentences are done."""


@dataclass(frozen=True, slots=True)
class Judged:
    """Translations of one direction, sentence by sentence.

    Attributes:
        direction: such as de-en.
        mean_log_probs: of their tokens.
        chrf: against the reference, from 0 to 100.
        coverage: of the source; 1 for a short one.
    """

    direction: str
    mean_log_probs: list[float]
    chrf: list[float]
    coverage: list[float]

    def good(self, threshold: float) -> list[bool]:
        """Whether each is good."""
        return [score >= threshold for score in self.chrf]


def judge(translator: LineTranslator, item: Validation, progress: Progress) -> Judged:
    """Translate ``item`` and compare with its references; lines that are translated in parts are left out.

    Raises:
        CorpusError: fewer than ``LEAST_SENTENCES`` lines are left.
    """
    pairs = [
        (parts[0], reference)
        for source, reference in zip(item.sources, item.references, strict=True)
        if len(parts := translator.split(source)) == 1
    ]
    direction = f"{item.source_language}-{item.target_language}"
    if len(pairs) < LEAST_SENTENCES:
        raise CorpusError(
            f"{direction}: {len(pairs)} sentences; at least {LEAST_SENTENCES} are needed for a calibration"
        )
    sources = translator.sources([source for source, _ in pairs])
    done = 0

    def tell(now: int, _: int) -> None:
        nonlocal done
        progress(now - done)
        done = now

    found = decode(
        translator.model,
        sources,
        translator.options,
        forbidden=translator.forbidden,
        max_rows=translator.rows,
        on_progress=tell,
    )
    best = [translation.best for translation in found]
    metric = CHRF()
    return Judged(
        direction,
        [one.log_prob / (len(one.tokens) + 1) for one in best],
        [
            metric.sentence_score(translator.text_of(one), [reference]).score
            for one, (_, reference) in zip(best, pairs, strict=True)
        ],
        [_coverage(translator.tokenizer, source, one) for source, one in zip(sources, best, strict=True)],
    )


def calibrate(judged: Sequence[Judged], thresholds: Thresholds | None = None) -> Calibration:
    """The calibration that suits ``judged``, at least one direction.

    Args:
        judged: translations of one direction each.
        thresholds: from which chrF they are good; None: from what is usual.
    """
    found = thresholds or usual_thresholds(one.direction for one in judged)
    curves = {
        one.direction: fit_curve(one.mean_log_probs, one.good(found.threshold(one.direction)))
        for one in judged
    }
    coverage = np.concatenate([one.coverage for one in judged])
    floor = float(np.quantile(coverage, FLAGGED_SHARE))
    return Calibration(**found.model_dump(), curves=curves, coverage_floor=round(floor, 3))


def _coverage(tokenizer: Tokenizer, source: Sequence[int], hypothesis: Hypothesis) -> float:
    text, offsets = tokenizer.decode_with_offsets(source[1:-1])
    words = word_coverage(Tokens(text, tuple(offsets)), hypothesis.coverage)
    return coverage_of(words) if len(words) >= FEWEST_WORDS else 1.0
