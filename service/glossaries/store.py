"""Where glossaries are kept: a file of SQLite, or memory."""

from __future__ import annotations

import sqlite3
import threading
import time
import uuid
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from service.errors import GlossaryNotFound, InvalidRequest
from service.glossaries.entries import write_tsv
from service.settings import Settings, SettingsError, variable
from service.text.glossary import Entry

FILE_NAME = "glossaries.sqlite3"
MAX_GLOSSARIES = 1000
"""Of one account."""
_BUSY_SECONDS = 5.0
_SCHEMA = """
CREATE TABLE IF NOT EXISTS glossaries (
    id TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    name TEXT NOT NULL,
    source TEXT NOT NULL,
    target TEXT NOT NULL,
    created REAL NOT NULL,
    entry_count INTEGER NOT NULL,
    entries TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS glossaries_of_owner ON glossaries (owner, created);
"""
_DESCRIPTION = "id, name, source, target, created, entry_count"


@dataclass(frozen=True, slots=True)
class GlossaryInfo:
    """What is known about a glossary beside its entries.

    Attributes:
        id: given by this service.
        name: given by its owner.
        source: the language that it translates from.
        target: the language that it translates into.
        created: seconds since 1970.
        entry_count: at least 1.
    """

    id: str
    name: str
    source: str
    target: str
    created: float
    entry_count: int


class GlossaryStore:
    """Glossaries of all accounts; may be used by any thread, and by several processes with one folder.

    Args:
        folder: in which the file is, or will be; None to remember until the process ends.

    Raises:
        OSError: the folder cannot be made.
        sqlite3.Error: the file cannot be opened, or is none of SQLite's.
    """

    def __init__(self, folder: Path | None) -> None:
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
        self._database = sqlite3.connect(
            ":memory:" if folder is None else folder / FILE_NAME,
            timeout=_BUSY_SECONDS,
            check_same_thread=False,
        )
        self._lock = threading.Lock()
        with self._lock, self._database:
            self._database.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._database.close()

    def create(
        self, owner: str, name: str, direction: tuple[str, str], entries: Sequence[Entry]
    ) -> GlossaryInfo:
        """Keep a new glossary.

        Raises:
            InvalidRequest: the owner has as many as there may be.
        """
        info = GlossaryInfo(str(uuid.uuid4()), name, *direction, time.time(), len(entries))
        values = (info.id, owner, name, *direction, info.created, info.entry_count, write_tsv(entries))
        with self._lock, self._database:
            count = int(self._one("SELECT count(*) FROM glossaries WHERE owner = ?", owner)[0])
            if count >= MAX_GLOSSARIES:
                raise InvalidRequest(f"there are {count} glossaries; at most {MAX_GLOSSARIES} are kept")
            self._database.execute("INSERT INTO glossaries VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)
        return info

    def list(self, owner: str) -> list[GlossaryInfo]:
        """The glossaries of ``owner``, oldest first."""
        query = f"SELECT {_DESCRIPTION} FROM glossaries WHERE owner = ? ORDER BY created, id"  # noqa: S608
        with self._lock, closing(self._database.execute(query, (owner,))) as rows:
            return [GlossaryInfo(*row) for row in rows]

    def find(self, owner: str, glossary_id: str) -> GlossaryInfo:
        """One of the glossaries of ``owner``.

        Raises:
            GlossaryNotFound: there is none with this id.
        """
        query = f"SELECT {_DESCRIPTION} FROM glossaries WHERE owner = ? AND id = ?"  # noqa: S608 - a constant
        with self._lock:
            return GlossaryInfo(*self._one(query, owner, glossary_id))

    def entries(self, owner: str, glossary_id: str) -> str:
        """Its entries, tab-separated, one a line.

        Raises:
            GlossaryNotFound: there is none with this id.
        """
        with self._lock:
            [entries] = self._one(
                "SELECT entries FROM glossaries WHERE owner = ? AND id = ?", owner, glossary_id
            )
        return str(entries)

    def delete(self, owner: str, glossary_id: str) -> None:
        """Forget it.

        Raises:
            GlossaryNotFound: there is none with this id.
        """
        with self._lock, self._database:
            statement = "DELETE FROM glossaries WHERE owner = ? AND id = ?"
            if not self._database.execute(statement, (owner, glossary_id)).rowcount:
                raise GlossaryNotFound("there is no glossary with this id")

    def _one(self, query: str, *values: str) -> tuple[Any, ...]:
        row: tuple[Any, ...] | None = self._database.execute(query, values).fetchone()
        if row is None:
            raise GlossaryNotFound("there is no glossary with this id")
        return row


def open_glossaries(settings: Settings) -> GlossaryStore:
    """The glossaries of a service.

    Raises:
        SettingsError: the folder cannot be used.
    """
    try:
        return GlossaryStore(settings.data_folder)
    except (OSError, sqlite3.Error) as error:
        raise SettingsError(
            f"{variable('data_folder')}: {settings.data_folder} cannot be used: {error}"
        ) from error
