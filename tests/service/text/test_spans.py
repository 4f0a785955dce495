"""What is found by its look, what is not, and how long that takes."""

from __future__ import annotations

import random
import re
import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.text import spans
from service.text.annotated import Range
from service.text.spans import Kind, find_spans

FOUND: dict[str, list[tuple[str, list[str | None]]]] = {
    "pages": [
        ("Siehe https://example.com/a_(b)?q=1&x=y.", ["https://example.com/a_(b)?q=1&x=y"]),
        ("(siehe http://a.de/b)", ["http://a.de/b"]),
        ("„https://de.wikipedia.org/wiki/Straße“", ["https://de.wikipedia.org/wiki/Straße"]),
        ("www.foo.de, oder foo.de/bar!", ["www.foo.de", "foo.de/bar"]),
        ("ssh://host:22/x und ftp://x.y/z", ["ssh://host:22/x", "ftp://x.y/z"]),
        ("请访问https://a.b/c了解更多", ["https://a.b/c"]),
        ("https://zh.wikipedia.org/wiki/中国", ["https://zh.wikipedia.org/wiki/中国"]),
    ],
    "people": [
        ("an Max.Muster@Example.de, bitte", ["Max.Muster@Example.de"]),
        ("邮箱a@b.cn。", ["a@b.cn"]),
        ("danke @anna_1! und @b@c.social", ["@anna_1", "@b@c.social"]),
    ],
    "emoji": [
        ("a 👩\u200d🚀 b", ["👩\u200d🚀"]),
        ("🇩🇪 und 1\ufe0f\u20e3 und 👍🏽", ["🇩🇪", "1\ufe0f\u20e3", "👍🏽"]),
        ("❤\ufe0f🎉 mit 🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", ["❤\ufe0f🎉", None]),
        ("so :smile: und :+1:", [":smile:", ":+1:"]),
        ("→ ● \ue123\uf8ff", ["→", "●", "\ue123\uf8ff"]),
    ],
    "variables": [
        ("{name} {{ user.name }} {0:.2f} {}", ["{name}", "{{ user.name }}", "{0:.2f}", "{}"]),
        ("%s, %d%, %(count)d %1$s %.2f %@", ["%s", "%d", "%(count)d", "%1$s", "%.2f", "%@"]),
        ("${x} $HOME %name% %{y} #{z}", ["${x}", "$HOME", "%name%", "%{y}", "#{z}"]),
        ("{% if a %}x{% end %}", ["{% if a %}", "{% end %}"]),
    ],
    "numbers": [
        ("5 kg, 3,5 km/h, 20 °C", ["5 kg", "3,5 km/h", "20 °C"]),
        ("50% und 100 %, 1.000 € oder $5.50", ["50%", "100 %", "1.000 €", "$5.50"]),
        ("$5k, €3M, $10bn, not $5Ab", ["$5k", "€3M", "$10bn"]),
        ("10 x 20 cm, 5\u201310 kg, 1 000 000 km", ["10 x 20 cm", "5\u201310 kg", "1 000 000 km"]),
        ("Im Jahr 1999. Und 2024年", ["1999", "2024"]),
        ("um 12:30, am 2024-05-01 oder 1.5.2024", ["12:30", "2024-05-01", "1.5.2024"]),
        ("v1.2, 1.2.3-rc1 und 192.168.1.1", ["v1.2", "1.2.3-rc1", "192.168.1.1"]),
        ("+49 30 123456-78 0x1F", ["+49 30 123456-78", "0x1F"]),
    ],
    "code": [
        ("`rm -rf` und ``a ` b``", ["`rm -rf`", "``a ` b``"]),
        ("obj.method() foo_bar --force", ["obj.method()", "foo_bar", "--force"]),
        ("/usr/bin/x. ~/.bashrc ./run.sh", ["/usr/bin/x", "~/.bashrc", "./run.sh"]),
        ("C:\\Users\\x.txt, src/main.py data.tar.gz", ["C:\\Users\\x.txt", "src/main.py", "data.tar.gz"]),
        ("#fußball, #1a", ["#fußball", "#1a"]),
    ],
    "tags": [
        ('<x id="12"/> <b>fett</b> <!-- a -->', ['<x id="12"/>', "<b>", "</b>", "<!-- a -->"]),
        ('<a href="https://x.y/z">hier</a>', ['<a href="https://x.y/z">', "</a>"]),
        ("A&nbsp;B &#160; &amp;", ["&nbsp;", "&#160;", "&amp;"]),
    ],
}
NOT_FOUND = [
    "Am 3. Mai waren 12 Hunde da, um 7 Uhr.",
    "3,5 oder 3.5 oder 1.000 Leute; das 21st und die 1990er",
    "50%ige Lösung, 3000万",
    "Er sagte: ja; sie/er und und/oder.",
    "Das Ende.Es ging z.B. so weiter, d.h. u.a. hier.",
    "a < b und c > d, R&D, AT&T",
    "2 in the morning, I am 5",
    "100th, B2B",
    "Nr. #1 und 5 x",
    "Uhrzeit: so, und :so:nicht",
    "Er - sie -- es",
    "{ein Satz in Klammern} und {das auch}",
]


@pytest.mark.parametrize(("text", "expected"), [case for cases in FOUND.values() for case in cases])
def test_found(text: str, expected: list[str | None]) -> None:
    found = [span.text for span in find_spans(text)]
    assert len(found) == len(expected)
    assert all(wanted in (one, None) for one, wanted in zip(found, expected, strict=True))


@pytest.mark.parametrize("text", NOT_FOUND)
def test_not_found(text: str) -> None:
    assert [span.text for span in find_spans(text)] == []


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("{a} 😀 <b> 5 kg `c` :x:y :smile:", ["word", "loose", "loose", "word", "word", "loose"]),
        ('<a href="https://x.y"> \ue000', ["loose", "loose"]),
        ("{{a\u2028b}} <b\n>", []),
    ],
)
def test_kinds(text: str, kinds: list[str]) -> None:
    assert [span.kind.value for span in find_spans(text) if span.kind is not Kind.BLOCK] == kinds


def test_code_between_fences_is_a_block() -> None:
    text = "So:\n```python\nx = 1\n~~~\n```\nund\n~~~\ny\n~~~\n```\nEnde"
    spans = find_spans(text)
    assert [span.text for span in spans] == ["```python\nx = 1\n~~~\n```", "~~~\ny\n~~~"]
    assert {span.kind for span in spans} == {Kind.BLOCK}


def test_what_a_caller_names_is_protected_whatever_it_is() -> None:
    text = "Das alte Haus und 5 kg Mehl"
    spans = find_spans(text, [Range(4, 8), Range(8, 13), Range(20, 25)])
    assert [(span.text, span.found) for span in spans] == [
        ("alte", False),
        (" Haus", False),
        ("5 kg Me", False),
    ]
    assert find_spans("a\nb", [Range(0, 3)])[0].kind is Kind.BLOCK


@settings(deadline=None)
@given(
    st.lists(st.sampled_from(["{a}", "😀", "https://a.b", "5 kg", "@x", "<b>", " ", "a", ".", "\n"])).map(
        "".join
    ),
    st.lists(st.tuples(st.integers(0, 30), st.integers(1, 9))),
)
def test_spans_are_disjoint_and_cover_what_is_protected(text: str, pairs: list[tuple[int, int]]) -> None:
    protected = [Range(start, start + size) for start, size in pairs if start + size <= len(text)]
    spans = find_spans(text, protected)
    assert all(left.range.end <= right.range.start for left, right in pairwise(spans))
    assert all(text[span.range.start : span.range.end] == span.text for span in spans)
    covered = {i for span in spans for i in range(span.range.start, span.range.end)}
    assert {i for one in protected for i in range(one.start, one.end)} <= covered
    assert {i for span in find_spans(text) for i in range(span.range.start, span.range.end)} <= covered


UNITS = """abc_ http:// https://a.b/( a@ a.b. x@y.de, { {{ %( ` <a_ <!-- /a 1. 1_0 12_ +1_ :a # @a. a_ 😀 &a $
    \\a 1- --a a/ a.b( 0x 1_000_ 一 ``a` ```a\n"""


@pytest.mark.parametrize("unit", UNITS.split())
def test_time_is_linear(unit: str) -> None:
    def seconds(characters: int) -> float:
        text = unit.replace("_", " ") * (characters // len(unit))
        start = time.process_time()
        find_spans(text)
        return time.process_time() - start

    seconds(100)
    small = min(seconds(8_000) for _ in range(2))
    # Quadratic would be 16 times as much; the constant forgives a hiccup.
    assert any(seconds(32_000) < 8 * small + 0.1 for _ in range(3))


def test_no_span_is_missed_by_the_first_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """Most texts are let go after one search; here all of them are searched for every kind of span, too."""
    examples = [text for cases in FOUND.values() for text, _ in cases]
    fragments = [*examples, *(character for text in examples for character in text)]
    dice = random.Random(1)
    words = ["so", "Ende.", "a", "deadbeef-", "abcd-abcd-abcd-", "feedfacecafe", "f(x)", "-", ".", " ", " "]
    texts = ["".join(dice.choices(fragments + words * 20, k=dice.randint(1, 8))) for _ in range(3000)]
    texts += ["deadbeef-abcd-abcd-abcd-feedfacecafe", "localhost", "a.b()", "see --help"]
    at_once = [find_spans(text) for text in texts]
    monkeypatch.setattr(spans, "ANY", re.compile(""))
    assert at_once == [find_spans(text) for text in texts]
    assert sum(map(bool, at_once)) < len(texts)  # some have none
