"""The prepared corpus on the disk: written by ``write_prepared``, read by ``PreparedCorpus.load``.

``corpus.json`` is written last and removed first: a folder without it is not a prepared corpus.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from model.errors import CheckpointError, ConfigError, CorpusError
from model.tokenizer import Tokenizer
from model.training.corpus import Direction, Pair
from model.training.dataset import CORPUS_FILE, TOKENIZER_FILE, TRAIN_FILE, Dataset, Int32

FORMAT_VERSION = 1

_HINT = "run `python -m model prepare`"


@dataclass(frozen=True)
class PreparedCorpus:
    """All that a training run reads.

    Attributes:
        directory: the folder.
        tokenizer: its vocabulary.
        directions: what to train, as (source language, target language).
        dataset: the training rows; their origins count ``corpora`` and the directions as prepared.
        corpora: what each corpus is called.
    """

    directory: Path
    tokenizer: Tokenizer
    directions: tuple[Direction, ...]
    dataset: Dataset
    corpora: tuple[str, ...] = ()

    @classmethod
    def load(cls, directory: Path) -> PreparedCorpus:
        """Read the folder that ``prepare`` wrote.

        Raises:
            CorpusError: a file is missing, damaged or of another format version; names the file.
        """
        directions, corpora = _read_description(directory / CORPUS_FILE)
        try:
            tokenizer = Tokenizer.load(directory / TOKENIZER_FILE)
        except CheckpointError as error:
            raise CorpusError(str(error)) from error
        dataset = Dataset.load(directory / TRAIN_FILE)
        if dataset.tokens.max(initial=0) >= tokenizer.vocabulary_size:
            raise CorpusError(f"{directory}: {TRAIN_FILE} was not made with {TOKENIZER_FILE}; {_HINT} again")
        origins = dataset.origins if corpora else _inferred_origins(dataset, directions, tokenizer)
        if origins is not None and not _in_range(origins, len(dataset), len(corpora) or 1, len(directions)):
            raise CorpusError(f"{directory}: {TRAIN_FILE} was not made with {CORPUS_FILE}; {_HINT} again")
        return cls(directory, tokenizer, directions, replace(dataset, origins=origins), corpora)

    def restricted_to(self, names: Collection[str]) -> PreparedCorpus:
        """The corpus with the directions ``names`` alone, such as ``de-en``; with none named, all of it.

        Raises:
            ConfigError: a direction was not prepared; lists those that were.
            CorpusError: the folder does not say which direction a pair belongs to.
        """
        known = ["-".join(direction) for direction in self.directions]
        if unknown := sorted(set(names) - set(known)):
            raise ConfigError(
                f"data.directions: {unknown[0]} is not in {self.directory}; it has {', '.join(known)}"
            )
        if not names or set(names) == set(known):
            return self
        chosen = np.array([name in names for name in known])
        kept = np.flatnonzero(chosen[self.origins[:, 1]])
        dataset = self.dataset.take(kept)
        origins = self.origins[kept]
        origins = np.stack([origins[:, 0], (np.cumsum(chosen) - 1)[origins[:, 1]]], axis=1, dtype=np.int32)
        directions = tuple(direction for direction, keep in zip(self.directions, chosen, strict=True) if keep)
        return replace(self, directions=directions, dataset=replace(dataset, origins=origins))

    @property
    def origins(self) -> Int32:
        """The corpus and the direction of each row, int32 ``[rows, 2]``.

        Raises:
            CorpusError: the folder does not say.
        """
        if self.dataset.origins is None:
            raise CorpusError(
                f"{self.directory}: prepared before the origin of each pair was stored, which the options"
                f" directions, temperature, weights and epoch_pairs of [data] need; {_HINT} again"
            )
        return self.dataset.origins

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
    corpora: Sequence[str],
    dataset: Dataset,
    validation: Mapping[Direction, Sequence[Pair]],
    description: Mapping[str, Any],
) -> None:
    """Write the folder; what an earlier ``prepare`` left there is replaced.

    Args:
        directory: made where it does not exist.
        tokenizer: the vocabulary.
        directions: what to train.
        corpora: what each corpus is called.
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
            "corpora": list(corpora),
            **description,
        }
        text = json.dumps(document, indent=2, ensure_ascii=False)
        (directory / CORPUS_FILE).write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise CorpusError(f"{directory}: cannot be written: {error.strerror}") from error


def _read_description(path: Path) -> tuple[tuple[Direction, ...], tuple[str, ...]]:
    """The directions, and the names of the corpora: none in a folder from before they were stored."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        version = document["format_version"]
        directions = tuple((str(source), str(target)) for source, target in document["directions"])
        corpora = tuple(str(name) for name in document.get("corpora", []))
    except OSError as error:
        raise CorpusError(f"{path}: cannot be read: {error.strerror}; {_HINT}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise CorpusError(f"{path}: not the description of a prepared corpus; {_HINT}") from error
    if version != FORMAT_VERSION:
        raise CorpusError(f"{path}: format version {version!r}, not {FORMAT_VERSION}; {_HINT} again")
    return directions, corpora


def _inferred_origins(
    dataset: Dataset, directions: Sequence[Direction], tokenizer: Tokenizer
) -> Int32 | None:
    """One corpus, and the direction by the target language's tag; None if two directions share one."""
    tags = [tokenizer.tag(target) for _, target in directions]
    if len(set(tags)) < len(tags):
        return None
    number = np.zeros(tokenizer.vocabulary_size, np.int32)
    number[tags] = np.arange(len(tags))
    directed = number[dataset.pairs[:, 2]]
    return np.stack([np.zeros_like(directed), directed], axis=1)


def _in_range(origins: Int32, pairs: int, corpora: int, directions: int) -> bool:
    """Whether ``origins`` is int32 ``[pairs, 2]`` of known corpora and directions."""
    return origins.shape == (pairs, 2) and bool(
        (origins >= 0).all() and (origins < np.array([corpora, directions])).all()
    )


def _read_lines(path: Path) -> list[str]:
    """The lines; only LF ends one, since other separators may stand inside a sentence."""
    try:
        return path.read_bytes().decode().split("\n")[:-1]
    except (OSError, UnicodeDecodeError) as error:
        raise CorpusError(f"{path}: cannot be read: {error}") from error
