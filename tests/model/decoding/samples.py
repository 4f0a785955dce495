"""Random sentences and options for the searches to agree on."""

from __future__ import annotations

import random

from model.config import DecodingOptions
from model.decoding import Job, Term
from model.tokenizer import EOS, UNK


def sources(count: int, vocabulary_size: int, *, seed: int = 0, longest: int = 7) -> list[tuple[int, ...]]:
    """Sentences of 1 to ``longest`` tokens, and EOS."""
    dice = random.Random(seed)
    content = range(UNK + 1, vocabulary_size)
    return [(*dice.choices(content, k=dice.randint(1, longest)), EOS) for _ in range(count)]


def beam_options(dice: random.Random) -> DecodingOptions:
    """Any beam search."""
    beam_size = dice.randint(1, 6)
    return DecodingOptions(
        beam_size=beam_size,
        n_best=dice.randint(1, beam_size),
        length_penalty=dice.choice([0.0, 0.6, 1.0, 2.0]),
        coverage_penalty=dice.choice([0.0, 0.0, 0.2, 1.0]),
        min_length=dice.choice([0, 0, 2, 4]),
        max_length=dice.choice([None, 1, 3, 8]),
        early_stopping=dice.random() < 0.5,
    )


def sample_options(dice: random.Random) -> DecodingOptions:
    """Any sampling."""
    beam_size = dice.randint(1, 4)
    return DecodingOptions(
        strategy="sample",
        beam_size=beam_size,
        n_best=dice.randint(1, beam_size),
        temperature=dice.choice([0.5, 1.0, 1.7]),
        top_k=dice.choice([0, 0, 1, 3]),
        top_p=dice.choice([1.0, 1.0, 0.3, 0.8]),
        min_length=dice.choice([0, 2]),
        max_length=dice.choice([None, 8]),
        seed=dice.randrange(2**70),
    )


def mixed_jobs(count: int, vocabulary_size: int, *, seed: int = 0, longest: int = 7) -> list[Job]:
    """Jobs of which a quarter sample, and two thirds want to know the attention."""
    dice = random.Random(seed)
    return [
        Job(
            index,
            source,
            sample_options(dice) if dice.random() < 0.25 else beam_options(dice),
            attention=index % 3 > 0,
        )
        for index, source in enumerate(sources(count, vocabulary_size, seed=seed, longest=longest))
    ]


def some_terms(dice: random.Random, source: tuple[int, ...], words: range) -> tuple[Term, ...]:
    """One to three different terms of one to four tokens; they may overlap."""
    terms = {tuple(dice.choices(words, k=dice.randint(1, 4))) for _ in range(dice.randint(1, 3))}
    places = [sorted(dice.sample(range(len(source) + 1), 2)) for _ in terms]
    return tuple(Term(tokens, *place) for tokens, place in zip(sorted(terms), places, strict=True))
