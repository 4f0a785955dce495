"""All training pairs in memory: every sentence once, pairs as indices."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from model.training.cleaning import Bool, Cleaner, PairFilter
from model.training.corpus import Direction, Pair, Unreadable
from model.training.placeholders import PlaceholderMaker

Int32 = npt.NDArray[np.int32]


@dataclass
class CorpusReport:
    """What became of one corpus: how many lines were read, and how many dropped for which reason.

    ``variants`` is how many pairs were stored a second time, with placeholders.
    """

    name: str
    read: int = 0
    variants: int = 0
    dropped: Counter[str] = field(default_factory=Counter)

    @property
    def kept(self) -> int:
        """Sentence pairs that were not dropped."""
        return self.read - self.dropped.total()

    @property
    def reasons(self) -> str:
        """The counts for a message, most first: ``copy 12, too many tokens 3``."""
        return ", ".join(f"{reason} {count}" for reason, count in self.dropped.most_common())

    def drop(self, reason: str, count: int = 1) -> None:
        """Count ``count`` pairs as dropped; a reason that dropped none is not listed."""
        if count:
            self.dropped[reason] += count


@dataclass(frozen=True)
class PairTable:
    """Sentence pairs of all corpora.

    Attributes:
        sentences: unique texts; a text that occurs in two languages is one sentence.
        first: index of the sentence in its corpus's first language, int32 ``[pairs]``.
        second: index of its translation, int32 ``[pairs]``.
        corpus: which corpus the pair is from, int32 ``[pairs]``.
    """

    sentences: list[str]
    first: Int32
    second: Int32
    corpus: Int32

    def __len__(self) -> int:
        return len(self.first)

    def select(self, kept: Bool) -> PairTable:
        """The pairs where ``kept``, bool ``[pairs]``, and the sentences that these need."""
        ends = np.stack([self.first[kept], self.second[kept]])
        needed, indices = np.unique(ends, return_inverse=True)
        first, second = indices.reshape(ends.shape).astype(np.int32)
        return PairTable([self.sentences[i] for i in needed], first, second, self.corpus[kept])

    def texts(self, corpus: int, side: int) -> list[str]:
        """The unique sentences of one side of a corpus: 0 is its first language, 1 its second."""
        column = (self.first, self.second)[side]
        return [self.sentences[i] for i in np.unique(column[self.corpus == corpus])]


class PairCollector:
    """Fills a ``PairTable`` with the pairs that a filter lets through.

    Attributes:
        reports: one for each corpus added.
    """

    def __init__(
        self, cleaner: Cleaner, pair_filter: PairFilter, placeholders: PlaceholderMaker | None = None
    ) -> None:
        self.reports: list[CorpusReport] = []
        self._placeholders = placeholders or PlaceholderMaker(0)
        self._cleaner = cleaner
        self._filter = pair_filter
        self._indices: dict[str, int] = {}
        self._first, self._second, self._corpus = array("i"), array("i"), array("i")

    def add(self, name: str, languages: Direction, lines: Iterable[Pair | Unreadable]) -> None:
        """Take all ``lines`` of a corpus, cleaned."""
        report = CorpusReport(name)
        self.reports.append(report)
        for line in lines:
            report.read += 1
            reason = line if isinstance(line, Unreadable) else self._take(languages, line)
            if reason:
                report.drop(reason)

    def table(self) -> PairTable:
        """What was collected so far."""
        columns = (np.array(column, dtype=np.int32) for column in (self._first, self._second, self._corpus))
        return PairTable(list(self._indices), *columns)

    def _take(self, languages: Direction, pair: Pair) -> str | None:
        """Store ``pair``, or say why not."""
        first, second = self._cleaner.clean(pair[0]), self._cleaner.clean(pair[1])
        if reason := self._filter.judge(languages, first, second):
            return reason
        self._store(first, second)
        if variant := self._placeholders.variant(first, second):
            self._store(*variant)
            self.reports[-1].variants += 1
        return None

    def _store(self, first: str, second: str) -> None:
        self._first.append(self._index(first))
        self._second.append(self._index(second))
        self._corpus.append(len(self.reports) - 1)

    def _index(self, text: str) -> int:
        return self._indices.setdefault(text, len(self._indices))
