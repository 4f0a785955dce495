"""Sequence-level distillation (Kim & Rush 2016): a teacher writes the translations that a student learns.

The sources of a corpus are translated by the teacher's beam search. With references at hand the most similar
of its ``n`` best may be taken instead of the best (the paper's sequence-level interpolation); similarity is
BLEU of the sentence. A line that cannot be used is left out on both sides: not UTF-8, blank, translated into
nothing, or into something that the length limit had to end, which is mostly a loop.

What is written::

    PREFIX.de, PREFIX.en   aligned lines, ready for ``prepare --one-way de-en PREFIX.de PREFIX.en``
    PREFIX.json            what made them, what was left out, and how far it is

``PREFIX.json`` is replaced after every block of lines. A run that was stopped goes on from there: the two
files are cut to the sizes that it names.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from pydantic import Field, JsonValue, ValidationError

from model.config import Frozen
from model.errors import ConfigError
from model.evaluation import bleu_metric
from model.training.corpus import ParallelText, Unreadable, read_sentences
from model.translation import LineTranslator

Line = tuple[str, str] | Unreadable
"""A source and its reference, empty where there are none."""
Choice = Callable[[Sequence[str], str], str]
"""Takes candidates, best first, and the reference; gives one of them."""
Advance = Callable[[int], None]
"""Called with how many more lines are done."""


class Status(Frozen):
    """The content of ``PREFIX.json``.

    Attributes:
        origin: what determines the output: teacher, text, options.
        read: lines of the source that are done.
        kept: of these, lines written.
        dropped: why the others were not.
        sizes: bytes written to either file.
        finished: whether that is all.
    """

    origin: dict[str, JsonValue]
    read: int = 0
    kept: int = 0
    dropped: dict[str, int] = Field(default_factory=dict)
    sizes: tuple[int, int] = (0, 0)
    finished: bool = False


@dataclass(frozen=True)
class DistillOptions:
    """What to translate and where to.

    Attributes:
        languages: from and into which.
        source: the text.
        reference: its translations by people, to choose among the ``n_best``; None: take the best.
        prefix: of the files to write.
        block_lines: lines between two saves.
        resume: go on with what is there.
    """

    languages: tuple[str, str]
    source: Path
    reference: Path | None
    prefix: Path
    block_lines: int = 1024
    resume: bool = False

    @property
    def files(self) -> tuple[Path, Path]:
        """The text to write: sources, and their translations."""
        source, target = self.languages
        return self._named(source), self._named(target)

    @property
    def status_file(self) -> Path:
        """``PREFIX.json``."""
        return self._named("json")

    def _named(self, ending: str) -> Path:
        return self.prefix.with_name(f"{self.prefix.name}.{ending}")


def distill(
    translator: LineTranslator, options: DistillOptions, origin: Mapping[str, JsonValue], advance: Advance
) -> Status:
    """Write the student's data; memory is bounded by a block of lines.

    Args:
        translator: the teacher, which gives ``n_best`` candidates.
        options: what to translate and where to.
        origin: what determines the output; a run is only resumed with the same.
        advance: told of each block.

    Raises:
        ConfigError: there is something where nothing should be, nothing to resume, or it has another origin.
        CorpusError: text cannot be read, or is not aligned.
        OSError: a file cannot be written.
    """
    status = _start(options, origin)
    if status.finished:
        return status
    options.prefix.parent.mkdir(parents=True, exist_ok=True)
    _save(options.status_file, status)
    advance(status.read)
    lines = islice(_lines(options), status.read, None)
    choose = _MostSimilar(options.languages[1]) if options.reference else _first
    with options.files[0].open("ab") as source, options.files[1].open("ab") as target:
        for file, size in zip((source, target), status.sizes, strict=True):
            file.seek(file.truncate(size))
        while block := list(islice(lines, options.block_lines)):
            pairs, dropped = _translate(translator, block, choose)
            status = _write(status, (source, target), pairs, dropped)
            _save(options.status_file, status)
            advance(len(block))
    status = status.model_copy(update={"finished": True})
    _save(options.status_file, status)
    return status


def _start(options: DistillOptions, origin: Mapping[str, JsonValue]) -> Status:
    """Where to go on from, with files that are there and at least as long as that.

    Raises:
        ConfigError: see ``distill``.
    """
    path = options.status_file
    if not options.resume:
        for existing in (path, *options.files):
            if existing.exists():
                raise ConfigError(f"{existing}: exists; go on with --resume or name another --output")
        return Status(origin=dict(origin))
    try:
        status = Status.model_validate_json(path.read_bytes())
    except FileNotFoundError as error:
        raise ConfigError(f"{path}: nothing to resume: there is no such file") from error
    except ValidationError as error:
        raise ConfigError(f"{path}: not the status of a distillation; start again elsewhere") from error
    if changed := sorted(
        key for key in {*status.origin, *origin} if status.origin.get(key) != origin.get(key)
    ):
        raise ConfigError(f"{path}: made from another {', '.join(changed)}; name another --output")
    for file, size in zip(options.files, status.sizes, strict=True):
        if size and (not file.exists() or file.stat().st_size < size):
            raise ConfigError(f"{file}: missing or too short to go on with; start again elsewhere")
    return status


def _lines(options: DistillOptions) -> Iterator[Line]:
    if options.reference:
        yield from ParallelText(options.languages, (options.source, options.reference)).read()
        return
    for line in read_sentences(options.source):
        yield line if isinstance(line, Unreadable) else (line, "")


def _translate(
    translator: LineTranslator, block: Sequence[Line], choose: Choice
) -> tuple[list[tuple[str, str]], Counter[str]]:
    """The pairs to write, and how many lines give none for which reason."""
    dropped = Counter(str(line) for line in block if isinstance(line, Unreadable))
    readable = [line for line in block if not isinstance(line, Unreadable)]
    pairs = []
    translations = translator.translate([source for source, _ in readable])
    for (source, reference), translation in zip(readable, translations, strict=True):
        if not translation.parts:
            dropped["blank"] += 1
            continue
        usable = [each for each in translation.candidates if each.text and not each.truncated]
        if not usable:
            dropped["truncated" if translation.best.text else "no translation"] += 1
            continue
        pairs.append((" ".join(source.split()), choose([each.text for each in usable], reference)))
    return pairs, dropped


def _first(candidates: Sequence[str], _reference: str) -> str:
    return candidates[0]


class _MostSimilar:
    """The candidate most like the reference: the one with the highest BLEU, the first among equals."""

    def __init__(self, target_language: str) -> None:
        self._metric = bleu_metric(target_language, of_sentences=True)

    def __call__(self, candidates: Sequence[str], reference: str) -> str:
        def similarity(text: str) -> float:
            return float(self._metric.sentence_score(text, [reference]).score)

        return max(candidates, key=similarity)


def _write(
    status: Status, files: tuple[BinaryIO, BinaryIO], pairs: Sequence[tuple[str, str]], dropped: Counter[str]
) -> Status:
    for side, file in enumerate(files):
        file.write("".join(f"{pair[side]}\n" for pair in pairs).encode())
        file.flush()
    return status.model_copy(
        update={
            "read": status.read + len(pairs) + dropped.total(),
            "kept": status.kept + len(pairs),
            "dropped": dict(Counter(status.dropped) + dropped),
            "sizes": (files[0].tell(), files[1].tell()),
        }
    )


def _save(path: Path, status: Status) -> None:
    temporary = path.with_name(f".{path.name}.new")
    document = status.model_dump(mode="json")
    temporary.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    temporary.replace(path)
