"""Which words translate each other, counted in parallel text: a glossary that nobody has to write."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_WORD = re.compile(r"[^\W\d_]{4,}")
_MIN_PAIRS = 3
_MIN_DICE = 0.1


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Counts of words, and of pairs of words in sentences that translate each other."""

    source: Counter[str]
    target: Counter[str]
    pairs: Counter[tuple[str, str]]

    @classmethod
    def count(cls, sources: Sequence[str], targets: Sequence[str]) -> Lexicon:
        """From aligned sentences."""
        lexicon = cls(Counter(), Counter(), Counter())
        for source, target in zip(sources, targets, strict=True):
            ones, others = set(words(source)), set(words(target))
            lexicon.source.update(ones)
            lexicon.target.update(others)
            lexicon.pairs.update((one, other) for one in ones for other in others)
        return lexicon

    def dice(self, source: str, target: str) -> float:
        """Dice's coefficient: 1 for words that only ever come together, 0 for too few pairs."""
        together = self.pairs[source, target]
        return 2 * together / (self.source[source] + self.target[target]) if together >= _MIN_PAIRS else 0.0

    def terms(self, source: str, target: str) -> Iterator[tuple[str, str]]:
        """Pairs of words of two sentences, each the other's best translation, the surest first."""
        pairs = [(self.dice(one, other), one, other) for one in words(source) for other in words(target)]
        taken: set[str] = set()
        for dice, one, other in sorted(pairs, reverse=True):
            if dice >= _MIN_DICE and not {f"s {one}", f"t {other}"} & taken:
                taken |= {f"s {one}", f"t {other}"}
                yield one, other


def words(text: str) -> list[str]:
    """The words of four letters or more, each once: fewer are seldom terms."""
    return list(dict.fromkeys(_WORD.findall(text)))
