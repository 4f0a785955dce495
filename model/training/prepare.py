"""From parallel text files to the folder that training reads.

Read, clean, train the tokenizer, drop by length in tokens, encode, write.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from model.chinese import simplified_characters
from model.errors import ConfigError, CorpusError
from model.tokenizer import Tokenizer
from model.tokenizer_training import NO_CHARACTERS, train_tokenizer
from model.training.cleaning import Cleaner, PairFilter, TokenLimits
from model.training.corpus import Direction, Pair, ParallelText, Unreadable, sha256
from model.training.dataset import Dataset
from model.training.encoding import directed_pairs, encode_sentences
from model.training.pairs import CorpusReport, PairCollector, PairTable
from model.training.placeholders import PlaceholderMaker
from model.training.prepared import write_prepared

if TYPE_CHECKING:
    from rich.progress import Progress

_MAX_REPEATS = 4
"""A small language's text is repeated at most this often in the tokenizer's training text."""


@dataclass(frozen=True)
class PrepareOptions:
    """What to prepare and how.

    Attributes:
        output: the folder to write.
        corpora: training text.
        validation: text for dev BLEU; none of it is trained on.
        directions: what to train; empty: both directions of each corpus.
        vocabulary_size: of the tokenizer to train.
        character_coverage: as in ``train_tokenizer``.
        tokenizer_sentences: train the tokenizer on at most so many sentences of each language.
        placeholders: characters of the vocabulary that stand for what is copied.
        placeholder_share: of the pairs whose sides share a name, a number or the like, as many are trained on
            a second time with placeholders for it.
        simplify_chinese: read Traditional Chinese characters as Simplified ones.
        tokenizer: a model file to use instead of training one; brings its placeholders and characters along.
        threads: for training the tokenizer.
        segmentations: at most so many of each sentence are stored.
        max_characters: a longer sentence drops its pair.
        keep_copies: keep pairs whose source and target are the same text.
        limits: lengths in tokens.
    """

    output: Path
    corpora: tuple[ParallelText, ...]
    validation: tuple[ParallelText, ...]
    directions: tuple[Direction, ...] = ()
    vocabulary_size: int = 8000
    character_coverage: float = 1.0
    tokenizer_sentences: int = 1_000_000
    placeholders: int = 10
    placeholder_share: float = 0.5
    simplify_chinese: bool = False
    tokenizer: Path | None = None
    threads: int = 1
    segmentations: int = 8
    max_characters: int = 1000
    keep_copies: bool = False
    limits: TokenLimits = field(default_factory=TokenLimits)


@dataclass(frozen=True)
class Prepared:
    """What ``prepare`` wrote.

    Attributes:
        reports: what became of each corpus, in their order.
        dataset: the training rows.
        validation: sentences for each pair of languages.
    """

    reports: tuple[CorpusReport, ...]
    dataset: Dataset
    validation: dict[Direction, int]


def prepare(options: PrepareOptions, progress: Progress) -> Prepared:
    """Prepare a corpus as ``options`` say, showing the long parts on ``progress``.

    The result depends on the options and the files alone.

    Raises:
        ConfigError: the options contradict each other.
        CorpusError: text cannot be read, nothing is left of it, or the folder cannot be written.
        CheckpointError: ``options.tokenizer`` is not a tokenizer.
        DirectionError: ``options.tokenizer`` lacks a target language.
    """
    directions = _directions(options)
    ready_made = _load_tokenizer(options, directions)
    validation = _read_validation(options.validation)
    held_out = [text for pairs in validation.values() for pair in pairs for text in pair]
    count = len(ready_made.placeholders) if ready_made else options.placeholders
    maker = PlaceholderMaker(count, options.placeholder_share)
    table, reports = _collect(options, held_out, maker, progress)
    tokenizer = ready_made or _train_tokenizer(options, table, progress)
    validation = _in_script(validation, tokenizer)
    table = _limit_tokens(options.limits, table, tokenizer, reports, progress)
    pairs, origins = _rows(options.corpora, directions, table, tokenizer)
    dataset = encode_sentences(
        progress.track(table.sentences, description="Encoding"),
        tokenizer,
        segmentations=options.segmentations,
        pairs=pairs,
        origins=origins,
    )
    result = Prepared(tuple(reports), dataset, {pair: len(texts) for pair, texts in validation.items()})
    write_prepared(
        options.output,
        tokenizer=tokenizer,
        directions=directions,
        corpora=[corpus.label for corpus in options.corpora],
        dataset=dataset,
        validation=validation,
        description=_description(options, result, tokenizer),
    )
    return result


def balanced(texts: Sequence[Sequence[str]], *, limit: int) -> Iterator[str]:
    """Sentences of all ``texts``, of each as many as the largest has, but at most ``limit``.

    A smaller text is repeated, at most ``_MAX_REPEATS`` times; of a larger one evenly spaced sentences are
    taken.
    """
    goal = min(limit, max(len(text) for text in texts))
    for text in texts:
        step = max(1.0, len(text) / goal)
        chosen = [text[int(i * step)] for i in range(min(goal, len(text)))]
        yield from islice(cycle(chosen), min(goal, _MAX_REPEATS * len(chosen)))


def _directions(options: PrepareOptions) -> tuple[Direction, ...]:
    """The directions to train, each once.

    Raises:
        ConfigError: a direction has no training or validation text, or a corpus serves no direction.
    """
    if not options.corpora:
        raise ConfigError("there is no training text: name some with --corpus or --one-way")
    possible = [direction for corpus in options.corpora for direction in corpus.directions]
    directions = tuple(dict.fromkeys(options.directions or possible))
    for kind, texts in (("training", options.corpora), ("validation", options.validation)):
        served = {direction for text in texts for direction in text.directions}
        for direction in directions:
            if direction not in served:
                raise ConfigError(f"direction {'-'.join(direction)} has no {kind} text")
    for corpus in options.corpora:
        if not set(corpus.directions) & set(directions):
            raise ConfigError(f"corpus {corpus}: none of the directions to train is between its languages")
    return directions


def _load_tokenizer(options: PrepareOptions, directions: Iterable[Direction]) -> Tokenizer | None:
    if not options.tokenizer:
        return None
    tokenizer = Tokenizer.load(options.tokenizer)
    for _, target in directions:
        tokenizer.tag(target)
    return tokenizer


def _read_validation(texts: Iterable[ParallelText]) -> dict[Direction, list[Pair]]:
    """The sentences of each pair of languages, the languages in alphabetical order.

    They stay as they are, but for spaces at their ends: a reference is not ours to edit.

    Raises:
        CorpusError: a line has no two sentences; names the line.
    """
    validation: dict[Direction, list[Pair]] = {}
    for text in texts:
        low, high = sorted(text.languages)
        pairs = validation.setdefault((low, high), [])
        for number, line in enumerate(text.read(), start=1):
            if isinstance(line, Unreadable):
                raise CorpusError(f"{text}: line {number}: {line}")
            first, second = line[0].strip(), line[1].strip()
            if not first or not second:
                raise CorpusError(f"{text}: line {number}: a side is empty")
            pairs.append((first, second) if text.languages == (low, high) else (second, first))
    return validation


def _in_script(validation: dict[Direction, list[Pair]], tokenizer: Tokenizer) -> dict[Direction, list[Pair]]:
    """``validation`` as the vocabulary can write it: a network that knows one script is judged by it."""
    script = tokenizer.in_script
    return {
        languages: [(script(first), script(second)) for first, second in pairs]
        for languages, pairs in validation.items()
    }


def _collect(
    options: PrepareOptions, held_out: Iterable[str], maker: PlaceholderMaker, progress: Progress
) -> tuple[PairTable, list[CorpusReport]]:
    cleaner = Cleaner()
    pair_filter = PairFilter(
        cleaner,
        max_characters=options.max_characters,
        keep_copies=options.keep_copies,
        held_out=held_out,
    )
    collector = PairCollector(cleaner, pair_filter, maker)
    for corpus in options.corpora:
        lines = progress.track(corpus.read(), description=f"Reading {corpus}")
        collector.add(str(corpus), corpus.languages, lines)
        progress.update(progress.task_ids[-1], total=collector.reports[-1].read)
    table = collector.table()
    _require_pairs(len(table), collector.reports)
    return table, collector.reports


def _train_tokenizer(options: PrepareOptions, table: PairTable, progress: Progress) -> Tokenizer:
    task = progress.add_task("Training the tokenizer", total=None)
    texts: dict[str, dict[str, None]] = {}
    for number, corpus in enumerate(options.corpora):
        for side, language in enumerate(corpus.languages):
            texts.setdefault(language, {}).update(dict.fromkeys(table.texts(number, side)))
    tokenizer = train_tokenizer(
        balanced([list(texts[language]) for language in sorted(texts)], limit=options.tokenizer_sentences),
        vocabulary_size=options.vocabulary_size,
        languages=sorted(texts),
        character_coverage=options.character_coverage,
        placeholders=options.placeholders,
        characters=simplified_characters() if options.simplify_chinese else NO_CHARACTERS,
        threads=options.threads,
    )
    progress.update(task, total=1, completed=1)
    return tokenizer


def _limit_tokens(
    limits: TokenLimits,
    table: PairTable,
    tokenizer: Tokenizer,
    reports: Sequence[CorpusReport],
    progress: Progress,
) -> PairTable:
    sentences = progress.track(table.sentences, description="Counting tokens")
    lengths = np.fromiter((len(tokenizer.encode(text)) for text in sentences), np.int64, len(table.sentences))
    kept = np.ones(len(table), dtype=np.bool_)
    for reason, dropped in limits.judge(lengths[table.first], lengths[table.second]).items():
        kept &= ~dropped
        for report, count in zip(
            reports, np.bincount(table.corpus[dropped], minlength=len(reports)), strict=True
        ):
            report.drop(reason, int(count))
    _require_pairs(int(kept.sum()), reports)
    return table.select(kept)


def _require_pairs(count: int, reports: Iterable[CorpusReport]) -> None:
    if not count:
        dropped = "; ".join(f"{report.name}: {report.reasons}" for report in reports)
        raise CorpusError(f"no sentence pairs are left to train on; dropped from {dropped}")


def _rows(
    corpora: Iterable[ParallelText], directions: Sequence[Direction], table: PairTable, tokenizer: Tokenizer
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """The training rows and their origins, as in ``Dataset``."""
    rows, origins = [], []
    for number, corpus in enumerate(corpora):
        mine = table.corpus == number
        ends = table.first[mine], table.second[mine]
        pairs, directed = directed_pairs(*ends, corpus, directions, tokenizer)
        rows.append(pairs)
        origins.append(np.stack([np.full_like(directed, number), directed], axis=1))
    return np.concatenate(rows), np.concatenate(origins)


def _description(options: PrepareOptions, result: Prepared, tokenizer: Tokenizer) -> dict[str, Any]:
    """What ``corpus.json`` tells people. Files without their folders: it may be given away."""
    dataset = result.dataset
    inputs = [file for text in (*options.corpora, *options.validation) for file in text.files]
    trained = {
        "vocabulary_size": options.vocabulary_size,
        "character_coverage": options.character_coverage,
        "tokenizer_sentences": options.tokenizer_sentences,
        "placeholders": options.placeholders,
        "simplify_chinese": options.simplify_chinese,
        "threads": options.threads,
    }
    reused = {"tokenizer": options.tokenizer.name} if options.tokenizer else {}
    return {
        "counts": {
            "rows": len(dataset),
            "sentences": len(dataset.sentence_offsets) - 1,
            "segmentations": len(dataset.log_probs),
            "tokens_of_best_segmentations": int(dataset.best_lengths().sum()),
            "vocabulary": tokenizer.vocabulary_size,
            "validation": {"-".join(pair): count for pair, count in result.validation.items()},
        },
        "report": [
            {
                "corpus": corpus.label,
                "one_way": corpus.one_way,
                "read": report.read,
                "kept": report.kept,
                "with_placeholders": report.variants,
                "dropped": dict(report.dropped.most_common()),
            }
            for corpus, report in zip(options.corpora, result.reports, strict=True)
        ],
        "options": {
            **(reused or trained),
            "placeholder_share": options.placeholder_share,
            "segmentations": options.segmentations,
            "max_characters": options.max_characters,
            "keep_copies": options.keep_copies,
            "max_tokens": options.limits.max_tokens,
            "max_length_ratio": options.limits.max_ratio,
            "length_slack": options.limits.slack,
        },
        "inputs": [{"file": file.name, "sha256": sha256(file)} for file in inputs],
    }
