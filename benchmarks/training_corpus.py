"""The same parallel text for every trainer: made or read, prepared once, and written as token ids.

A peer gets the token ids of the prepared corpus as words, "137 52 9": what it trains on is then exactly what
``model`` trains on, and its speed does not hang on a tokenizer.
"""

from __future__ import annotations

import io
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from benchmarks.errors import BenchmarkError
from benchmarks.texts import read_sentences
from model.training.corpus import ParallelText
from model.training.prepare import PrepareOptions, prepare
from model.training.prepared import PreparedCorpus

LANGUAGES = ("de", "en")
"""Of the built-in sentences; files given by a user are called the same, which changes nothing but a tag."""

PEER_SPECIALS = 4
"""Ids that a peer has of its own: unknown, padding, BOS and EOS; as many as come first in our vocabulary."""

_VALIDATION_PAIRS = 2
_SPLICED = 0.5
"""Share of the words of a made sentence that are made too."""

Pair = tuple[str, str]


@dataclass(frozen=True)
class PeerFiles:
    """What a peer reads: aligned token ids, and the list of all ids."""

    source: Path
    target: Path
    vocabulary: Path


def made_pairs(count: int, seed: int) -> list[Pair]:
    """``count`` different pairs as long as the built-in sentences, with a vocabulary of thousands of words.

    A side is a built-in sentence with its words shuffled, and half of them replaced by the front of one word
    of the language joined to the back of another. They mean nothing; speed does not ask for meaning. The
    same arguments always give the same pairs.
    """
    rng = random.Random(seed)
    sides = [[text.split() for text in read_sentences(None, language)] for language in LANGUAGES]
    words = [[word for sentence in side for word in sentence] for side in sides]
    pairs: dict[Pair, None] = {}
    while len(pairs) < count:
        row = rng.randrange(len(sides[0]))
        source, target = (_shuffled(side[row], known, rng) for side, known in zip(sides, words, strict=True))
        pairs[source, target] = None
    return list(pairs)


def read_pairs(source: Path, target: Path, limit: int) -> list[Pair]:
    """The first ``limit`` pairs of two aligned files, without those with a blank side.

    Raises:
        BenchmarkError: a file cannot be read, or the two have not the same number of lines.
    """
    sides = [_lines(path) for path in (source, target)]
    if len(sides[0]) != len(sides[1]):
        raise BenchmarkError(
            f"{source} has {len(sides[0])} lines and {target} {len(sides[1])}; line n of one must"
            " translate line n of the other"
        )
    pairs = [pair for pair in zip(*sides, strict=True) if pair[0].strip() and pair[1].strip()]
    return pairs[:limit]


def prepare_pairs(pairs: Sequence[Pair], folder: Path, vocabulary_size: int) -> PreparedCorpus:
    """Prepare ``pairs`` for training from the first language into the second, one segmentation a sentence.

    Args:
        pairs: the last few serve as the validation text that a recipe must have.
        folder: where to write.
        vocabulary_size: of the tokenizer that is trained.

    Raises:
        BenchmarkError: there are too few pairs.
        CorpusError: the text is too small for the vocabulary, or nothing is left of it.
    """
    if len(pairs) <= _VALIDATION_PAIRS:
        raise BenchmarkError(f"{len(pairs)} sentence pairs are too few; at least {_VALIDATION_PAIRS + 1}")
    train = _write_text(pairs[:-_VALIDATION_PAIRS], folder / "text", "train")
    valid = _write_text(pairs[-_VALIDATION_PAIRS:], folder / "text", "valid")
    output = folder / "prepared"
    options = PrepareOptions(
        output=output,
        corpora=(ParallelText(LANGUAGES, train, one_way=True),),
        validation=(ParallelText(LANGUAGES, valid, one_way=True),),
        directions=(LANGUAGES,),
        vocabulary_size=vocabulary_size,
        segmentations=1,
        keep_copies=True,
    )
    with Progress(console=Console(file=io.StringIO()), disable=True) as silent:
        prepare(options, silent)
    return PreparedCorpus.load(output)


def write_peer_files(corpus: PreparedCorpus, folder: Path) -> PeerFiles:
    """Write the training pairs of ``corpus`` as token ids, a sentence a line.

    A source keeps its language tag and its EOS, for our network reads them too. A target has neither BOS
    nor EOS, which the peer adds. Together with the peer's own, the vocabularies are of equal size.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = PeerFiles(folder / "source.ids", folder / "target.ids", folder / "vocabulary.ids")
    rows = list(_id_lines(corpus))
    files.source.write_text("".join(f"{source}\n" for source, _ in rows), encoding="utf-8")
    files.target.write_text("".join(f"{target}\n" for _, target in rows), encoding="utf-8")
    ids = range(PEER_SPECIALS, corpus.tokenizer.vocabulary_size)
    files.vocabulary.write_text("".join(f"{index}\n" for index in ids), encoding="utf-8")
    return files


def _id_lines(corpus: PreparedCorpus) -> Iterator[Pair]:
    dataset = corpus.dataset
    first = dataset.sentence_offsets[:-1]
    for source, target, tag in dataset.pairs.tolist():
        ids = dataset.segmentation(first[source]).tolist()
        yield (
            " ".join([*map(str, [tag, *ids]), "</s>"]),
            " ".join(map(str, dataset.segmentation(first[target]).tolist())),
        )


def _shuffled(sentence: Sequence[str], known: Sequence[str], rng: random.Random) -> str:
    words = [_spliced(known, rng) if rng.random() < _SPLICED else word for word in sentence]
    rng.shuffle(words)
    return " ".join(words)


def _spliced(known: Sequence[str], rng: random.Random) -> str:
    front, back = rng.choice(known), rng.choice(known)
    return front[: (len(front) + 1) // 2] + back[len(back) // 2 :]


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").split("\n")
    except OSError as error:
        raise BenchmarkError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise BenchmarkError(f"{path}: not UTF-8 text") from error


def _write_text(pairs: Sequence[Pair], folder: Path, name: str) -> tuple[Path, Path]:
    folder.mkdir(parents=True, exist_ok=True)
    files = folder / f"{name}.{LANGUAGES[0]}", folder / f"{name}.{LANGUAGES[1]}"
    for side, path in enumerate(files):
        path.write_text("".join(f"{pair[side]}\n" for pair in pairs), encoding="utf-8")
    return files
