"""Plain text: all of it is translated; line breaks and white space stay, as for a request's text."""

from __future__ import annotations

import re

from service.files.document import Document, Format
from service.files.encoding import decode
from service.files.limits import FileLimits
from service.files.splicing import Slot, SplicedDocument
from service.text.annotated import AnnotatedText, AnnotatedTranslation

_LINE = re.compile(r"[^\r\n]+")


def _read(data: bytes, limits: FileLimits) -> Document:
    source = decode(data)
    slots = [
        Slot(line.start(), line.end(), AnnotatedText(line.group()), _text) for line in _LINE.finditer(source.text)
    ]
    return SplicedDocument(source, slots)


def _text(translation: AnnotatedTranslation) -> str:
    return translation.text


FORMAT = Format("text", (".txt",), "text/plain", _read)
