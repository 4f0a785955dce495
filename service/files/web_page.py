"""HTML pages: the text is translated, and attributes that people read; scripts and styles stay."""

from __future__ import annotations

import re
from collections.abc import Sequence

from service.files.document import Document
from service.files.encoding import EncodedText, decode
from service.files.limits import FileLimits
from service.markup.document import Document as Markup
from service.markup.document import html_document
from service.markup.rules import Rules
from service.text.annotated import AnnotatedText, AnnotatedTranslation

_RULES = Rules(attributes=frozenset(["alt", "aria-label", "placeholder", "title"]))
_HEAD_BYTES = 4096
_CHARSET = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?\s*([A-Za-z0-9_-]+)", re.IGNORECASE)


def read(data: bytes, limits: FileLimits) -> Document:
    """See ``Reader``."""
    charset = _CHARSET.search(data[:_HEAD_BYTES])
    source = decode(data, charset.group(1).decode() if charset else None)
    return WebPage(source, html_document(source.text, _RULES))


class WebPage:
    """A ``Document``. A character that the page's encoding lacks is written as a reference.

    Args:
        source: the file.
        markup: the same, taken apart.
    """

    def __init__(self, source: EncodedText, markup: Markup) -> None:
        self._source = source
        self._markup = markup

    @property
    def units(self) -> Sequence[AnnotatedText]:
        """See ``Document``."""
        return self._markup.texts

    def write(self, translations: Sequence[AnnotatedTranslation]) -> bytes:
        """See ``Document``."""
        return self._source.encode(self._markup.write(translations), "xmlcharrefreplace")
