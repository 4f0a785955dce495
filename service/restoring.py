"""From the hypotheses of segments to the translation of a text."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from model.decoding.hypothesis import Attention, Hypothesis
from model.tokenizer import EOS
from service.finishing import Finisher
from service.plan import Plan
from service.quality.assessment import Assessment
from service.text.annotated import AlignedPart, AnnotatedTranslation
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
        sentences: its sentences, where that was asked for; none of a text that was translated by way of
            another language.
    """

    best: AnnotatedTranslation
    score: float = 1.0
    alternatives: tuple[AnnotatedTranslation, ...] = ()
    segments: int = 0
    pivot: str | None = None
    sentences: tuple[Sentence, ...] = ()

    @property
    def text(self) -> str:
        """The translation alone."""
        return self.best.text

    @property
    def confidence(self) -> float | None:
        """The mean confidence of ``sentences``, by their length; 1 where there was nothing to translate.

        None where it is not known: of a text that was translated by way of another language.
        """
        if self.pivot is not None:
            return None
        lengths = [one.part.source.end - one.part.source.start for one in self.sentences]
        if not sum(lengths):
            return 1.0
        weighed = zip(self.sentences, lengths, strict=True)
        return sum(one.assessment.confidence * length for one, length in weighed) / sum(lengths)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a text, or a part of one, as it was translated.

    Attributes:
        part: where it is, and which of its words belong to which.
        assessment: what is thought of the translation.
        source_tokens: what the network read, for people to look at.
        target_tokens: what it wrote, EOS included.
        attention: of each target token to the source tokens, float32
            ``[target tokens, source tokens]``.
    """

    part: AlignedPart
    assessment: Assessment
    source_tokens: tuple[str, ...]
    target_tokens: tuple[str, ...]
    attention: Attention


def restore(
    plan: Plan, decoded: Sequence[Decoded], finisher: Finisher, alternatives: int, *, details: bool = False
) -> TranslatedText:
    """The text of ``plan`` with the translations of its segments, ``decoded``.

    The k-th alternative has the k-th best translation of each segment, and the best of a segment that has
    no k-th.
    """
    translations = [one.result.translation for one in decoded]
    linked = bool(plan.marks) or details
    ranked = [finisher.finish(one.segment, one.result.translation, linked=linked) for one in decoded]
    versions = [
        _join(plan, [texts[rank] if rank < len(texts) else texts[0] for texts in ranked])
        for rank in range(alternatives + 1)
    ]
    best, *further = _different(versions)
    score = score_of([translation.best for translation in translations])
    sentences = tuple(_sentences(best, decoded, finisher)) if details else ()
    return TranslatedText(best, score, tuple(further), len(translations), sentences=sentences)


def _sentences(
    translation: AnnotatedTranslation, decoded: Sequence[Decoded], finisher: Finisher
) -> Iterator[Sentence]:
    pieces = finisher.tokenizer.pieces
    for part, one in zip(translation.parts, decoded, strict=True):
        best = one.result.translation.best
        if best.attention is None:
            raise ValueError("details need the attention of every segment")
        target_tokens = tuple(pieces([*best.tokens, EOS]))
        yield Sentence(part, one.assessment, tuple(pieces(one.segment.source)), target_tokens, best.attention)


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
