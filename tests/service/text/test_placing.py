"""Parts put together, and marks moved: never lost, never crossed."""

from __future__ import annotations

import random
import re
import time

from hypothesis import given, settings
from hypothesis import strategies as st

from service.text.annotated import AnnotatedText, AnnotatedTranslation, Mark, Placement, Range
from service.text.link import Link
from service.text.marking import move_marks
from service.text.masking import mask
from service.text.placing import Stretch, copied, place
from service.text.units import Unit

_WORD = re.compile(r"\S+")


def bracketed(text: str) -> AnnotatedText:
    """``[`` and ``]`` are the edges of marks, which are numbered from the left."""
    plain = ""
    marks: list[Mark] = []
    waiting: list[tuple[int, int]] = []
    for character in text:
        if character == "[":
            waiting.append((len(marks) + len(waiting), len(plain)))
        elif character == "]":
            number, start = waiting.pop()
            marks.append(Mark(number, start, len(plain)))
        else:
            plain += character
    numbers = sorted(range(len(marks)), key=lambda index: (marks[index].start, -marks[index].end))
    return AnnotatedText(plain, (), tuple(marks[index] for index in numbers))


def show(translation: AnnotatedTranslation) -> str:
    """The inverse of ``bracketed``, for marks that are properly nested."""
    edges = [(mark.start, 1, -mark.end, "[") for mark in translation.marks if mark.start < mark.end]
    edges += [(mark.end, 0, -mark.start, "]") for mark in translation.marks if mark.start < mark.end]
    edges += [(mark.start, 2, 0, "[]") for mark in translation.marks if mark.start == mark.end]
    text = translation.text
    for offset, _, _, bracket in sorted(edges, reverse=True):
        text = text[:offset] + bracket + text[offset:]
    return text


def stretch(source: str, target: str) -> Stretch:
    """Words of ``target`` are like ``Hund.dog``: the source word, a point, and the word to write."""
    written, links, position = "", [], 0
    for match in re.finditer(r"\S+|\s+", target):
        origin, _, word = match.group().rpartition(".")
        if origin and not origin.isspace():
            start = source.index(origin)
            links.append(Link(start, start + len(origin), position, position + len(word), 1.0))
        word = word if origin else match.group()
        written += word
        position += len(word)
    return Stretch(source, written, {}, tuple(links))


def moved(text: str, target: str) -> str:
    original = bracketed(text)
    return show(place(mask(original), original.marks, [stretch(original.text, target)]))


def test_a_mark_goes_with_its_words() -> None:
    assert moved("der [rote] Hund", "Hund.dog rote.red der.the") == "dog [red] the"
    assert moved("[der rote] Hund", "der.the Hund.dog rote.red") == "[the] dog red"
    assert moved("[Ich habe] ihn [gesehen]", "Ich.I gesehen.saw ihn.him") == "[I] [saw] him"
    assert moved("[alles hier]", "hier.here all.everything too") == "[here everything too]"
    assert moved("un[glaub]lich gut", "gut.well unglaublich.incredibly") == "well [incredibly]"


def test_marks_stay_within_each_other() -> None:
    assert (
        moved("[der [rote] Hund] bellt", "der.the Hund.dog rote.red bellt.barks") == "[the dog [red]] barks"
    )
    assert moved("[[rot]] ja", "ja.yes rot.red") == "yes [[red]]"


def test_what_has_no_words_left_is_a_point_beside_its_neighbours() -> None:
    assert moved("Hund [eben] da", "Hund.dog da.there") == "dog[] there"
    assert moved("Hund[] da", "da.there Hund.dog") == "there dog[]"
    assert moved("[]Hund da[]", "da.there Hund.dog") == "[]there dog[]"
    assert moved("[Hund][] da", "da.there Hund.dog") == "there [dog][]"


def test_marks_reach_over_sentences_and_into_what_is_copied() -> None:
    original = bracketed("[Ja. 1]2 [Nein].")
    parts = [
        Stretch("Ja.", "Yes.", {}, (Link(0, 2, 0, 3, 1.0),)),
        copied(" 12 "),
        Stretch("Nein.", "No.", {}, (Link(0, 4, 0, 2, 1.0),)),
    ]
    assert show(place(mask(original), original.marks, parts)) == "[Yes. 1]2 [No]."


def test_marks_within_a_span_are_exact_and_spans_are_found_again() -> None:
    original = bracketed("wiegt [5 [k]g] mehr")
    masked = mask(original)
    target = f"more {masked.text[6]} weighs"
    translation = place(masked, original.marks, [Stretch(masked.text, target, {}, ())])
    assert show(translation) == "more [5 [k]g] weighs"
    assert [(one.source, one.target) for one in translation.spans] == [(Range(6, 10), Range(5, 9))]
    assert translation.fallbacks == ()
    placements = {masked.text[6]: Placement.PROPORTION}
    translation = place(masked, (), [Stretch(masked.text, target, placements)])
    assert [one.placement for one in translation.fallbacks] == [Placement.PROPORTION]


@st.composite
def forests(draw: st.DrawFn, start: int = 0, end: int = 12, depth: int = 3) -> list[tuple[int, int]]:
    """Nested or disjoint ranges, parents first."""
    cuts = sorted(draw(st.lists(st.integers(start, end), max_size=6 if depth else 0)))
    ranges: list[tuple[int, int]] = []
    for low, high in zip(cuts[::2], cuts[1::2], strict=False):
        ranges += [(low, high), *draw(forests(low, high, depth - 1))]
    return ranges


def related(one: Mark, other: Mark) -> bool:
    """Whether they are disjoint, or one is within the other."""
    apart = one.end <= other.start or other.end <= one.start
    return apart or _within(one, other) or _within(other, one)


def _within(inner: Mark, outer: Mark) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


@settings(deadline=None)
@given(forests(), st.integers(0, 10_000))
def test_whatever_the_alignment_is_marks_never_cross(ranges: list[tuple[int, int]], seed: int) -> None:
    draw = random.Random(seed)
    marks = [Mark(number, *one) for number, one in enumerate(ranges)]
    row, position = [], 0
    for _ in range(draw.randint(0, 10)):
        start = draw.randint(0, 11)
        source = Range(start, draw.randint(start + 1, 12)) if draw.random() < 0.8 else None
        size = draw.randint(0, 3)
        row.append(Unit(Range(position, position + size), source, spelt=True))
        position += size + draw.randint(0, 1)
    found = move_marks(marks, row, position)
    assert [mark.id for mark in found] == [mark.id for mark in marks]
    assert all(0 <= mark.start <= mark.end <= position for mark in found)
    for one, after in zip(marks, found, strict=True):
        for other, beside in zip(marks, found, strict=True):
            assert related(after, beside)
            if _within(one, other) and one.start < one.end:
                assert _within(after, beside) or (other.start, other.end) == (one.start, one.end)


def test_many_marks_take_linear_time() -> None:
    def seconds(count: int) -> float:
        marks = [Mark(number, 10 * number, 10 * number + 6) for number in range(count)]
        row = [Unit(Range(3 * i, 3 * i + 2), Range(5 * i, 5 * i + 4), spelt=True) for i in range(2 * count)]
        start = time.process_time()
        move_marks(marks, row, 6 * count)
        return time.process_time() - start

    seconds(10)
    small = min(seconds(500) for _ in range(2))
    assert min(seconds(2000) for _ in range(2)) < 8 * small + 0.1
