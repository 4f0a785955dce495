"""Whatever a translator does, and whatever the document is: no tag is lost, added, or wrongly nested."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import settings as checks
from hypothesis import strategies as st

from service.markup.document import html_document, xml_document
from service.markup.rules import Rules
from service.markup.tokens import MarkupError
from service.text.annotated import unchanged
from tests.service.markup.reading import (
    html_characters,
    is_nested,
    tags,
    xml_characters,
    xml_tags,
)
from tests.service.markup.translators import EVERY, Translate, backwards, shuffling

WORDS = st.sampled_from(
    [
        "dog",
        "Die Katze",
        " ",
        "  schläft\n",
        "&amp;",
        "&lt;b&gt;",
        "&nbsp;",
        "&#x41;",
        ".",
        "字",
        "😀",
        "\xa0x",
        ", ",
    ]
)
LEAVES = st.one_of(
    WORDS,
    st.sampled_from(
        [
            "<br>",
            '<img src="a>b" alt="a cat">',
            "<!-- a <b> comment -->",
            "<script>if (a < b) { '<i>' }</script>",
            "<style>p > b { color: red }</style>",
            "<code>f(<b>x</b>)</code>",
            '<span translate="no">So <i>bleibt</i> es</span>',
            "<pre> a\n  b </pre>",
            '<x id="1"></x>',
            "<a name=here></a>",
            "<wbr>",
        ]
    ),
)
NAMES = st.sampled_from(
    ["b", "i", 'a href="x?a=1&amp;b=2"', "span class='y'", "p", "div", "li", "td", "button"]
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.builds(
        lambda name, children: f"<{name}>{''.join(children)}</{name.split()[0]}>",
        NAMES,
        st.lists(inner, max_size=5),
    ),
    max_leaves=20,
)
PAGES = st.lists(TREES, max_size=5).map("".join)
SCRAPS = """
<b> </b> <i> </i> <p> </p> <x <x> </x> </> </ < > & &lt &# <! <!-- --> <![CDATA[ ]]> <?php ?> <svg> </svg>
<math> <title> </title> <script> </script> <style> <textarea> </textarea> <plaintext> <noscript> <select>
<!DOCTYPE> <td> <li> <p/> <b/> " ' = \x00 \ud7ff \ufeff
"""
JUNK = st.lists(
    st.one_of(
        TREES,
        st.sampled_from(SCRAPS.split()),
        st.sampled_from(
            ["\r", "\r\n", "\n", "\t", " ", "<a\n", "<p\rclass=notranslate>", "<span translate=no>"]
        ),
    ),
    max_size=12,
).map("".join)
RULES = st.sampled_from(
    [
        Rules(),
        Rules(ignored=frozenset(("x", "a"))),
        Rules(splitting=frozenset(("i",)), non_splitting=frozenset(("p", "td")), outline=False),
    ]
)
TRANSLATORS = st.one_of(st.sampled_from(EVERY), st.builds(shuffling, st.integers(0, 9)))


@given(PAGES, RULES, TRANSLATORS)
@checks(max_examples=200, deadline=None)
def test_pages_keep_their_tags(page: str, rules: Rules, translate: Translate) -> None:
    document = html_document(page, rules)
    result = document.write([translate(text) for text in document.texts])
    assert tags(result) == tags(page)
    assert is_nested(page)
    assert is_nested(result)


@given(PAGES, RULES, st.integers(0, 9))
@checks(max_examples=100, deadline=None)
def test_moving_words_loses_no_character(page: str, rules: Rules, seed: int) -> None:
    document = html_document(page, rules)
    result = document.write([shuffling(seed)(text) for text in document.texts])
    assert html_characters(result) == html_characters(page)


@given(st.one_of(JUNK, st.text(st.characters(codec="utf-8"))), RULES, TRANSLATORS)
@checks(max_examples=300, deadline=None)
def test_junk_keeps_its_tags(junk: str, rules: Rules, translate: Translate) -> None:
    document = html_document(junk, rules)
    assert tags(document.write([translate(text) for text in document.texts])) == tags(junk)


@given(st.one_of(PAGES, JUNK, st.text(st.characters(codec="utf-8"))), RULES)
@checks(max_examples=200, deadline=None)
def test_what_is_not_changed_is_the_same_character_for_character(junk: str, rules: Rules) -> None:
    document = html_document(junk, rules)
    assert document.write([unchanged(text) for text in document.texts]) == junk


XML_LEAVES = st.one_of(
    st.sampled_from(
        ["Hund", " ", "\n  ", "&amp;", "&lt;b>", "&#65;", "字", "a\r\nb", "<![CDATA[ <&> ]]>", "<!-- c -->"]
    ),
    st.sampled_from(['<x id="12"></x>', "<br/>", "<?pi a?>", '<x id="&lt;1"/>']),
)
XML = st.lists(
    st.recursive(
        XML_LEAVES,
        lambda inner: st.builds(
            lambda name, children: f"<{name}>{''.join(children)}</{name}>",
            st.sampled_from(["b", "par", "x", "ns.a", "Ä"]),
            st.lists(inner, max_size=4),
        ),
        max_leaves=15,
    ),
    max_size=4,
).map("".join)


@given(XML, RULES, st.booleans(), TRANSLATORS)
@checks(max_examples=200, deadline=None)
def test_xml_keeps_its_elements(fragment: str, rules: Rules, collapse: bool, translate: Translate) -> None:
    document = xml_document(fragment, rules, collapse)
    assert document.write([unchanged(text) for text in document.texts]) == fragment
    result = document.write([translate(text) for text in document.texts])
    assert xml_tags(result) == xml_tags(fragment)
    moved = document.write([backwards(text) for text in document.texts])
    assert xml_characters(moved) == xml_characters(fragment)


@given(st.one_of(XML, st.text(st.characters(codec="utf-8")), JUNK), st.booleans())
@checks(max_examples=200, deadline=None)
def test_any_text_is_xml_or_refused(junk: str, collapse: bool) -> None:
    try:
        document = xml_document(junk, Rules(), collapse)
    except MarkupError:
        return
    assert document.write([unchanged(text) for text in document.texts]) == junk


@pytest.mark.parametrize("translate", EVERY)
def test_the_translators_translate(translate: Translate) -> None:
    """Or the rest of this file would say nothing."""
    (text,) = html_document("<p>One <b>two</b> three</p>", Rules()).texts
    assert translate(text).text != text.text
