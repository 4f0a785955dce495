"""A file on its way through the service."""

from __future__ import annotations

import asyncio
import math
import time
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from service.accounts import Account
from service.errors import ServiceError
from service.files.formats import Format


class State(Enum):
    """Where a job stands; the values are DeepL's."""

    QUEUED = "queued"
    TRANSLATING = "translating"
    DONE = "done"
    FAILED = "error"


@dataclass(frozen=True, slots=True)
class FileTask:
    """What is to be done.

    Attributes:
        name: of the file, as its owner calls it, without folders.
        kind: of file.
        source: a served language.
        target: a served language.
        characters: of all its texts.
        account: whose it is.
        scope: who may share the work; see ``SegmentRequest``.
    """

    name: str
    kind: Format
    source: str
    target: str
    characters: int
    account: Account
    scope: str = ""

    @property
    def result_name(self) -> str:
        """What the translated file is called: ``letter_en.docx``."""
        path = Path(self.name)
        return f"{path.stem}_{self.target}{path.suffix}"


@dataclass(slots=True, eq=False)
class FileJob:
    """A task and how far it has come; owned by the event loop's thread.

    Attributes:
        id: names the job; cannot be guessed.
        key: opens it, besides; cannot be guessed.
        task: what is to be done.
        folder: where its files are.
        deadline: ``time.monotonic()`` seconds after which it fails.
        state: where it stands.
        done_characters: translated so far.
        started: ``time.monotonic()`` when its translation began.
        error: why it failed.
        ended: set once it is done or has failed.
        bytes: of its files.
    """

    id: str
    key: str
    task: FileTask
    folder: Path
    deadline: float
    state: State = State.QUEUED
    done_characters: int = 0
    started: float | None = None
    error: ServiceError | None = None
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    bytes: int = 0

    @property
    def upload(self) -> Path:
        """The file as it came."""
        return self.folder / "upload"

    @property
    def result(self) -> Path:
        """The translated file."""
        return self.folder / "result"

    @property
    def progress(self) -> float:
        """From 0 to 1."""
        if self.state is State.DONE:
            return 1.0
        return self.done_characters / max(1, self.task.characters)

    def seconds_remaining(self) -> int | None:
        """An estimate from the time that it has taken so far, or None where there is nothing to go by."""
        if self.started is None or not self.done_characters or self.ended.is_set():
            return None
        elapsed = time.monotonic() - self.started
        left = self.task.characters - self.done_characters
        return math.ceil(elapsed / self.done_characters * left) + 1
