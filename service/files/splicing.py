"""Documents that are text: what is translated is cut out and replaced, every other character stays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from service.files.encoding import EncodedText
from service.text.annotated import AnnotatedText, AnnotatedTranslation


@dataclass(frozen=True, slots=True)
class Slot:
    """A place in a file where something to translate is written.

    Attributes:
        start: its first character.
        end: the one after its last; ``start`` for a translation that has a place but is not there yet.
        unit: what is to be translated.
        write: a translation as it is written in this place.
    """

    start: int
    end: int
    unit: AnnotatedText
    write: Callable[[AnnotatedTranslation], str]


class SplicedDocument:
    """A ``Document`` over characters.

    Args:
        source: the file.
        slots: in the order of the text, none overlapping another.
        keep_unchanged: whether a slot whose translation is what it was keeps the way in which it was
            written; not so where a slot has been empty.
        unencodable: see ``EncodedText.encode``.
    """

    def __init__(
        self,
        source: EncodedText,
        slots: Sequence[Slot],
        keep_unchanged: bool = True,
        unencodable: str = "strict",
    ) -> None:
        self._source = source
        self._slots = [slot for slot in slots if any(map(str.isalpha, slot.unit.text))]
        self._keep_unchanged = keep_unchanged
        self._unencodable = unencodable

    @property
    def units(self) -> Sequence[AnnotatedText]:
        """See ``Document``."""
        return [slot.unit for slot in self._slots]

    def write(self, translations: Sequence[AnnotatedTranslation]) -> bytes:
        """See ``Document``."""
        text, pieces, position = self._source.text, list[str](), 0
        for slot, translation in zip(self._slots, translations, strict=True):
            pieces.append(text[position : slot.start])
            if self._keep_unchanged and is_unchanged(slot.unit, translation):
                pieces.append(text[slot.start : slot.end])
            else:
                pieces.append(slot.write(translation))
            position = slot.end
        return self._source.encode("".join([*pieces, text[position:]]), self._unencodable)


def is_unchanged(unit: AnnotatedText, translation: AnnotatedTranslation) -> bool:
    """Whether ``translation`` is the text itself."""
    return translation.text == unit.text and translation.marks == unit.marks
