"""Entries as clients write them: tab-separated, comma-separated, or as an object."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping

from service.errors import InvalidRequest
from service.text.glossary import Entry

MAX_TERM_BYTES = 1024
_CSV_COLUMNS = (2, 4)  # source, target; or these and their languages, as DeepL has it


def read_entries(text: str, entries_format: str, max_entries: int) -> tuple[Entry, ...]:
    """The entries that ``text`` has, one a line.

    Args:
        text: what a client has sent.
        entries_format: ``tsv`` or ``csv``.
        max_entries: that a glossary may have.

    Raises:
        InvalidRequest: a line is no entry, or there are none or too many; names the line.
    """
    rows = _csv_rows(text) if entries_format == "csv" else _tsv_rows(text)
    return checked_entries(rows, max_entries, "entries")


def checked_entries(rows: Iterable[tuple[str, str, str]], max_entries: int, field: str) -> tuple[Entry, ...]:
    """Entries of ``(where, source, target)``.

    Raises:
        InvalidRequest: see ``read_entries``; the message has no term, only where it is.
    """
    entries: dict[str, Entry] = {}
    for where, *terms in rows:
        source, target = (_checked_term(term, where, field) for term in terms)
        if source in entries:
            raise InvalidRequest(f"{field}: {where}: this source term has been there before", field)
        if len(entries) == max_entries:
            raise InvalidRequest(f"{field}: {where}: at most {max_entries} entries are accepted", field)
        entries[source] = Entry(source, target)
    if not entries:
        raise InvalidRequest(f"{field}: there must be at least one entry", field)
    return tuple(entries.values())


def inline_entries(terms: Mapping[str, str], max_entries: int) -> tuple[Entry, ...]:
    """The entries of an object.

    Raises:
        InvalidRequest: see ``read_entries``.
    """
    rows = ((f"entry {number}", *pair) for number, pair in enumerate(terms.items(), start=1))
    return checked_entries(rows, max_entries, "terms")


def write_tsv(entries: Iterable[Entry]) -> str:
    """The entries, one a line; ``read_entries`` gives them back."""
    return "".join(f"{entry.source}\t{entry.target}\n" for entry in entries)


def _tsv_rows(text: str) -> Iterable[tuple[str, str, str]]:
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        columns = line.split("\t")
        if len(columns) != 2:
            raise InvalidRequest(
                f"entries: line {number}: must be a source term, a tab and a target term, "
                f"but has {len(columns) - 1} tabs",
                "entries",
            )
        yield f"line {number}", columns[0], columns[1]


def _csv_rows(text: str) -> Iterable[tuple[str, str, str]]:
    reader = csv.reader(io.StringIO(text), strict=True)
    try:
        for columns in reader:
            if not any(columns):
                continue
            if len(columns) not in _CSV_COLUMNS:
                raise InvalidRequest(
                    f"entries: line {reader.line_num}: must have 2 columns, or 4, but has {len(columns)}",
                    "entries",
                )
            yield f"line {reader.line_num}", columns[0], columns[1]
    except csv.Error:
        raise InvalidRequest(f"entries: line {reader.line_num}: is not valid CSV", "entries") from None


def _checked_term(term: str, where: str, field: str) -> str:
    term = term.strip()
    if not term:
        raise InvalidRequest(f"{field}: {where}: a term is empty", field)
    try:
        size = len(term.encode())
    except UnicodeEncodeError:
        raise InvalidRequest(f"{field}: {where}: a term is not valid Unicode", field) from None
    if size > MAX_TERM_BYTES:
        raise InvalidRequest(f"{field}: {where}: a term has {size} bytes; at most {MAX_TERM_BYTES}", field)
    if not term.isprintable():  # tabs and line breaks, and private characters, which stand for other things
        raise InvalidRequest(f"{field}: {where}: a term has a control or private character", field)
    return term
