"""XML before and after its words are changed, and what the request says about its elements."""

from __future__ import annotations

import pytest

from service.markup.document import xml_document
from service.markup.rules import Rules
from service.text.annotated import Range
from tests.service.markup.translators import Translate, backwards, hostile, upper

PAGE = """<document>
  <meta>
    <title>A title</title>
  </meta>
  <par>One <i>two</i>. <i><b>Three</b></i> four.</par>
  <par>Five
    six.</par>
</document>"""


def texts(source: str, rules: Rules | None = None, collapse: bool = False) -> list[str]:
    return [text.text for text in xml_document(source, rules or Rules(), collapse).texts]


def translated(source: str, translate: Translate = upper, rules: Rules | None = None) -> str:
    document = xml_document(source, rules or Rules(), collapse=False)
    return document.write([translate(text) for text in document.texts])


def test_the_outline_is_found() -> None:
    assert texts(PAGE) == ["A title", "One two. Three four.", "Five\n    six."]
    assert texts(PAGE, collapse=True) == ["A title", "One two. Three four.", "Five six."]


def test_or_it_is_told() -> None:
    rules = Rules(splitting=frozenset(("title", "par")), outline=False)
    assert texts(PAGE, rules) == texts(PAGE)
    assert texts(PAGE, Rules(outline=False), collapse=True) == ["A title One two. Three four. Five six."]
    rules = Rules(non_splitting=frozenset(("par",)))
    assert texts(PAGE, rules, collapse=True) == ["A title", "One two. Three four. Five six."]
    assert texts("a<b>b</b>c", Rules(splitting=frozenset(("b",)))) == ["a", "b", "c"]
    assert texts("a<b/>c", Rules(splitting=frozenset(("b",)))) == ["a", "c"]


@pytest.mark.parametrize(
    ("source", "result"),
    [
        ("a &amp; b &#60;c> &nbsp;&eacute;", "A &amp; B &lt;C&gt; \xa0É"),
        ("a <b>b</b> <c/> d", "A <b>B</b> <c/> D"),
        ("a <x id='12'></x> b", "A <x id='12'></x> B"),
        ("<a>a</a> <b>b</b>", "<a>A</a> <b>B</b>"),
        ("a<!-- b --> c", "A<!-- b --> C"),
        ("<![CDATA[a <&> b]]>", "A &lt;&amp;&gt; B"),
        ("<![CDATA[<>]]>", "<![CDATA[<>]]>"),
        ('<?xml version="1.0"?>\n<a>a</a>\n', '<?xml version="1.0"?>\n<a>A</a>\n'),
        ("  a\n", "  A\n"),
        ("", ""),
    ],
)
def test_words_change_and_nothing_else(source: str, result: str) -> None:
    assert translated(source) == result


def test_ignored_elements_stand_for_words() -> None:
    """As Weblate sends a placeholder."""
    rules = Rules(ignored=frozenset(("x", "keep")))
    source = 'Delete <x id="0"></x> of <keep>all <b>these</b></keep> files'
    (text,) = xml_document(source, rules, collapse=False).texts
    assert text.text == "Delete \ufffc of all these files"
    assert text.protected == (Range(7, 8), Range(12, 21))
    assert (
        translated(source, backwards, rules) == 'files <keep>all <b>these</b></keep> of <x id="0"></x> Delete'
    )
    assert translated('<a><x id="0">a</x></a>', rules=rules) == '<a><x id="0">a</x></a>'
    assert translated("<X>a</X>", rules=rules) == "<X>A</X>"


def test_no_markup_is_born() -> None:
    result = translated("a <b>b</b> c d e f g h i j", hostile)
    assert result.count("<") == 2
    assert "]]&gt;" in result
