"""Message catalogues of gettext: what has no translation yet gets one; all else stays, comments included.

Entries that have a translation keep it, whether fuzzy or not, and obsolete ones are left alone. Plural forms
are filled as far as two forms of the source go: the first from the singular, the others from the plural;
where the language has but one form, it comes from the plural.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import polib

from service.errors import UnreadableFile
from service.files.document import Document
from service.files.encoding import decode
from service.files.limits import FileLimits
from service.files.splicing import Slot, SplicedDocument
from service.text.annotated import AnnotatedText, AnnotatedTranslation

_TRANSLATION = re.compile(r"[ \t]*msgstr(?:\[(\d+)\])?[ \t]+\"")
_CONTINUATION = re.compile(r"[ \t]*\"")
_CHARSET = re.compile(rb"charset=([A-Za-z0-9_-]+)")
_BREAKS = "\v\f\x1c\x1d\x1e\x85\u2028\u2029"
"""What Python takes for the end of a line, and gettext does not."""
_HIDDEN = str.maketrans({one: chr(0x10FF00 + ord(one) % 256) for one in _BREAKS})
_SHOWN = str.maketrans({hidden: chr(one) for one, hidden in _HIDDEN.items()})
_PLACE = re.compile(r"line (\d+)")


@dataclass(frozen=True, slots=True)
class _Written:
    """A ``msgstr`` as it stands in the file.

    Attributes:
        start: where it begins.
        end: after the last quotation mark.
        index: of the plural form, or None.
    """

    start: int
    end: int
    index: int | None


def read(data: bytes, limits: FileLimits) -> Document:
    """See ``Reader``."""
    charset = _CHARSET.search(data[:10_000])
    source = decode(data, charset.group(1).decode() if charset else None)
    text = source.text.translate(_HIDDEN)
    lines = text.splitlines(keepends=True)
    newline = "\r\n" if "\r\n" in source.text else "\n"
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    slots: list[Slot] = []
    for entry in _entries(text):
        slots += _slots(entry, list(_written(lines, starts, max(0, (entry.linenum or 0) - 1))), newline)
    return SplicedDocument(source, slots, keep_unchanged=False)


def _entries(text: str) -> list[polib.POEntry]:
    """The entries that are in use."""
    try:
        catalogue = polib.pofile(text + "\n")  # a text without a line break might be taken for a path
    except OSError as error:
        place = _PLACE.search(str(error))
        raise UnreadableFile(
            f"file: not a gettext catalogue{f', at {place.group()}' if place else ''}"
        ) from None
    except (ValueError, LookupError, AttributeError, UnicodeError):
        raise UnreadableFile("file: not a gettext catalogue") from None
    if not catalogue and not catalogue.metadata:
        raise UnreadableFile("file: not a gettext catalogue: there is no entry in it")
    return [entry for entry in catalogue if not entry.obsolete and entry.msgid]


def _written(lines: list[str], starts: list[int], first: int) -> Iterator[_Written]:
    """The ``msgstr`` of the entry that begins in line ``first``."""
    number = first
    while number < len(lines) and not _TRANSLATION.match(lines[number]):
        number += 1
    while number < len(lines) and (found := _TRANSLATION.match(lines[number])):
        last = number
        while last + 1 < len(lines) and _CONTINUATION.match(lines[last + 1]):
            last += 1
        end = starts[last] + len(lines[last].rstrip())
        yield _Written(starts[number], end, int(found.group(1)) if found.group(1) else None)
        number = last + 1


def _slots(entry: polib.POEntry, written: list[_Written], newline: str) -> Iterator[Slot]:
    for one in written if entry.msgid_plural else written[:1]:
        existing = entry.msgstr if one.index is None else entry.msgstr_plural.get(one.index)
        if not existing:
            singular = not entry.msgid_plural or (one.index == 0 and len(written) > 1)
            text = (entry.msgid if singular else entry.msgid_plural).translate(_SHOWN)
            yield Slot(one.start, one.end, AnnotatedText(text), _writer(one.index, newline))


def _writer(index: int | None, newline: str) -> Callable[[AnnotatedTranslation], str]:
    keyword = "msgstr" if index is None else f"msgstr[{index}]"

    def write(translation: AnnotatedTranslation) -> str:
        lines = re.findall(r"[^\n]*\n|[^\n]+", translation.text) or [""]
        quoted = [f'"{polib.escape(line)}"' for line in lines]
        return newline.join([f'{keyword} ""', *quoted]) if len(quoted) > 1 else f"{keyword} {quoted[0]}"

    return write
