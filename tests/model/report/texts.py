"""A test set with translations of every quality, made from words."""

from __future__ import annotations

import random

from model.report.analysis import TranslatedSet

WORDS = [
    "the",
    "a",
    "dog",
    "cat",
    "house",
    "train",
    "runs",
    "sees",
    "old",
    "green",
    "very",
    "station",
    "park",
    "two",
]


def made_test_set(lines: int = 60, *, seed: int = 1, compared: bool = True) -> TranslatedSet:
    """References of 1 to 60 words; translations that change some words, the others' more of them."""
    rng = random.Random(seed)
    references = [" ".join(rng.choices(WORDS, k=rng.randint(1, 60))) for _ in range(lines)]
    return TranslatedSet(
        source_language="de",
        target_language="en",
        sources=[f"Quelle {index}" for index in range(lines)],
        references=references,
        source_tokens=[len(reference.split()) for reference in references],
        translations=[_worse(rng, reference, 0.2) for reference in references],
        truncated=[False] * lines,
        others=[_worse(rng, reference, 0.21) for reference in references] if compared else None,
    )


def _worse(rng: random.Random, text: str, share: float) -> str:
    return " ".join(rng.choice(WORDS) if rng.random() < share else word for word in text.split())
