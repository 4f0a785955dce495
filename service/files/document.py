"""What a format makes of a file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file.

    Attributes:
        name: for metrics, and for the module that reads it.
        extensions: of file names, with the dot; the first is the usual one.
        media_type: what HTTP calls it.
        read: from a file's bytes to a document. Raises ``UnreadableFile`` and ``FileTooLarge``.
    """

    name: str
    extensions: tuple[str, ...]
    media_type: str
    read: Callable[[bytes, FileLimits], Document]
