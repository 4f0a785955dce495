"""Texts and translations as JSON, for the process that reads and writes files."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from service.text.annotated import (
    AnnotatedText,
    AnnotatedTranslation,
    Mark,
    PlacedSpan,
    Placement,
    Range,
)


def pack_texts(texts: Iterable[AnnotatedText]) -> str:
    """``texts`` as JSON."""
    return json.dumps(
        [
            [one.text, [[span.start, span.end] for span in one.protected], _pack_marks(one.marks)]
            for one in texts
        ]
    )


def unpack_texts(packed: bytes) -> list[AnnotatedText]:
    """What ``pack_texts`` was given."""
    return [
        AnnotatedText(text, tuple(Range(*span) for span in protected), _unpack_marks(marks))
        for text, protected, marks in json.loads(packed)
    ]


def pack_translations(translations: Iterable[AnnotatedTranslation]) -> str:
    """``translations`` as JSON."""
    return json.dumps([[one.text, _pack_marks(one.marks), _pack_spans(one.spans)] for one in translations])


def unpack_translations(packed: bytes) -> list[AnnotatedTranslation]:
    """What ``pack_translations`` was given."""
    return [
        AnnotatedTranslation(text, _unpack_marks(marks), _unpack_spans(spans))
        for text, marks, spans in json.loads(packed)
    ]


def _pack_marks(marks: Iterable[Mark]) -> list[list[int]]:
    return [[mark.id, mark.start, mark.end] for mark in marks]


def _unpack_marks(packed: list[list[int]]) -> tuple[Mark, ...]:
    return tuple(Mark(*mark) for mark in packed)


def _pack_spans(spans: Iterable[PlacedSpan]) -> list[list[Any]]:
    return [
        [span.source.start, span.source.end, span.target.start, span.target.end, span.placement.value]
        for span in spans
    ]


def _unpack_spans(packed: list[list[Any]]) -> tuple[PlacedSpan, ...]:
    return tuple(PlacedSpan(Range(*span[:2]), Range(*span[2:4]), Placement(span[4])) for span in packed)
