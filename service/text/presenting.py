"""What a network is shown of a segment in place of its protected spans."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from service.text.masking import SENTINEL
from service.text.rewriting import Edit, Rewriting, rewrite
from service.text.spans import Kind, Span

LONGEST_WRITTEN = 60
"""Characters of a span that is written out."""

_READABLE = re.compile(r"(?:[^\W_]|[\s,:;'\u2019%°€$£¥+\xd7\u2013-]|\.(?![^\W\d]))*")
"""Words and numbers, as sentences have them."""
_SPACES = re.compile(r"(?<! )\s(?!\s)|\s{2,}")
_ORDINARY = re.compile(r"[\d\s.,:/-]+")
"""What a network copies well by itself, so that others go first where placeholders are scarce."""


@dataclass(frozen=True, slots=True)
class Presentation:
    """A segment as a network reads it.

    Attributes:
        rewriting: from the masked segment to what is read.
        placeholders: for each placeholder in it the sentinel that it stands for.
        written: the sentinels of the spans that are written out.
        absent: the sentinels of those that are left out.
    """

    rewriting: Rewriting
    placeholders: Mapping[str, str]
    written: tuple[str, ...]
    absent: tuple[str, ...]

    @property
    def text(self) -> str:
        """What is read."""
        return self.rewriting.after


def present(
    segment: str, spans: Mapping[str, Span], placeholders: Sequence[str], edits: Iterable[Edit] = ()
) -> Presentation:
    """``segment`` with something a network can read for each span; white space becomes single spaces.

    Each span becomes a placeholder. Where there are not enough of them numbers and words, which are the
    plainest, are written out. The others are left out: a network reads a sentence better without an address,
    a variable or an emoji than with pieces of them that it has hardly seen (decision 13).

    Args:
        segment: with sentinels.
        spans: what they stand for.
        placeholders: what the network knows to copy; may be none.
        edits: further changes, to words.
    """
    found = SENTINEL.findall(segment)
    urgent = sorted(found, key=lambda one: _ORDINARY.fullmatch(spans[one].text) is not None)
    chosen = set(urgent[: len(placeholders)])
    stand_ins = dict(zip([one for one in found if one in chosen], placeholders, strict=False))
    rest = [one for one in found if one not in chosen]
    written = tuple(one for one in rest if _can_be_written(spans[one]))
    absent = tuple(one for one in rest if not _can_be_written(spans[one]))
    shown = {**stand_ins, **{one: spans[one].text for one in written}}
    return Presentation(
        rewrite(segment, [*edits, *_shown(segment, shown), *_gaps(segment, absent)]),
        {placeholder: one for one, placeholder in stand_ins.items()},
        written,
        absent,
    )


def _can_be_written(span: Span) -> bool:
    is_readable = _READABLE.fullmatch(span.text) is not None
    return span.kind is Kind.WORD and len(span.text) <= LONGEST_WRITTEN and is_readable


def _shown(segment: str, shown: Mapping[str, str]) -> list[Edit]:
    matches = SENTINEL.finditer(segment)
    return [Edit(*match.span(), shown[match.group()]) for match in matches if match.group() in shown]


def _gaps(segment: str, absent: Sequence[str]) -> list[Edit]:
    """White space, and what is left out, each with the white space around it."""
    if not absent:
        return [Edit(*match.span(), " ") for match in _SPACES.finditer(segment) if match.group() != " "]
    edits = []
    for match in re.finditer(rf"[\s{''.join(absent)}]+", segment):
        if match.group() != " ":
            edits.append(Edit(*match.span(), _gap(segment, match)))
    return edits


def _gap(segment: str, match: re.Match[str]) -> str:
    """What comes in place of ``match``: a space between words that had one, nothing before punctuation."""
    has_space = any(map(str.isspace, match.group()))
    following = segment[match.end() : match.end() + 1]
    ends_sentence = bool(following) and following in ".,;:!?…)]}"
    at_edge = match.start() == 0 or match.end() == len(segment)
    only_space = match.group().isspace()
    return " " if has_space and not at_edge and (only_space or not ends_sentence) else ""
