"""Taking files in, having them translated a few at a time, and giving them back."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from service.accounts import Account
from service.errors import DeadlineExceeded, ServiceError, TranslationFailed
from service.file_metrics import FileMetrics
from service.files.formats import Format
from service.files.isolation import FileParser
from service.files.job import FileJob, FileTask, State
from service.files.store import FileStore
from service.files.translation import Direction, TranslatesJobs, translate_texts
from service.text.annotated import AnnotatedText

MAX_RUNNING = 4
"""Files that are translated at once; the others wait."""

logger = logging.getLogger(__name__)

_OUTCOMES = {State.DONE: "ok", State.FAILED: "failed"}

ChooseSource = Callable[[Sequence[AnnotatedText]], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants of a file.

    Attributes:
        name: of the file.
        kind: of file.
        choose_source: from the file's texts to the language that they are in.
        target: a served language.
        account: whose it is.
        scope: who may share the work; see ``SegmentRequest``.
    """

    name: str
    kind: Format
    choose_source: ChooseSource
    target: str
    account: Account
    scope: str = ""


class FileManager:
    """Translates files; used on the event loop's thread, by any number of tasks.

    Args:
        store: where they are kept.
        parser: reads and writes them.
        translator: makes what translates their texts, once everything is loaded.
        metrics: told what happens.
        timeout_seconds: for each file, from when it came until it is translated.
    """

    def __init__(
        self,
        store: FileStore,
        parser: FileParser,
        translator: Callable[[], TranslatesJobs],
        metrics: FileMetrics,
        timeout_seconds: float,
    ) -> None:
        self.store = store
        self._parser = parser
        self._translator = translator
        self._metrics = metrics
        self._timeout_seconds = timeout_seconds
        self._permits = asyncio.Semaphore(MAX_RUNNING)
        self._tasks: dict[FileJob, asyncio.Task[None]] = {}

    async def accept(self, folder: Path, wish: Wish) -> FileJob:
        """The upload in ``folder``, which the store has reserved, as a job that is on its way.

        Its characters are counted at once, and given back if it fails.

        Raises:
            UnreadableFile, TextTooLarge: it cannot be read, or is over a limit.
            QuotaExceeded: the account has not so many characters left.
        """
        deadline = time.monotonic() + self._timeout_seconds
        texts = await self._parser.read(wish.kind, folder / "upload")
        source = await wish.choose_source(texts)
        characters = sum(len(text.text) for text in texts)
        task = FileTask(wish.name, wish.kind, source, wish.target, characters, wish.account, wish.scope)
        charge = ExitStack()
        charge.enter_context(wish.account.charge(characters))
        job = self.store.add(folder, task, deadline)
        self._tasks[job] = asyncio.create_task(self._run(job, charge))
        await asyncio.sleep(0)  # once it has begun it gives the characters back if it is cancelled
        return job

    def find(self, job_id: str, key: str, account: Account) -> FileJob | None:
        """The job with this id, if ``key`` opens it and ``account`` has sent it."""
        job = self.store.find(job_id, key)
        return job if job is not None and job.task.account is account else None

    async def cancel(self, job: FileJob) -> None:
        """Stop working for ``job`` and forget it. Idempotent."""
        task = self._tasks.get(job)
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        self.store.remove(job)

    async def close(self) -> None:
        """Cancel and forget everything: nobody can fetch it any more."""
        for job in list(self._tasks):
            await self.cancel(job)
        self.store.close()

    async def _run(self, job: FileJob, charge: ExitStack) -> None:
        try:
            with charge:
                async with self._permits:
                    await self._translate(job)
        except ServiceError as error:
            self._fail(job, error)
        except Exception:  # of whatever kind: who waits for the file must hear of it
            logger.exception("a file could not be translated")
            self._fail(job, TranslationFailed("the file could not be translated: an unexpected error"))
        finally:
            del self._tasks[job]
            seconds = 0.0 if job.started is None else time.monotonic() - job.started
            self._metrics.ended(job.task.kind.name, _OUTCOMES.get(job.state, "cancelled"), seconds)
            if job.ended.is_set():
                self.store.expire(job)

    async def _translate(self, job: FileJob) -> None:
        if time.monotonic() > job.deadline:
            raise DeadlineExceeded("the deadline passed while other files were translated")
        job.state, job.started = State.TRANSLATING, time.monotonic()
        texts = await self._parser.read(job.task.kind, job.upload)

        def advanced(characters: int) -> None:
            job.done_characters += characters

        direction = Direction(job.task.source, job.task.target, job.deadline, job.task.scope)
        translations = await translate_texts(self._translator(), texts, direction, advanced)
        await self._parser.write(job.task.kind, job.upload, translations, job.result)
        job.upload.unlink()
        self.store.measure(job)
        job.state = State.DONE
        job.ended.set()

    def _fail(self, job: FileJob, error: ServiceError) -> None:
        job.state, job.error = State.FAILED, error
        job.ended.set()
        job.upload.unlink(missing_ok=True)
        self.store.measure(job)
