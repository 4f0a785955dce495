"""The prepared corpus on the disk: written by ``write_prepared``, read by ``PreparedCorpus.load``.

``corpus.json`` is written last and removed first: a folder without it is not a prepared corpus.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model.errors import CheckpointError, CorpusError
from model.tokenizer import Tokenizer
from model.training.corpus import Direction, Pair
from model.training.dataset import CORPUS_FILE, TOKENIZER_FILE, TRAIN_FILE, Dataset

FORMAT_VERSION = 1

_HINT = "run `python -m model prepare`"


@dataclass(frozen=True)
class PreparedCorpus:
    """All that a training run reads.

    Attributes:
        directory: the folder.
        tokenizer: its vocabulary.
        directions: what to train, as (source language, target language).
        dataset: the training rows.
    """

    directory: Path
    tokenizer: Tokenizer
    directions: tuple[Direction, ...]
    dataset: Dataset

    @classmethod
    def load(cls, directory: Path) -> PreparedCorpus:
        """Read the folder that ``prepare`` wrote.

        Raises:
            CorpusError: a file is missing, damaged or of another format version; names the file.
        """
        directions = _read_directions(directory / CORPUS_FILE)
        try:
            tokenizer = Tokenizer.load(directory / TOKENIZER_FILE)
        except CheckpointError as error:
            raise CorpusError(str(error)) from error
        dataset = Dataset.load(directory / TRAIN_FILE)
        if dataset.tokens.max(initial=0) >= tokenizer.vocabulary_size:
            raise CorpusError(f"{directory}: {TRAIN_FILE} was not made with {TOKENIZER_FILE}; {_HINT} again")
        return cls(directory, tokenizer, directions, dataset)

    def validation(self, source_language: str, target_language: str) -> tuple[list[str], list[str]]:
        """The aligned validation sentences of a direction: sources, and their references.

        Raises:
            CorpusError: there are none for these languages, or they cannot be read.
        """
        source, target = validation_files(self.directory, (source_language, target_language))
        if not source.exists() or not target.exists():
            raise CorpusError(
                f"{self.directory}: no validation text for {source_language}-{target_language};"
                " give it to `python -m model prepare` as --valid"
            )
        sources, references = _read_lines(source), _read_lines(target)
        if len(sources) != len(references):
            raise CorpusError(
                f"{source} has {len(sources)} lines but {target} has {len(references)}: {_HINT} again"
            )
        return sources, references


def validation_files(directory: Path, languages: Direction) -> tuple[Path, Path]:
    """Where the validation text is: ``valid.de-en.de`` and ``valid.de-en.en``, in the order of ``languages``.

    The languages stand in the names in alphabetical order, whatever the order asked in.
    """
    pair = "-".join(sorted(languages))
    return directory / f"valid.{pair}.{languages[0]}", directory / f"valid.{pair}.{languages[1]}"


def write_prepared(
    directory: Path,
    *,
    tokenizer: Tokenizer,
    directions: Sequence[Direction],
    dataset: Dataset,
    validation: Mapping[Direction, Sequence[Pair]],
    description: Mapping[str, Any],
) -> None:
    """Write the folder; what an earlier ``prepare`` left there is replaced.

    Args:
        directory: made where it does not exist.
        tokenizer: the vocabulary.
        directions: what to train.
        dataset: the training rows.
        validation: the aligned sentences of each pair of languages.
        description: further entries of ``corpus.json``, for people to read.

    Raises:
        CorpusError: the folder cannot be written.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for stale in [directory / CORPUS_FILE, *directory.glob("valid.*-*.*")]:
            stale.unlink(missing_ok=True)
        (directory / TOKENIZER_FILE).write_bytes(tokenizer.serialized)
        dataset.save(directory / TRAIN_FILE)
        for languages, pairs in validation.items():
            for side, path in enumerate(validation_files(directory, languages)):
                path.write_text("".join(f"{pair[side]}\n" for pair in pairs), encoding="utf-8", newline="\n")
        document = {
            "format_version": FORMAT_VERSION,
            "directions": [list(d) for d in directions],
            **description,
        }
        text = json.dumps(document, indent=2, ensure_ascii=False)
        (directory / CORPUS_FILE).write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise CorpusError(f"{directory}: cannot be written: {error.strerror}") from error


def _read_directions(path: Path) -> tuple[Direction, ...]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        version = document["format_version"]
        directions = tuple((source, target) for source, target in document["directions"])
    except OSError as error:
        raise CorpusError(f"{path}: cannot be read: {error.strerror}; {_HINT}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise CorpusError(f"{path}: not the description of a prepared corpus; {_HINT}") from error
    if version != FORMAT_VERSION:
        raise CorpusError(f"{path}: format version {version!r}, not {FORMAT_VERSION}; {_HINT} again")
    return directions


def _read_lines(path: Path) -> list[str]:
    """The lines; only LF ends one, since other separators may stand inside a sentence."""
    try:
        return path.read_bytes().decode().split("\n")[:-1]
    except (OSError, UnicodeDecodeError) as error:
        raise CorpusError(f"{path}: cannot be read: {error}") from error
