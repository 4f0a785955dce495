"""A document to translate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from service.markup.block import Block
from service.markup.grouping import Part, parts
from service.markup.html_items import html_items
from service.markup.rules import Rules
from service.markup.tags import written
from service.markup.writing import Escape, write_block
from service.markup.xml_items import xml_items
from service.text.annotated import AnnotatedText, AnnotatedTranslation, plain

_XML_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})
_HTML_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\xa0": "&nbsp;"})


@dataclass(frozen=True, slots=True)
class Document:
    """A document, or a fragment of one, taken apart.

    Attributes:
        texts: what is to be translated: the attributes, then the blocks.
        parts: all of it in order.
        attributes: how many of ``texts`` are attributes.
        escape: turns characters into markup for them.
    """

    texts: tuple[AnnotatedText, ...]
    parts: tuple[Part, ...]
    attributes: int
    escape: Escape

    def write(self, translations: Sequence[AnnotatedTranslation]) -> str:
        """The document with ``translations`` of its texts.

        Whatever they hold, they add no tag and take none away, and what is outside of texts that have
        changed is as it was, character for character.
        """
        attributes = [one.text for one in translations[: self.attributes]]
        blocks = iter(translations[self.attributes :])
        return "".join(
            [
                write_block(part, next(blocks), attributes, self.escape)
                if isinstance(part, Block)
                else written(part, attributes)
                for part in self.parts
            ]
        )


def html_document(source: str, rules: Rules) -> Document:
    """``source`` as HTML: a page or a part of one, well-formed or not; never fails."""
    attributes: list[str] = []
    found = tuple(parts(html_items(source, rules, attributes), collapse=True))
    return Document(plain(attributes) + _texts(found), found, len(attributes), _escape_html)


def xml_document(source: str, rules: Rules, collapse: bool) -> Document:
    """``source`` as XML: a document, or what may stand within an element.

    Args:
        source: well-formed.
        rules: see there.
        collapse: whether a run of white space, line breaks included, counts as one space.

    Raises:
        MarkupError: it is not well-formed; see ``xml_tokens``.
    """
    found = tuple(parts(xml_items(source, rules), collapse))
    return Document(_texts(found), found, 0, _escape_xml)


def _texts(found: Sequence[Part]) -> tuple[AnnotatedText, ...]:
    return tuple(part.text for part in found if isinstance(part, Block))


def _escape_html(text: str) -> str:
    return text.translate(_HTML_ESCAPES)


def _escape_xml(text: str) -> str:
    return text.translate(_XML_ESCAPES)
