"""Plain text: all of it is translated; line breaks and white space stay, as for a request's text."""

from __future__ import annotations

import re

from service.files.document import Document
from service.files.encoding import decode
from service.files.limits import FileLimits
from service.files.splicing import Slot, SplicedDocument
from service.text.annotated import AnnotatedText, AnnotatedTranslation

_LINE = re.compile(r"[^\r\n]+")


def read(data: bytes, limits: FileLimits) -> Document:
    """See ``Reader``."""
    source = decode(data)
    slots = [
        Slot(line.start(), line.end(), AnnotatedText(line.group()), _text)
        for line in _LINE.finditer(source.text)
    ]
    return SplicedDocument(source, slots)


def _text(translation: AnnotatedTranslation) -> str:
    return translation.text
