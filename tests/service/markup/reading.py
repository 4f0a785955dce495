"""What a document consists of, for comparison, as parsers see it that the service does not use for it."""

from __future__ import annotations

from collections import Counter
from html.parser import HTMLParser
from xml.etree import ElementTree

import turbohtml
from turbohtml import TokenType

RAW = frozenset(
    ("script", "style", "textarea", "noscript", "plaintext", "xmp", "iframe", "noembed", "noframes")
)


def tags(document: str) -> Counter[tuple[object, ...]]:
    """Every tag of ``document``, every comment, and every text in which there are no tags."""
    found = Counter[tuple[object, ...]]()
    before = None
    for token in turbohtml.tokenize(document, capture_source=True):
        if token.type in (TokenType.START_TAG, TokenType.END_TAG):
            found[token.type, token.tag, tuple(token.attrs or ()), token.self_closing] += 1
        elif token.type != TokenType.TEXT:
            found[token.type, token.source] += 1
        elif before is not None and before.type == TokenType.START_TAG and before.tag in RAW:
            found[token.type, before.tag, token.data] += 1
        before = token
    return found


class _Checker(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.is_nested = True
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in ("br", "img", "wbr", "hr", "input"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        self.is_nested &= bool(self.open) and self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def is_nested(document: str) -> bool:
    """Whether every element of ``document``, which has none that may lack its end, ends within its parent."""
    checker = _Checker()
    checker.feed(document)
    checker.close()
    return checker.is_nested and not checker.open


def html_characters(document: str) -> Counter[str]:
    """How often each character is in the text of ``document``, white space not counted."""
    checker = _Checker()
    checker.feed(document)
    checker.close()
    return Counter("".join("".join(checker.text).split()))


def xml_tags(fragment: str) -> Counter[tuple[str, tuple[tuple[str, str], ...]]]:
    """Every element of a well-formed ``fragment``."""
    root = ElementTree.fromstring(f"<root>{fragment}</root>")
    return Counter((one.tag, tuple(sorted(one.attrib.items()))) for one in root.iter())


def xml_characters(fragment: str) -> Counter[str]:
    """How often each character is in the text of ``fragment``, white space not counted."""
    root = ElementTree.fromstring(f"<root>{fragment}</root>")
    return Counter("".join("".join(root.itertext()).split()))
