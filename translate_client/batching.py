"""Any amount of text as requests that a service takes, and the answers as if there had been one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from translate_client.results import Sentence, ServerSettings, Translation


@dataclass(frozen=True, slots=True)
class Part:
    """A text, or a part of one.

    Attributes:
        item: which of the texts.
        text: never longer than the service takes, if it could be cut.
    """

    item: int
    text: str


Batch = tuple[Part, ...]
"""The texts of one request."""

_ENDS = (
    re.compile(r"\n\s*\n"),  # paragraphs
    re.compile(r"\n"),
    re.compile(r"(?<=[.!?…])\s+|(?<=[\u3002\uff01\uff1f])"),  # sentences; the last three are Chinese
    re.compile(r"\s+"),
)
"""Where a text may be cut, best first; the service never translates across the first two."""


def make_batches(texts: Sequence[str], settings: ServerSettings, *, cut: bool) -> list[Batch]:
    """``texts`` in order, in as few requests as their order allows.

    Args:
        texts: any.
        settings: of the service.
        cut: whether a text that is too long for a request may be cut; otherwise it is sent whole, for the
            service to refuse.
    """
    limit = settings.max_characters
    parts = [
        Part(item, piece)
        for item, text in enumerate(texts)
        for piece in (cut_text(text, limit) if cut and limit is not None else [text])
    ]
    return list(_group(parts, limit, settings.max_texts))


def cut_text(text: str, limit: int) -> list[str]:
    """Parts of at most ``limit`` characters, whose join is ``text``; it may be one part, and empty.

    Each ends with a paragraph if it can without being shorter than half of the limit, else with a line, else
    with a sentence, else with a word.
    """
    parts = []
    while len(text) > limit:
        end = _end(text, limit)
        parts.append(text[:end])
        text = text[end:]
    return [*parts, text]


def _end(text: str, limit: int) -> int:
    for least in (limit // 2, 1):
        for pattern in _ENDS:
            ends = [match.end() for match in pattern.finditer(text, 0, limit)]
            if ends and ends[-1] >= least:
                return ends[-1]
    return limit


def _group(parts: Sequence[Part], max_characters: int | None, max_texts: int | None) -> Iterator[Batch]:
    batch: list[Part] = []
    characters = 0
    for part in parts:
        is_full = max_texts is not None and len(batch) >= max_texts
        if max_characters is not None and characters + len(part.text) > max_characters:
            is_full = True
        if batch and is_full:
            yield tuple(batch)
            batch, characters = [], 0
        batch.append(part)
        characters += len(part.text)
    if batch:
        yield tuple(batch)


def assemble(parts: Sequence[Part], translations: Sequence[Translation]) -> list[Translation]:
    """The translation of each text, from those of its parts, in order."""
    of_item: dict[int, list[tuple[Part, Translation]]] = {}
    for part, translation in zip(parts, translations, strict=True):
        of_item.setdefault(part.item, []).append((part, translation))
    return [_join(pairs) for _, pairs in sorted(of_item.items())]


def _join(pairs: Sequence[tuple[Part, Translation]]) -> Translation:
    first = pairs[0][1]
    if len(pairs) == 1:
        return first
    text = "".join(translation.text for _, translation in pairs)
    scores = [(len(part.text), one.score) for part, one in pairs if one.score is not None]
    length = sum(weight for weight, _ in scores)
    score = sum(weight * score for weight, score in scores) / length if length else None
    return Translation(text, score, (), first.detected, tuple(_moved_sentences(pairs)))


def _moved_sentences(pairs: Sequence[tuple[Part, Translation]]) -> Iterator[Sentence]:
    source = target = 0
    for part, translation in pairs:
        yield from (sentence.moved(source, target) for sentence in translation.sentences)
        source += len(part.text)
        target += len(translation.text)
