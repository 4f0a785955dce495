"""From what is known of a text's sentences to what is told of them."""

from __future__ import annotations

import numpy as np

from service.api.detail_schemas import CharacterRange, SentenceAttention, SentenceDetails, SpanDetails
from service.restoring import Sentence, TranslatedText
from service.text.annotated import Range

DIGITS = 4
"""Of weights and probabilities; more would only be longer."""


def sentences_of(text: TranslatedText, *, attention: bool) -> list[SentenceDetails]:
    """The sentences of ``text``, with their attention if wanted."""
    return [_details(one, attention=attention) for one in text.sentences]


def spans_of(text: TranslatedText) -> list[SpanDetails]:
    """The protected spans of ``text``."""
    return [
        SpanDetails(source=_range(one.source), target=_range(one.target), placement=one.placement.value)
        for one in text.best.spans
    ]


def _details(sentence: Sentence, *, attention: bool) -> SentenceDetails:
    part, assessment = sentence.part, sentence.assessment
    return SentenceDetails(
        source=_range(part.source),
        target=_range(part.target),
        confidence=round(assessment.confidence, DIGITS),
        coverage=round(assessment.coverage, DIGITS),
        flags=sorted(flag.value for flag in assessment.flags),
        alignment=[
            (
                link.source_start,
                link.source_end,
                link.target_start,
                link.target_end,
                round(link.weight, DIGITS),
            )
            for link in part.links
        ],
        attention=_attention(sentence) if attention else None,
    )


def _range(one: Range) -> CharacterRange:
    return CharacterRange(start=one.start, end=one.end)


def _attention(sentence: Sentence) -> SentenceAttention:
    weights = np.asarray(sentence.attention, dtype=np.float64).round(DIGITS)
    return SentenceAttention(
        source=list(sentence.source_tokens), target=list(sentence.target_tokens), weights=weights.tolist()
    )
