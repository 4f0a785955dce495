"""From the hypotheses of segments to the translation of a text."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from model.decoding.hypothesis import Hypothesis, Translation
from model.tokenizer import Tokenizer
from service.plan import Plan, Source
from service.text.annotated import AnnotatedTranslation


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


def restore(
    plan: Plan, translations: Sequence[Translation], tokenizer: Tokenizer, alternatives: int
) -> TranslatedText:
    """The text of ``plan`` with ``translations`` of its segments.

    The k-th alternative has the k-th best translation of each segment, and the best of a segment that has
    no k-th.
    """
    ranked = [
        _texts(translation, source, tokenizer)
        for translation, source in zip(translations, plan.segments, strict=True)
    ]
    versions = [
        plan.join([texts[rank] if rank < len(texts) else texts[0] for texts in ranked])
        for rank in range(alternatives + 1)
    ]
    best, *further = _different(versions)
    score = score_of([translation.best for translation in translations])
    return TranslatedText(best, score, tuple(further), len(translations))


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


def _texts(translation: Translation, source: Source, tokenizer: Tokenizer) -> list[str]:
    """The different texts of a segment's hypotheses, best first; never empty, and none is empty.

    Hypotheses differ in their tokens and can still be the same words. Where none has any text, the source
    stands in for it: nothing is dropped.
    """
    texts = [tokenizer.decode(hypothesis.tokens).strip() for hypothesis in translation.hypotheses]
    return list(dict.fromkeys(filter(None, texts))) or [tokenizer.decode(source)]
