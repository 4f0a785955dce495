"""From the command line to the client and back, with an exit status for each kind of end."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from translate_client.calls import DEFAULT_TIMEOUT_SECONDS
from translate_client.cli.arguments import KEY_VARIABLE, parser
from translate_client.cli.output import Writer
from translate_client.cli.progress import ProgressBar
from translate_client.errors import (
    CannotConnect,
    ConnectionBroken,
    TranslateError,
    Unavailable,
    UnexpectedAnswer,
)
from translate_client.protocol import Options
from translate_client.results import Translation
from translate_client.synchronous import Client

REFUSED = 1
USAGE = 2
UNREACHABLE = 3
LATER = 4
INTERRUPTED = 130
_READER_LEFT = 141


class UsageError(Exception):
    """What was asked for cannot be done, and no service is needed to know."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Returns:
        The exit status; see ``--help``.
    """
    wishes = parser().parse_args(arguments)
    try:
        with _client(wishes) as client:
            _COMMANDS[wishes.command](client, wishes)
        sys.stdout.flush()
    except (UsageError, OSError, TranslateError) as error:
        return _end(error)
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0


def _end(error: UsageError | OSError | TranslateError) -> int:
    if isinstance(error, BrokenPipeError):
        # Whoever read our output has left; Python must not try to write the rest of it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _READER_LEFT
    sys.stderr.write(f"translate-client: {error}\n")
    if isinstance(error, UsageError | OSError):
        return USAGE
    if isinstance(error, CannotConnect | ConnectionBroken | UnexpectedAnswer):
        return UNREACHABLE
    return LATER if isinstance(error, Unavailable) else REFUSED


def _client(wishes: Namespace) -> Client:
    timeout = DEFAULT_TIMEOUT_SECONDS if wishes.timeout is None else wishes.timeout
    try:
        return Client(wishes.url, api_key=os.environ.get(KEY_VARIABLE) or None, timeout_seconds=timeout)
    except ValueError as error:
        raise UsageError(error) from None


def _translate(client: Client, wishes: Namespace) -> None:
    from_input = not wishes.texts
    texts = [_read_input()] if from_input else wishes.texts
    writer = Writer(sys.stdout, as_json=wishes.json, verbatim=from_input)
    options = Options(source=wishes.source, format="html" if wishes.html else "text")
    if wishes.alternatives:
        options["alternatives"] = wishes.alternatives
    if wishes.bulk:
        options["priority"] = "bulk"
    one = len(texts) == 1
    if wishes.stream:
        with client.stream(texts, wishes.to, **options) as stream:
            for segment in stream:
                writer.segment(segment)
            writer.streamed(stream.results, one=one)
    elif sys.stderr.isatty() and not wishes.quiet:
        writer.translations(_watched(client, texts, wishes.to, options), one=one)
    else:
        writer.translations(client.translate(texts, wishes.to, **options), one=one)


def _watched(client: Client, texts: list[str], target: str, options: Options) -> list[Translation]:
    with client.stream(texts, target, **options) as stream, ProgressBar(sys.stderr, "translating") as bar:
        for segment in stream:
            bar.show(segment.progress)
    return stream.results


def _translate_files(client: Client, wishes: Namespace) -> None:
    outputs = [_output_path(path, wishes) for path in wishes.files]
    with ProgressBar(sys.stderr, "translating", wishes.quiet) as bar:
        for number, (path, output) in enumerate(zip(wishes.files, outputs, strict=True)):

            def show(progress: float, before: int = number) -> None:
                bar.show((before + progress) / len(outputs))

            show(0.0)
            found = client.translate_file(path, wishes.to, source=wishes.source, on_progress=show)
            output.write_bytes(found.content)
            sys.stdout.write(f"{output}\n")


def _output_path(path: Path, wishes: Namespace) -> Path:
    output: Path = (wishes.output or path.parent) / f"{path.stem}.{wishes.to}{path.suffix}"
    if not path.is_file():
        raise UsageError(f"{path}: there is no such file")
    if output.exists() and not wishes.force:
        raise UsageError(f"{output} is there already; --force overwrites it")
    return output


def _detect(client: Client, wishes: Namespace) -> None:
    text = _read_input() if wishes.text is None else wishes.text
    Writer(sys.stdout, as_json=wishes.json).detection(client.detect(text))


def _languages(client: Client, wishes: Namespace) -> None:
    Writer(sys.stdout, as_json=wishes.json).languages(client.languages())


def _read_input() -> str:
    try:
        return sys.stdin.buffer.read().decode("utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(f"standard input is not in UTF-8: byte {error.start}") from None


_COMMANDS: Mapping[str, Callable[[Client, Namespace], None]] = {
    "translate": _translate,
    "file": _translate_files,
    "detect": _detect,
    "languages": _languages,
}
