"""What one test set says about a checkpoint."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from sacrebleu.metrics.chrf import CHRF

from model.evaluation import Scores, corpus_scores
from model.report.significance import Comparison, compare

LENGTH_STARTS = (1, 6, 11, 16, 21, 31, 51)
"""Where buckets of source tokens begin; the last has no end."""


@dataclass(frozen=True)
class TranslatedSet:
    """Text of one direction, and what became of it.

    Attributes:
        source_language, target_language: their codes.
        sources, references: aligned lines.
        source_tokens: of each source, without tag and EOS.
        translations: the checkpoint's.
        truncated: which of them the length limit ended.
        others: the translations of the checkpoint that it is compared with.
    """

    source_language: str
    target_language: str
    sources: Sequence[str]
    references: Sequence[str]
    source_tokens: Sequence[int]
    translations: Sequence[str]
    truncated: Sequence[bool]
    others: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class Bucket:
    """The sentences of some lengths.

    Attributes:
        label: the source tokens: ``1–5``, ``51+``.
        sentences: how many.
        scores: of the checkpoint.
        other: of the one that it is compared with.
    """

    label: str
    sentences: int
    scores: Scores
    other: Scores | None


@dataclass(frozen=True, slots=True)
class Example:
    """A sentence and its translations; ``line`` counts from 1, ``chrf`` is the sentence's, 0 to 100."""

    line: int
    source: str
    reference: str
    translation: str
    chrf: float
    other: str | None


@dataclass(frozen=True, slots=True)
class Symptom:
    """How many translations look wrong in a way that needs no reference."""

    name: str
    sentences: int


@dataclass(frozen=True)
class Analysis:
    """Everything that the page shows of a test set, pictures apart."""

    test: TranslatedSet
    scores: Scores
    other_scores: Scores | None
    comparisons: Sequence[Comparison]
    buckets: Sequence[Bucket]
    symptoms: Sequence[Symptom]
    worst: Sequence[Example]
    random: Sequence[Example]


def analyse(test: TranslatedSet, *, examples: int, seed: int = 1) -> Analysis:
    """Score ``test``; show its ``examples`` worst lines by chrF, and as many drawn at random.

    Raises:
        ConfigError: the target language's tokenizer is not installed.
    """
    count = len(test.sources)
    chrf = CHRF()
    pairs = zip(test.translations, test.references, strict=True)
    by_line = [float(chrf.sentence_score(translation, [reference]).score) for translation, reference in pairs]
    worst = sorted(range(count), key=lambda i: by_line[i])[:examples]
    drawn = sorted(random.Random(seed).sample(range(count), min(examples, count)))  # noqa: S311 - no secret
    everything = range(count)
    return Analysis(
        test=test,
        scores=_scores(test, test.translations, everything),
        other_scores=_scores(test, test.others, everything) if test.others else None,
        comparisons=compare(test.translations, test.others, test.references, test.target_language),
        buckets=length_buckets(test),
        symptoms=symptoms(test),
        worst=[_example(test, i, by_line[i]) for i in worst],
        random=[_example(test, i, by_line[i]) for i in drawn],
    )


def length_buckets(test: TranslatedSet) -> list[Bucket]:
    """Scores by the length of the source; every line is in one bucket, and none is empty."""
    ends = [*LENGTH_STARTS[1:], None]
    buckets = []
    for index, (start, end) in enumerate(zip(LENGTH_STARTS, ends, strict=True)):
        first = 0 if index == 0 else start  # a blank line is with the shortest
        rows = [i for i, n in enumerate(test.source_tokens) if n >= first and (end is None or n < end)]
        if rows:
            other = _scores(test, test.others, rows) if test.others else None
            label = f"{start}+" if end is None else f"{start}\u2013{end - 1}"
            buckets.append(Bucket(label, len(rows), _scores(test, test.translations, rows), other))
    return buckets


def symptoms(test: TranslatedSet) -> list[Symptom]:
    """Counts of translations that are empty, endless, untranslated, repetitive, or of an unlikely length."""
    pairs = list(zip(test.sources, test.translations, strict=True))
    ratios = [
        (len(translation) + 1) / (len(reference) + 1)
        for translation, reference in zip(test.translations, test.references, strict=True)
    ]
    counts = {
        "empty": sum(not text and bool(source.strip()) for source, text in pairs),
        "ended by the length limit": sum(test.truncated),
        "the source, unchanged": sum(bool(text) and text == source.strip() for source, text in pairs),
        "a word three times in a row": sum(_repeats(text) for text in test.translations),
        "shorter than half the reference": sum(ratio < 0.5 for ratio in ratios),
        "longer than twice the reference": sum(ratio > 2 for ratio in ratios),
    }
    return [Symptom(name, count) for name, count in counts.items()]


def _repeats(text: str) -> bool:
    words = text.split()
    return any(one == two == three for one, two, three in zip(words, words[1:], words[2:], strict=False))


def _scores(test: TranslatedSet, translations: Sequence[str], rows: Sequence[int]) -> Scores:
    return corpus_scores(
        [translations[i] for i in rows], [test.references[i] for i in rows], test.target_language
    )


def _example(test: TranslatedSet, index: int, chrf: float) -> Example:
    return Example(
        line=index + 1,
        source=test.sources[index],
        reference=test.references[index],
        translation=test.translations[index],
        chrf=chrf,
        other=test.others[index] if test.others else None,
    )
