"""Documents as tokens: together they are the document, and each is what a parser says that it is."""

from __future__ import annotations

from html import unescape

import pytest
from hypothesis import given
from hypothesis import settings as checks
from hypothesis import strategies as st

from service.markup.html import html_tokens
from service.markup.tokens import Kind, MarkupError
from service.markup.xml import xml_tokens

SCRAPS = [
    "<b>",
    "</b>",
    "<br/>",
    "&amp;",
    "&lt",
    "\r\n",
    "\r",
    "\n",
    "a",
    "😀",
    "<!--",
    "-->",
    "</>",
    "<a\r\nx='\r'>",
]
SCRAPS += ["<", ">", "<script>", "</script>", "<![CDATA[", "]]>", "\x00", "\t", "<?", "</ "]


@given(st.one_of(st.lists(st.sampled_from(SCRAPS), max_size=12).map("".join), st.text()))
@checks(max_examples=300, deadline=None)
def test_html_tokens_are_the_document(document: str) -> None:
    tokens = html_tokens(document)
    assert "".join(token.source for token in tokens) == document
    for token in tokens:
        if token.kind in (Kind.START, Kind.END):
            assert (token.source[0], token.source[-1]) == ("<", ">")


def test_html() -> None:
    found = html_tokens("<!DOCTYPE html>A &amp; b<IMG Src='x&amp;y' alt>\r\n</P ><!-- c --><b/></><x")
    assert [(token.kind, token.source, token.name, token.text) for token in found] == [
        (Kind.OTHER, "<!DOCTYPE html>", "", ""),
        (Kind.TEXT, "A &amp; b", "", "A & b"),
        (Kind.START, "<IMG Src='x&amp;y' alt>", "img", ""),
        (Kind.TEXT, "\r\n", "", "\n"),
        (Kind.END, "</P >", "p", ""),
        (Kind.OTHER, "<!-- c -->", "", ""),
        (Kind.START, "<b/>", "b", ""),
        (Kind.OTHER, "</><x", "", ""),
    ]
    assert found[2].attributes == {"src": "x&y", "alt": ""}
    assert [token.childless for token in found if token.kind is Kind.START] == [True, True]


@pytest.mark.parametrize("name", ["script", "style", "textarea", "title", "noscript", "iframe"])
def test_no_tags_are_seen_where_there_are_none(name: str) -> None:
    tokens = html_tokens(f"<{name}><b>&amp;</b></x></{name}>")
    assert [token.kind for token in tokens] == [Kind.START, Kind.TEXT, Kind.END]
    assert unescape(tokens[1].text) == "<b>&</b></x>"


def test_xml() -> None:
    found = xml_tokens('ä&nbsp;&amp;<x id="1"/>b<!-- c --><![CDATA[<&>]]><y:z>\r\n</y:z ><?pi?>')
    assert [(token.kind, token.source, token.name, token.text) for token in found] == [
        (Kind.TEXT, "ä&nbsp;&amp;", "", "ä\xa0&"),
        (Kind.START, '<x id="1"/>', "x", ""),
        (Kind.TEXT, "b", "", "b"),
        (Kind.OTHER, "<!-- c -->", "", ""),
        (Kind.TEXT, "<![CDATA[<&>]]>", "", "<&>"),
        (Kind.START, "<y:z>", "y:z", ""),
        (Kind.TEXT, "\r\n", "", "\n"),
        (Kind.END, "</y:z >", "y:z", ""),
        (Kind.OTHER, "<?pi?>", "", ""),
    ]


def test_whole_xml_documents() -> None:
    document = '\ufeff<?xml version="1.0" encoding="latin-1"?>\n<!DOCTYPE a SYSTEM "x">\n<a>ä</a>\n<!-- -->\n'
    tokens = xml_tokens(document)
    assert "".join(token.source for token in tokens) == document
    assert [token.text for token in tokens if token.kind is Kind.TEXT] == ["ä"]
    assert [token.source for token in xml_tokens("\n<a/>\n")] == ["\n", "<a/>", "\n"]


BOMB = '<!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><a>&b;</a>'


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("<a>", "mismatched tag at line 1, character 4"),
        ("ab\n <b></c>", "mismatched tag at line 2, character 7"),
        ("a & b", "not well-formed (invalid token) at line 1, character 4"),
        ("a < b", "not well-formed (invalid token) at line 1, character 4"),
        ("</r><r>", "junk after document element at line 1, character 5"),
        ("a</r>", "not well-formed (invalid token) at line 1, character 6"),
        ("<a x='1' x='2'/>", "duplicate attribute at line 1, character 10"),
        ("&nosuch;", "undefined entity at line 1, character 1"),
        ("a\x00b", "not well-formed (invalid token) at line 1, character 2"),
        ("&#0;", "reference to invalid character number at line 1, character 1"),
        ("&#xD800;", "reference to invalid character number at line 1, character 1"),
        (BOMB, "a document type with declarations of its own is not accepted"),
    ],
)
def test_what_is_not_well_formed(document: str, message: str) -> None:
    with pytest.raises(MarkupError) as caught:
        xml_tokens(document)
    assert str(caught.value) == message


def test_nothing_is_read_from_elsewhere() -> None:
    with pytest.raises(MarkupError):
        xml_tokens('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>')
    with pytest.raises(MarkupError):
        xml_tokens('<!DOCTYPE a SYSTEM "file:///etc/passwd"><a>&x;</a>')
