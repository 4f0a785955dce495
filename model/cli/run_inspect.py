"""The work of ``python -m model inspect``."""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

from safetensors import SafetensorError, safe_open

from model.checkpoint import (
    CARD_FILE,
    CONFIG_FILE,
    FORMAT_VERSION,
    WEIGHTS_FILE,
    CheckpointConfig,
    Manifest,
    read_config,
    read_manifest,
)
from model.checkpoint.sparse import PRESENT
from model.errors import CheckpointError

CARD_LINES = 12


@dataclass(frozen=True)
class FileReport:
    """One file against the manifest; ``problem`` is None where it is as it should be."""

    name: str
    bytes: int
    sha256: str
    problem: str | None


@dataclass(frozen=True)
class Report:
    """All that is shown.

    Attributes:
        digest: sha256 of the manifest.
        files: one a file.
        config: None if it could not be read.
        parameters: numbers of weights by top-level module of the network, largest first; empty if the
            weights are damaged.
        stored_as: element types of the weights.
        card: the first lines of the model card.
    """

    directory: Path
    digest: str
    files: tuple[FileReport, ...]
    config: CheckpointConfig | None
    parameters: Mapping[str, int]
    stored_as: tuple[str, ...]
    card: str

    @property
    def problems(self) -> list[str]:
        """What is wrong with the files, one message each."""
        return [file.problem for file in self.files if file.problem]


def run_inspect(args: argparse.Namespace) -> int:
    """Print the report; 2 if a file is damaged.

    Raises:
        CheckpointError: there is no readable manifest.
    """
    report = examine(args.checkpoint)
    print(json.dumps(_as_json(report), indent=2, ensure_ascii=False) if args.json else _as_text(report))
    for problem in report.problems:
        print(f"error: {problem}", file=sys.stderr)
    return 2 if report.problems else 0


def examine(directory: Path) -> Report:
    """Hash every file of ``directory``, and read what is whole.

    Raises:
        CheckpointError: there is no readable manifest.
    """
    manifest = read_manifest(directory)
    faults = {name: _fault(directory, manifest, name) for name in manifest.files}
    parameters: Mapping[str, int] = {}
    stored_as: tuple[str, ...] = ()
    if not faults[WEIGHTS_FILE]:
        try:
            parameters, stored_as = _count_parameters(directory / WEIGHTS_FILE)
        except SafetensorError as error:
            faults[WEIGHTS_FILE] = f"{directory / WEIGHTS_FILE}: not a safetensors file: {error}"
    return Report(
        directory=directory,
        digest=manifest.digest,
        files=tuple(
            FileReport(name, entry.bytes, entry.sha256, faults[name])
            for name, entry in manifest.files.items()
        ),
        config=None if faults[CONFIG_FILE] else read_config(directory, manifest),
        parameters=parameters,
        stored_as=stored_as,
        card=_card(directory / CARD_FILE),
    )


def _fault(directory: Path, manifest: Manifest, name: str) -> str | None:
    try:
        manifest.verify(directory, name)
        if name == CONFIG_FILE:
            read_config(directory, manifest)
    except CheckpointError as error:
        return str(error)
    return None


def _count_parameters(path: Path) -> tuple[dict[str, int], tuple[str, ...]]:
    """From the file's header alone; the zeros of a pruned network do not count."""
    counts: Counter[str] = Counter()
    types = set()
    with safe_open(path, framework="numpy") as file:
        for name in file.keys():  # noqa: SIM118 - not a mapping
            if name.endswith(PRESENT):
                continue
            tensor = file.get_slice(name)
            counts[name.partition(".")[0]] += math.prod(tensor.get_shape())
            types.add(tensor.get_dtype())
    return dict(counts.most_common()), tuple(sorted(types))


def _card(path: Path) -> str:
    if not path.is_file():
        return ""
    with path.open(encoding="utf-8", errors="replace") as file:
        return "".join(islice(file, CARD_LINES)).rstrip()


def _as_json(report: Report) -> dict[str, object]:
    return {
        "directory": str(report.directory),
        "format_version": FORMAT_VERSION,
        "digest": report.digest,
        "whole": not report.problems,
        "files": [asdict(file) for file in report.files],
        "config": report.config and report.config.model_dump(mode="json"),
        "parameters": {"total": sum(report.parameters.values()), "modules": report.parameters},
        "stored_as": report.stored_as,
        "card": report.card,
    }


def _as_text(report: Report) -> str:
    return "\n".join(
        [
            *_identity(report),
            "\nfiles",
            *_columns((file.name, f"{file.bytes:,} bytes", _status(file)) for file in report.files),
            *_contents(report),
            *([f"\nmodel card, first lines\n{report.card}"] if report.card else ["\nno model card"]),
        ]
    )


def _identity(report: Report) -> Iterator[str]:
    if report.config:
        yield f"name        {report.config.name}"
        yield f"directions  {', '.join('→'.join(pair) for pair in report.config.directions)}"
    yield f"digest      {report.digest}"
    yield f"format      {FORMAT_VERSION}"


def _status(file: FileReport) -> str:
    return "DAMAGED" if file.problem else "ok"


def _contents(report: Report) -> Iterator[str]:
    if report.parameters:
        yield f"\nparameters, stored as {', '.join(report.stored_as)}"
        counts = {**report.parameters, "total": sum(report.parameters.values())}
        yield from _columns((name, f"{count:,}") for name, count in counts.items())
    if report.config:
        yield "\nnetwork"
        yield from _columns((key, str(value)) for key, value in report.config.model)
        yield "\ndecoding, where nothing else is asked for"
        yield from _columns((key, str(value)) for key, value in report.config.decoding)
        yield "\ntraining"
        yield json.dumps(report.config.training, indent=2, ensure_ascii=False)


def _columns(rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    """Rows of a table; numbers to the right."""
    rows = list(rows)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for name, *values in rows:
        cells = [value.rjust(width) for value, width in zip(values, widths[1:], strict=True)]
        yield f"  {name.ljust(widths[0])}  {'  '.join(cells)}".rstrip()
