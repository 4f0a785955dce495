"""A small clean corpus, and what the tests of ``prepare`` do with it."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from itertools import product
from pathlib import Path

from rich.progress import Progress

from model.training.corpus import Direction, ParallelText
from model.training.prepare import Prepared, PrepareOptions, prepare
from model.training.prepared import PreparedCorpus

SUBJECTS = [("Der Hund", "The dog"), ("Die Frau", "The woman"), ("Mein Bruder", "My brother"), ("Er", "He")]
VERBS = [("schläft", "sleeps"), ("singt", "sings"), ("wartet", "waits"), ("liest", "reads")]
PLACES = [("im Garten", "in the garden"), ("am Bahnhof", "at the station"), ("zu Hause", "at home")]
PAIRS = [
    (f"{subject[0]} {verb[0]} {place[0]}.", f"{subject[1]} {verb[1]} {place[1]}.")
    for subject, verb, place in product(SUBJECTS, VERBS, PLACES)
]
TRAINING, VALIDATION = PAIRS[6:], PAIRS[:6]
VOCABULARY = 310


def write(
    folder: Path, name: str, pairs: list[tuple[str, str]], languages: Direction = ("de", "en")
) -> ParallelText:
    files = folder / f"{name}.{languages[0]}", folder / f"{name}.{languages[1]}"
    for side, file in enumerate(files):
        file.write_text("".join(f"{pair[side]}\n" for pair in pairs), encoding="utf-8")
    return ParallelText(languages, files)


def clean_options(folder: Path) -> PrepareOptions:
    """A clean corpus of 42 pairs, and 6 others for validation."""
    return PrepareOptions(
        output=folder / "prepared",
        corpora=(write(folder, "train", TRAINING),),
        validation=(write(folder, "valid", VALIDATION),),
        vocabulary_size=VOCABULARY,
        placeholders=0,
        segmentations=3,
    )


def run(options: PrepareOptions) -> Prepared:
    return prepare(options, Progress(disable=True))


def rows(corpus: PreparedCorpus) -> Counter[tuple[str, str, str]]:
    """Tag, source and target of every training row, as text."""
    dataset, tokenizer = corpus.dataset, corpus.tokenizer
    texts = [
        tokenizer.decode(dataset.segmentation(first).tolist()) for first in dataset.sentence_offsets[:-1]
    ]
    return Counter(
        (tokenizer.pieces([tag])[0], texts[source], texts[target]) for source, target, tag in dataset.pairs
    )


def strip_origins(folder: Path) -> None:
    """Make the folder one from before origins and the names of corpora were stored."""
    replace(PreparedCorpus.load(folder).dataset, origins=None).save(folder / "train.safetensors")
    path = folder / "corpus.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    del document["corpora"]
    path.write_text(json.dumps(document), encoding="utf-8")
