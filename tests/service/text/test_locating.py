"""From a masked segment to what a network reads, and back from what it wrote."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from model.tokenizer import normalize
from service.text.annotated import AnnotatedText, Placement
from service.text.link import Link
from service.text.locating import is_intact, locate
from service.text.masking import MaskedText, mask
from service.text.presenting import Presentation, present
from service.text.rewriting import rewrite
from service.text.spacing import put_in, tidy

PLACEHOLDERS = ("\ue000", "\ue001", "\ue002")
NETWORK, ALIGNMENT, PROPORTION = Placement.NETWORK, Placement.ALIGNMENT, Placement.PROPORTION


def presented(text: str, placeholders: Sequence[str]) -> tuple[MaskedText, Presentation]:
    masked = mask(AnnotatedText(text))
    return masked, present(masked.text, masked.by_sentinel, placeholders)


def word_links(read: str, written: str, pairs: Sequence[tuple[str, str]]) -> list[Link]:
    """Links between words, each of which is in its text once."""
    links = []
    for source, target in pairs:
        start, end = read.index(source), written.index(target)
        links.append(Link(start, start + len(source), end, end + len(target), 1.0))
    return links


def finish(
    text: str, written: str, pairs: Sequence[tuple[str, str]] = (), placeholders: Sequence[str] = ()
) -> tuple[str, list[Placement]]:
    """The translation of ``text`` if the network has written ``written``, and how its spans got there."""
    masked, presentation = presented(text, placeholders)
    links = word_links(presentation.text, written, pairs)
    located = locate(written, presentation, masked.by_sentinel, lambda: links, normalize)
    target = put_in(written, located, masked.text).after
    target = rewrite(target, tidy(target)).after
    placements = {one.sentinel: one.placement for one in located}
    for sentinel, span in masked.by_sentinel.items():
        assert target.count(sentinel) == 1
        target = target.replace(sentinel, span.text)
    return target, [placements[sentinel] for sentinel in masked.by_sentinel]


@pytest.mark.parametrize(
    ("text", "count", "read"),
    [
        ("Hallo {a}, sieh 😀 an https://a.b/c.", 3, "Hallo \ue000, sieh \ue001 an \ue002."),
        ("Hallo {a}, sieh 😀 an https://a.b/c.", 0, "Hallo, sieh an."),
        ("Im Jahr 1999 kam {a} mit 😀 um 12:30.", 2, "Im Jahr 1999 kam \ue000 mit \ue001 um 12:30."),
        ("Toll 😀! Ja", 0, "Toll! Ja"),
        ("Toll 😀 😀, ja", 0, "Toll, ja"),
        ("a😀b", 0, "ab"),
        (f"Sieh https://a.b/{'c' * 90} an", 0, "Sieh an"),
        (f"Sieh https://a.b/{'c' * 90} an", 1, "Sieh \ue000 an"),
        ("zwei  Räume\u00a0hier\u3000da", 3, "zwei Räume hier da"),
    ],
)
def test_what_the_network_reads(text: str, count: int, read: str) -> None:
    assert presented(text, PLACEHOLDERS[:count])[1].text == read


@pytest.mark.parametrize(
    ("written", "intact"),
    [
        ("\ue001 then \ue000", True),
        ("\ue000 then", False),
        ("\ue000 \ue000 \ue001", False),
        ("\ue000 \ue001 \ue002", False),
        ("\ue000\ue001", True),
    ],
)
def test_intact(written: str, intact: bool) -> None:
    assert is_intact(written, presented("{a} und {b}", PLACEHOLDERS)[1]) == intact


@pytest.mark.parametrize(
    ("text", "written", "expected"),
    [
        ("Hallo {a}, komm um 12:30!", "At \ue001, come, \ue000!", "At 12:30, come, {a}!"),
        ("Hallo {a} und {b}", "\ue001and\ue000", "{b} and {a}"),
        ("in {a}-Form", "in\ue000form", "in {a} form"),
        ("Preis:{a}€", "Price:\ue000€", "Price: {a}€"),
        ("({a})", "(\ue000)", "({a})"),
        ("Das ist {a}", "这是\ue000的", "这是{a}的"),
        ("这是{a}的", "this is\ue000his", "this is {a} his"),
        ("Hallo {a}", "Hello \ue000 \ue000 \ue001.", "Hello {a}."),
    ],
)
def test_placeholders_are_replaced_where_they_stand(text: str, written: str, expected: str) -> None:
    translation, placements = finish(text, written, placeholders=PLACEHOLDERS)
    assert translation == expected
    assert set(placements) == {NETWORK}


@pytest.mark.parametrize(
    ("text", "written", "expected"),
    [
        ("Ruf +49 30 123456-78 an", "Call + 49 30 123456 - 78.", "Call +49 30 123456-78."),
        ("Es wiegt 5 kg", "It weighs 5kg", "It weighs 5 kg"),
        ("Im Jahr 1999 und 1999", "1999 and in 1999", "1999 and in 1999"),
        ("Im Jahr 1999", "In 1999, 1999", "In 1999,"),
        ("Im Jahr 1999", "In 1999 of 11999 and 1.999", "In 1999 of 11999 and 1.999"),
        ("1999 waren es 1999 km", "There were 1999 km in 1999", "There were 1999 km in 1999"),
    ],
)
def test_what_the_network_has_copied_is_found(text: str, written: str, expected: str) -> None:
    translation, placements = finish(text, written)
    assert translation == expected
    assert set(placements) == {NETWORK}


@pytest.mark.parametrize(
    ("text", "written", "pairs", "expected"),
    [
        # what stands for the span is replaced
        (
            "Komm um 12:30 her",
            "Come at half past here",
            [("12:30", "half past"), ("her", "here")],
            "Come at 12:30 here",
        ),
        # nothing does: between what its neighbours became
        (
            "Siehe https://a.de dort",
            "There you see",
            [("Siehe", "see"), ("dort", "There")],
            "There you see https://a.de",
        ),
        ("{a} schläft", "sleeps well", [("schläft", "sleeps")], "{a} sleeps well"),
        # what is left out comes behind what it stood behind, an opening tag before what it stood before
        (
            "Hunde 😀 und Katzen 🐱!",
            "cats and dogs!",
            [("Hunde", "dogs"), ("Katzen", "cats")],
            "cats 🐱 and dogs 😀!",
        ),
        (
            "Hunde und <b>Katzen</b> da",
            "cats and dogs",
            [("Hunde", "dogs"), ("Katzen", "cats")],
            "<b>cats</b> and dogs",
        ),
        # two at one place keep their order
        ("Ja 😀 nein", "yes no", [("Ja", "yes"), ("nein", "no")], "yes 😀 no"),
        ("das {a} {b} hier", "the here", [("das", "the"), ("hier", "here")], "the {a} {b} here"),
    ],
)
def test_the_attention_places_what_is_missing(
    text: str, written: str, pairs: Sequence[tuple[str, str]], expected: str
) -> None:
    translation, placements = finish(text, written, pairs)
    assert translation == expected
    assert set(placements) == {ALIGNMENT}


def test_without_attention_the_proportion_does() -> None:
    assert finish("eins zwei {a} drei vier", "one two three four") == ("one two {a} three four", [PROPORTION])
    assert finish("eins 😀 zwei", "") == ("😀", [PROPORTION])
