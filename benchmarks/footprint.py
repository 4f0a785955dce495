"""``python -m benchmarks.footprint``: a service's start, its memory, and whether that grows."""

from __future__ import annotations

import argparse
import asyncio
import itertools
import math
import os
import random
import signal
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.client import connect
from benchmarks.command import Say, add_output, guarded, progress, whole
from benchmarks.errors import BenchmarkError
from benchmarks.footprint_results import FootprintResults, Growth, Start, show_footprint
from benchmarks.outcome import TRANSLATED
from benchmarks.processor_time import processor_time, resident_mebibytes
from benchmarks.record import RESULTS, ROOT, Record, provenance, write_record
from benchmarks.server import StartedService, settings_of, started_service
from benchmarks.texts import read_sentences
from model.cli.arguments import HelpFormatter

LONGEST = 40
"""Words of a made sentence, at most, by default; half of them have at most 6."""
LIST = 25
CONNECTIONS = 4
SAMPLES = 200

METHOD = (
    "`starts`: the service is started as users start it and asked until it is ready; seconds by the "
    "clock are rounded up to the next poll, processor seconds are those of its process until then. A "
    "first start, which reads the files from disk, is not counted. Memory is VmRSS. `growth`: sentences "
    "of random words, at most --longest of them, their number distributed log-uniformly, no two alike, "
    f"{LIST} a request from {CONNECTIONS} connections; VmRSS is read {SAMPLES} times. The slope is that "
    "of the least-squares line through the samples after the first quarter, in which the cache fills; its "
    "interval is the 95 % one of a line through the means of ten blocks of these samples; noise is the "
    "standard deviation of what is left."
)


def main(arguments: Sequence[str]) -> int:
    """Measure, print a table and write the record; returns the exit status."""
    options = build_parser().parse_args(arguments)
    return guarded(lambda: run(options, arguments))


def build_parser() -> argparse.ArgumentParser:
    """The parser of the command's arguments."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.footprint",
        description="Measure a service's start and its memory.",
        epilog="Ctrl-C ends the second part early: what has been measured until then is written.",
        formatter_class=HelpFormatter,
    )
    parser.add_argument("checkpoints", type=Path, help="a checkpoint's folder, or one that holds some")
    parser.add_argument("--source-lang", default="de", metavar="LANG", help="default: %(default)s")
    parser.add_argument("--target-lang", default="en", metavar="LANG", help="default: %(default)s")
    parser.add_argument("--starts", type=whole, default=3, metavar="N", help="default: %(default)s")
    parser.add_argument(
        "--sentences", type=whole, default=200_000, metavar="N", help="of the growth (default: %(default)s)"
    )
    parser.add_argument(
        "--longest", type=whole, default=LONGEST, metavar="N", help="words of one (default: %(default)s)"
    )
    add_output(parser, "footprint-CHECKPOINTS-DATE.json")
    return parser


def run(options: argparse.Namespace, arguments: Sequence[str]) -> None:
    """Measure.

    Raises:
        BenchmarkError: the service does not start, or does not translate.
    """
    origin = provenance("benchmarks.footprint", arguments, method=METHOD)
    settings = settings_of(os.environ)
    direction = options.source_lang, options.target_lang
    starts: list[Start] = []
    with progress(options.starts + SAMPLES) as say:
        for _ in range(1 + options.starts):
            with started_service(options.checkpoints, settings) as service:
                starts.append(_start(service))
            if len(starts) > 1:
                say(f"ready after {starts[-1].cpu_seconds:.2f} processor seconds")
        with started_service(options.checkpoints, settings) as service:
            waiting = itertools.islice(made_sentences(direction[0], options.longest), options.sentences)
            growth = asyncio.run(_grow(service, direction, waiting, options.sentences, say))
    results = FootprintResults(
        checkpoints=options.checkpoints.name, settings=settings, starts=tuple(starts[1:]), growth=growth
    )
    show_footprint(results)
    path = options.output or ROOT / RESULTS / f"footprint-{options.checkpoints.name}-{origin.date[:10]}.json"
    write_record(Record[FootprintResults](provenance=origin, results=results), path)


def _start(service: StartedService) -> Start:
    return Start(
        seconds=service.start_seconds,
        cpu_seconds=processor_time(service.pid).seconds,
        resident_mebibytes=resident_mebibytes(service.pid),
    )


async def _grow(
    service: StartedService, direction: tuple[str, str], waiting: Iterator[str], count: int, say: Say
) -> Growth:
    """Translate ``count`` sentences; Ctrl-C ends it early, with what has been measured."""
    samples: list[tuple[int, float]] = []
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, stop.set)
    async with connect(service.url, *direction, CONNECTIONS) as client:
        done = 0
        while not stop.is_set() and (texts := list(itertools.islice(waiting, -(-count // SAMPLES)))):
            requests = iter([texts[at : at + LIST] for at in range(0, len(texts), LIST)])

            async def send(requests: Iterator[list[str]] = requests) -> None:
                for request in requests:
                    if (status := await client.send(request)) != TRANSLATED:
                        raise BenchmarkError(f"the service does not translate: {status}")

            await asyncio.gather(*(send() for _ in range(CONNECTIONS)))
            done += len(texts)
            samples.append((done, resident_mebibytes(service.pid)))
            say(f"{samples[-1][1]:.1f} MiB after {done} sentences")
    return Growth.of(samples)


def made_sentences(language: str, longest: int = LONGEST) -> Iterator[str]:
    """Sentences of random words of the built-in ones, always the same and never one twice.

    Args:
        language: of the words.
        longest: words of a sentence, at most.
    """
    dice = random.Random(1)
    words = [word for text in read_sentences(None, language) for word in text.split()]
    seen: set[int] = set()  # of hashes, which are smaller
    while True:
        count = round(math.exp(dice.uniform(0.0, math.log(longest))))
        sentence = " ".join(dice.choices(words, k=count))
        if hash(sentence) not in seen:
            seen.add(hash(sentence))
            yield sentence


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
