"""From the hypotheses of segments to the translation of a text."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from model.decoding.hypothesis import Hypothesis
from service.finishing import Finisher
from service.plan import Plan
from service.text.annotated import AnnotatedTranslation
from service.text.placing import Stretch, copied, place
from service.trial import Decoded


@dataclass(frozen=True, slots=True)
class TranslatedText:
    """One text's translation.

    Attributes:
        best: the translation, with the separators and the annotations of the original.
        score: the geometric mean of the probabilities of its tokens, each segment's end included:
            ``exp(sum of log-probabilities / number of tokens)``, in ``[0, 1]``; 1 where there was nothing to
            translate. It says how sure the network is, not how good the translation is.
        alternatives: further translations, best first, all different; fewer where there are no more.
        segments: how many segments of it were translated.
        pivot: the language by way of which it was translated, if there was one.
    """

    best: AnnotatedTranslation
    score: float = 1.0
    alternatives: tuple[AnnotatedTranslation, ...] = ()
    segments: int = 0
    pivot: str | None = None

    @property
    def text(self) -> str:
        """The translation alone."""
        return self.best.text


def restore(plan: Plan, decoded: Sequence[Decoded], finisher: Finisher, alternatives: int) -> TranslatedText:
    """The text of ``plan`` with the translations of its segments, ``decoded``.

    The k-th alternative has the k-th best translation of each segment, and the best of a segment that has
    no k-th.
    """
    translations = [one.result.translation for one in decoded]
    linked = bool(plan.marks)
    ranked = [finisher.finish(one.segment, one.result.translation, linked=linked) for one in decoded]
    versions = [
        _join(plan, [texts[rank] if rank < len(texts) else texts[0] for texts in ranked])
        for rank in range(alternatives + 1)
    ]
    best, *further = _different(versions)
    score = score_of([translation.best for translation in translations])
    return TranslatedText(best, score, tuple(further), len(translations))


def _join(plan: Plan, stretches: Sequence[Stretch]) -> AnnotatedTranslation:
    waiting = iter(stretches)
    parts = [copied(part) if isinstance(part, str) else next(waiting) for part in plan.parts]
    return place(plan.masked, plan.marks, parts, plan.start)


def _different(versions: Sequence[AnnotatedTranslation]) -> list[AnnotatedTranslation]:
    """``versions`` without those whose text has come before."""
    first: dict[str, AnnotatedTranslation] = {}
    for version in versions:
        first.setdefault(version.text, version)
    return list(first.values())


def score_of(hypotheses: Sequence[Hypothesis]) -> float:
    """See ``TranslatedText.score``."""
    tokens = sum(len(hypothesis.tokens) + 1 for hypothesis in hypotheses)
    log_prob = sum(hypothesis.log_prob for hypothesis in hypotheses)
    return math.exp(min(0.0, log_prob / tokens)) if tokens else 1.0
