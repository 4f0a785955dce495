"""The files that are being translated, and those that wait to be fetched."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from service.errors import Overloaded
from service.files.job import FileJob, FileTask, State

_PREFIX = "dragoman-files-"


@dataclass(frozen=True, slots=True)
class StoreLimits:
    """What is kept.

    Attributes:
        folder: where; a folder of its own is made in it. None for the system's place for temporary files.
        max_files: on their way or waiting to be fetched.
        max_bytes: of all of them, as they came and translated.
        expiry_seconds: how long a translated file waits to be fetched.
    """

    folder: Path | None
    max_files: int
    max_bytes: int
    expiry_seconds: float


class FileStore:
    """Jobs by their ids, and their folders; owned by the event loop's thread.

    Args:
        limits: what is kept.
    """

    def __init__(self, limits: StoreLimits) -> None:
        self._limits = limits
        self._jobs: dict[str, FileJob] = {}
        self._reserved = 0
        self._root: Path | None = None

    def count(self, state: State) -> int:
        """How many jobs stand there."""
        return sum(job.state is state for job in self._jobs.values())

    @contextlib.contextmanager
    def reserve(self) -> Iterator[Path]:
        """A new folder, and room for a job in it, which ``add`` takes; else it is removed in the end.

        Raises:
            Overloaded: there is no room.
        """
        if len(self._jobs) + self._reserved >= self._limits.max_files:
            raise Overloaded(
                f"{self._limits.max_files} files are being translated or kept", self._retry_after()
            )
        used = sum(job.bytes for job in self._jobs.values())
        if used >= self._limits.max_bytes:
            raise Overloaded(f"the files that are kept have {used} bytes", self._retry_after())
        folder = Path(tempfile.mkdtemp(dir=self._folder()))
        self._reserved += 1
        try:
            yield folder
        finally:
            self._reserved -= 1
            if not any(job.folder == folder for job in self._jobs.values()):
                shutil.rmtree(folder, ignore_errors=True)

    def add(self, folder: Path, task: FileTask, deadline: float) -> FileJob:
        """A job for the upload in ``folder``, which ``reserve`` gave."""
        job = FileJob(secrets.token_hex(16).upper(), secrets.token_hex(32).upper(), task, folder, deadline)
        self._jobs[job.id] = job
        self.measure(job)
        return job

    def find(self, job_id: str, key: str) -> FileJob | None:
        """The job with this id, if ``key`` opens it."""
        job = self._jobs.get(job_id)
        if job is None or not hmac.compare_digest(job.key.encode(), key.encode(errors="replace")):
            return None
        return job

    def measure(self, job: FileJob) -> None:
        """Note how large the job's files are; nothing, if somebody has removed them."""
        job.bytes = 0
        with contextlib.suppress(OSError):
            job.bytes = sum(path.stat().st_size for path in job.folder.iterdir())

    def expire(self, job: FileJob) -> None:
        """Remove ``job`` after its time."""
        asyncio.get_running_loop().call_later(self._limits.expiry_seconds, self.remove, job)

    def remove(self, job: FileJob) -> None:
        """Forget ``job`` and remove its files. Idempotent."""
        if self._jobs.pop(job.id, None) is not None:
            shutil.rmtree(job.folder, ignore_errors=True)

    def close(self) -> None:
        """Forget everything."""
        for job in list(self._jobs.values()):
            self.remove(job)
        if self._root is not None:
            shutil.rmtree(self._root, ignore_errors=True)
            self._root = None

    def _folder(self) -> Path:
        """This process's own; what an earlier one has left behind is removed once it is old."""
        if self._root is None or not self._root.is_dir():  # systems clean up among temporary files
            self._root = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=self._limits.folder))
            for other in self._root.parent.glob(f"{_PREFIX}*"):
                if other != self._root and _age(other) > 2 * self._limits.expiry_seconds + 86_400:
                    shutil.rmtree(other, ignore_errors=True)
        return self._root

    def _retry_after(self) -> int:
        return max(1, min(60, int(self._limits.expiry_seconds)))


def _age(folder: Path) -> float:
    try:
        return time.time() - folder.stat().st_mtime
    except OSError:  # somebody else was faster
        return 0.0
