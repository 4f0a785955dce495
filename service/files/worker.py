"""A process that reads or writes one file, with bounded memory and processor time.

``python -m service.files.worker read FORMAT FILE`` prints the texts of a file; ``write FORMAT FILE OUTPUT``
takes their translations on its standard input. Both take limits as JSON from the environment variable
``FILE_LIMITS``. What a file can do to a parser stays in here: the service goes on whatever happens.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from service.errors import TextTooLarge, UnreadableFile
from service.files.document import Document
from service.files.formats import format_named
from service.files.limits import FileLimits
from service.files.wire import pack_texts, unpack_translations
from service.text.annotated import AnnotatedText

UNREADABLE = 3
TOO_LARGE = 4
BROKEN = 5
"""Exit statuses; the message is then on standard error, and holds nothing of the file."""

LIMITS_VARIABLE = "FILE_LIMITS"


@dataclass(frozen=True, slots=True)
class ProcessLimits:
    """What the process may use.

    Attributes:
        memory_bytes: of address space.
        cpu_seconds: of processor time.
    """

    memory_bytes: int = 1024 * 1024 * 1024
    cpu_seconds: int = 30


def main(arguments: Sequence[str]) -> int:
    """Read or write; the exit status says what came of it."""
    settings = json.loads(os.environ[LIMITS_VARIABLE])
    _restrain(ProcessLimits(**settings["process"]))
    limits = FileLimits(**settings["file"])
    try:
        _run(arguments, limits)
    except UnreadableFile as error:
        return _end(UNREADABLE, str(error))
    except TextTooLarge as error:
        return _end(TOO_LARGE, str(error))
    except MemoryError:
        return _end(UNREADABLE, "file: takes too much memory to read")
    except Exception as error:  # of whatever kind: a parser has met something that it was not made for
        return _end(BROKEN, type(error).__name__)
    return 0


def _restrain(limits: ProcessLimits) -> None:
    with suppress(ValueError):  # macOS knows this limit and takes none
        resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_seconds, limits.cpu_seconds + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _run(arguments: Sequence[str], limits: FileLimits) -> None:
    action, name, path, *output = arguments
    document = format_named(name).load()(Path(path).read_bytes(), limits)
    check_units(document.units, limits)
    if action == "read":
        sys.stdout.write(pack_texts(document.units))
    else:
        write(document, Path(output[0]))


def write(document: Document, output: Path) -> None:
    """Write the translated file."""
    output.write_bytes(document.write(unpack_translations(sys.stdin.buffer.read())))


def check_units(units: Sequence[AnnotatedText], limits: FileLimits) -> None:
    """Do nothing if a file may hold so much text.

    Raises:
        TextTooLarge: it may not.
    """
    if len(units) > limits.max_texts:
        raise TextTooLarge(f"file: {len(units)} texts; at most {limits.max_texts} are accepted", "file")
    longest = max((len(unit.text) for unit in units), default=0)
    if longest > limits.max_text_characters:
        raise TextTooLarge(
            f"file: a line or paragraph of {longest} characters; at most {limits.max_text_characters} are "
            "accepted",
            "file",
        )
    characters = sum(len(unit.text) for unit in units)
    if characters > limits.max_characters:
        raise TextTooLarge(
            f"file: {characters} characters; at most {limits.max_characters} are accepted", "file"
        )


def _end(status: int, message: str) -> int:
    sys.stderr.write(message)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
