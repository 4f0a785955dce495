"""A corpus that a tiny network learns in seconds: digits, spelt out in two languages."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from rich.progress import Progress

from model.config import DataConfig, ModelShape, Recipe, TrainingConfig
from model.training.corpus import ParallelText
from model.training.prepare import PrepareOptions, prepare

GERMAN = ("null", "eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun")
ENGLISH = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def spelt(numbers: list[list[int]], words: tuple[str, ...]) -> str:
    return "".join(" ".join(words[digit] for digit in number) + "\n" for number in numbers)


@pytest.fixture(scope="session")
def digits_corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """600 numbers of 1 to 5 digits to train on and 40 others to validate on, German to English."""
    draw = random.Random(0)
    numbers: list[list[int]] = []
    while len(numbers) < 640:
        number = [draw.randrange(10) for _ in range(draw.randint(1, 5))]
        if number not in numbers:
            numbers.append(number)
    folder = tmp_path_factory.mktemp("digits")
    for name, part in (("valid", numbers[:40]), ("train", numbers[40:])):
        (folder / f"{name}.de").write_text(spelt(part, GERMAN), encoding="utf-8")
        (folder / f"{name}.en").write_text(spelt(part, ENGLISH), encoding="utf-8")
    options = PrepareOptions(
        output=folder / "prepared",
        corpora=(ParallelText(("de", "en"), (folder / "train.de", folder / "train.en")),),
        validation=(ParallelText(("de", "en"), (folder / "valid.de", folder / "valid.en")),),
        directions=(("de", "en"),),
        vocabulary_size=300,
        placeholders=0,
        segmentations=2,
    )
    prepare(options, Progress(disable=True))
    return folder / "prepared"


@pytest.fixture
def recipe(digits_corpus: Path) -> Recipe:
    """A run of two dozen updates that validates and saves on the way."""
    return Recipe(
        data=DataConfig(directory=digits_corpus),
        model=ModelShape(
            embedding_size=32, hidden_size=64, attention_heads=1, encoder_layers=1, decoder_layers=1
        ),
        training=TrainingConfig(
            max_updates=24,
            batch_tokens=600,
            warmup_updates=5,
            learning_rate=5e-3,
            validate_every_updates=8,
            save_every_updates=6,
            log_every_updates=4,
            validation_sentences=10,
            average_checkpoints=2,
            ema_decay=0.9,
            precision="float32",
            device="cpu",
        ),
    )
