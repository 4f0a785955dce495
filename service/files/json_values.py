"""JSON: string values are translated; keys, numbers and layout stay."""

from __future__ import annotations

import json
from collections.abc import Callable
from json import decoder, scanner
from typing import Any

from service.errors import UnreadableFile
from service.files.document import Document
from service.files.encoding import EncodedText, decode
from service.files.limits import FileLimits
from service.files.splicing import Slot, SplicedDocument
from service.text.annotated import AnnotatedText, AnnotatedTranslation


class _Recorder(json.JSONDecoder):
    """The standard library's decoder, which notes where string values are.

    Its scanner in Python, unlike the one in C, calls ``parse_string`` for values, and for values only.
    """

    def __init__(self) -> None:
        super().__init__(parse_int=str, parse_float=str)  # no number is computed, however long it is
        self.found: list[tuple[int, int, str]] = []
        self.parse_string: Callable[[str, int, bool], tuple[str, int]] = self._record
        self.scan_once = scanner.py_make_scanner(self)  # type: ignore[attr-defined] # not in typeshed

    def _record(self, text: str, begin: int, strict: bool) -> tuple[str, int]:
        value, end = decoder.scanstring(text, begin, strict)  # type: ignore[attr-defined] # not in typeshed
        self.found.append((begin - 1, end, value))
        return value, end


def read(data: bytes, limits: FileLimits) -> Document:
    """See ``Reader``."""
    source = decode(data)
    write = _writer(source)
    return SplicedDocument(
        source, [Slot(start, end, AnnotatedText(value), write) for start, end, value in _values(source.text)]
    )


def _values(text: str) -> list[tuple[int, int, str]]:
    recorder = _Recorder()
    try:
        recorder.decode(text)
    except json.JSONDecodeError as error:
        raise UnreadableFile(
            f"file: not valid JSON: {error.msg} at line {error.lineno}, column {error.colno}"
        ) from None
    except RecursionError:
        raise UnreadableFile("file: the JSON is nested too deeply") from None
    for _, _, value in recorder.found:
        check_unicode(value)
    return recorder.found


def check_unicode(value: str) -> None:
    """Do nothing if ``value`` can be written.

    Raises:
        UnreadableFile: an escape in the file is half of a surrogate pair.
    """
    try:
        value.encode()
    except UnicodeEncodeError:
        raise UnreadableFile("file: a string has half of a surrogate pair") from None


def _writer(source: EncodedText) -> Callable[[AnnotatedTranslation], str]:
    """Escapes what is not ASCII only where the file does so throughout."""
    ascii_only = source.text.isascii() and "\\u" in source.text

    def write(translation: AnnotatedTranslation) -> Any:
        return json.dumps(translation.text, ensure_ascii=ascii_only)

    return write
