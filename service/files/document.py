"""What a format makes of a file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from service.files.limits import FileLimits
from service.text.annotated import AnnotatedText, AnnotatedTranslation


class Document(Protocol):
    """A file that has been read."""

    @property
    def units(self) -> Sequence[AnnotatedText]:
        """The texts to translate, in the order in which they are read."""
        ...

    def write(self, translations: Sequence[AnnotatedTranslation]) -> bytes:
        """The file with ``translations`` in place of ``units``, and nothing else changed."""
        ...


class Reader(Protocol):
    """From the bytes of a file to a document; a pure function."""

    def __call__(self, data: bytes, limits: FileLimits) -> Document:
        """``data``, read.

        Raises:
            UnreadableFile: it is no file of this kind.
            TextTooLarge: it is over one of ``limits``.
        """
        ...
