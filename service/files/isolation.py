"""Reading and writing files in a process of their own: see ``service.files.worker``."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import service
from service.errors import TextTooLarge, UnreadableFile
from service.files.formats import Format
from service.files.limits import FileLimits
from service.files.wire import pack_translations, unpack_texts
from service.files.worker import BROKEN, LIMITS_VARIABLE, TOO_LARGE, UNREADABLE, ProcessLimits
from service.text.annotated import AnnotatedText, AnnotatedTranslation

MAX_PROCESSES = 2
WALL_SECONDS = 120.0
"""Longer than any process may compute; one that waits for something that never comes ends then."""

logger = logging.getLogger(__name__)

_INHERITED = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "SYSTEMROOT", "TMPDIR", "VIRTUAL_ENV")
"""What the process gets of the environment, which may hold keys."""


class FileParser:
    """Reads and writes files; at most ``MAX_PROCESSES`` at once, the others wait.

    Args:
        limits: of a file.
        process: of a process.
    """

    def __init__(self, limits: FileLimits, process: ProcessLimits | None = None) -> None:
        self._limits = {"file": asdict(limits), "process": asdict(process or ProcessLimits())}
        self._permits = asyncio.Semaphore(MAX_PROCESSES)

    async def read(self, kind: Format, path: Path) -> list[AnnotatedText]:
        """The texts of the file at ``path``.

        Raises:
            UnreadableFile: it is no file of this kind, or takes too much to read.
            TextTooLarge: it is over a limit.
        """
        return unpack_texts(await self._run("read", kind.name, str(path)))

    async def write(
        self, kind: Format, path: Path, translations: Sequence[AnnotatedTranslation], output: Path
    ) -> None:
        """Write the file at ``path``, translated, to ``output``.

        Raises:
            UnreadableFile, TextTooLarge: see ``read``.
        """
        packed = await asyncio.to_thread(lambda: pack_translations(translations).encode())
        await self._run("write", kind.name, str(path), str(output), sent=packed)

    async def _run(self, *arguments: str, sent: bytes = b"") -> bytes:
        async with self._permits:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "service.files.worker",
                *arguments,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env=self._environment(),
            )
            try:
                async with asyncio.timeout(WALL_SECONDS):
                    out, explanation = await process.communicate(sent)
            except TimeoutError:
                raise UnreadableFile("file: takes too long to read") from None
            finally:
                if process.returncode is None:
                    process.kill()
                    await process.wait()
        _check(process.returncode, explanation.decode(errors="replace"))
        return out

    def _environment(self) -> dict[str, str]:
        root = str(Path(service.__file__).parents[1])
        inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        return {
            **inherited,
            "PYTHONPATH": os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")])),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONIOENCODING": "utf-8",
            LIMITS_VARIABLE: json.dumps(self._limits),
        }


def _check(status: int | None, explanation: str) -> None:
    if status == 0:
        return
    if status == UNREADABLE:
        raise UnreadableFile(explanation)
    if status == TOO_LARGE:
        raise TextTooLarge(explanation, "file")
    if status == BROKEN:
        logger.warning("a file could not be read: %s", explanation)
        raise UnreadableFile("file: cannot be read as what its name says")
    logger.warning("the process that reads files ended with status %s", status)
    raise UnreadableFile("file: takes too much memory or time to read")
