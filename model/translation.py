"""Text to text, offline: lines in, translations out, in the same order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from model.config import DecodingOptions
from model.decoding import CONTROL_IDS, Hypothesis, align, decode
from model.interface import Seq2Seq
from model.splitting import split_to_fit
from model.tokenizer import Tokenizer
from model.word_alignment import Link, word_links, words_of

MAX_SOURCE_TOKENS = 128
"""A longer line is translated in parts: networks of this kind degrade on lengths they were not trained on."""

_LINE_BREAKS = re.compile(r"[\n\r\t\v\f\x1c-\x1f\x85\u2028\u2029]+")
_UNSPACED_LANGUAGES = frozenset({"zh", "ja", "th", "lo", "km", "my"})


@dataclass(frozen=True, slots=True)
class Candidate:
    """One translation of a line.

    Attributes:
        text: without line breaks and tabs; these become spaces.
        score: what candidates are ranked by (see ``DecodingOptions``); summed over the line's parts.
        log_prob: natural logarithm of the probability, summed over the parts.
        truncated: the length limit, not the network, ended it.
        alignment: (source word, target word), by target word; empty unless asked for.
    """

    text: str
    score: float
    log_prob: float
    truncated: bool
    alignment: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class LineTranslation:
    """The candidates of one line, best first, never empty; a blank line has an empty one.

    Attributes:
        candidates: at most ``n_best``.
        parts: how many parts the line was translated in: 0 for a blank line, 1 for nearly all.
    """

    candidates: tuple[Candidate, ...]
    parts: int

    @property
    def best(self) -> Candidate:
        """The winner."""
        return self.candidates[0]


@dataclass(frozen=True, slots=True)
class _PartTranslation:
    """The candidates of one part, best first, and how many words its source has."""

    words: int
    candidates: list[Candidate]


@dataclass(frozen=True)
class LineTranslator:
    """Translates lines into one language.

    Attributes:
        model: the network, in evaluation mode.
        tokenizer: its vocabulary.
        target_language: what to translate into.
        options: how to decode.
        rows: sentences decoded together.
        max_source_tokens: a line with more is cut where it hurts least and translated in parts.
        alignments: whether candidates get their word alignment; costs one more pass over each.
    """

    model: Seq2Seq[Any, Any]
    tokenizer: Tokenizer
    target_language: str
    options: DecodingOptions
    rows: int = 64
    max_source_tokens: int = MAX_SOURCE_TOKENS
    alignments: bool = False

    def translate(self, lines: Iterable[str]) -> list[LineTranslation]:
        """One translation for each of ``lines``; outer whitespace is left out.

        Raises:
            DirectionError: the vocabulary has no tag for the target language.
            DecodingError: the network gave numbers that cannot be used.
        """
        parts = [self.split(line) for line in lines]
        sources = self.sources([part for line in parts for part in line])
        candidates = iter(self._candidates(sources))
        return [self._join(list(islice(candidates, len(line)))) for line in parts]

    def split(self, line: str) -> list[str]:
        """The parts that ``line`` is translated in: nearly always one, none for a blank line."""
        stripped = line.strip()
        parts = [part.strip() for part in split_to_fit(stripped, self._fits)]
        return [part for part in parts if part]

    def sources(self, parts: Sequence[str]) -> list[list[int]]:
        """What the network reads for each of ``parts``."""
        return [self.tokenizer.source_ids(part, self.target_language) for part in parts]

    @property
    def forbidden(self) -> frozenset[int]:
        """What no translation may hold: control symbols and language tags."""
        return CONTROL_IDS | {self.tokenizer.tag(language) for language in self.tokenizer.languages}

    def text_of(self, hypothesis: Hypothesis) -> str:
        """The text of a part's hypothesis, on one line."""
        return _LINE_BREAKS.sub(" ", self.tokenizer.decode(hypothesis.tokens)).strip()

    def join_texts(self, texts: Iterable[str]) -> str:
        """The translation of a line from those of its parts."""
        space = "" if self.target_language in _UNSPACED_LANGUAGES else " "
        return space.join(text for text in texts if text)

    def _fits(self, text: str) -> bool:
        return len(self.tokenizer.source_ids(text.strip(), self.target_language)) <= self.max_source_tokens

    def _candidates(self, sources: Sequence[list[int]]) -> Iterator[_PartTranslation]:
        """For each of ``sources`` its candidates."""
        translations = decode(self.model, sources, self.options, forbidden=self.forbidden, max_rows=self.rows)
        pairs = [
            (source, hypothesis)
            for source, translation in zip(sources, translations, strict=True)
            for hypothesis in translation.hypotheses
        ]
        links = iter(self._links(pairs))
        for source, translation in zip(sources, translations, strict=True):
            yield _PartTranslation(
                words=len(self.tokenizer.decode(source).split()),
                candidates=[
                    self._candidate(hypothesis, next(links)) for hypothesis in translation.hypotheses
                ],
            )

    def _links(self, pairs: Sequence[tuple[list[int], Hypothesis]]) -> list[tuple[Link, ...]]:
        if not self.alignments:
            return [()] * len(pairs)
        sources = [source for source, _ in pairs]
        targets = [hypothesis.tokens for _, hypothesis in pairs]
        return [
            word_links(attention, words_of(self.tokenizer, source[1:-1]), words_of(self.tokenizer, target))
            for attention, source, target in zip(
                align(self.model, sources, targets, max_rows=self.rows), sources, targets, strict=True
            )
        ]

    def _candidate(self, hypothesis: Hypothesis, links: tuple[Link, ...]) -> Candidate:
        return Candidate(
            self.text_of(hypothesis), hypothesis.score, hypothesis.log_prob, hypothesis.truncated, links
        )

    def _join(self, parts: Sequence[_PartTranslation]) -> LineTranslation:
        """The ``k``-th candidates of all parts together, or the last of a part that has fewer."""
        if not parts:
            return LineTranslation((Candidate("", 0.0, 0.0, False),), 0)
        ranks = range(max(len(part.candidates) for part in parts))
        return LineTranslation(tuple(self._joined(parts, rank) for rank in ranks), len(parts))

    def _joined(self, parts: Sequence[_PartTranslation], rank: int) -> Candidate:
        if len(parts) == 1:
            return parts[0].candidates[rank]
        chosen = [part.candidates[min(rank, len(part.candidates) - 1)] for part in parts]
        links: list[Link] = []
        source_words = target_words = 0
        for part, candidate in zip(parts, chosen, strict=True):
            links += [(source_words + i, target_words + j) for i, j in candidate.alignment]
            source_words += part.words
            target_words += len(candidate.text.split())
        return Candidate(
            text=self.join_texts(candidate.text for candidate in chosen),
            score=sum(candidate.score for candidate in chosen),
            log_prob=sum(candidate.log_prob for candidate in chosen),
            truncated=any(candidate.truncated for candidate in chosen),
            alignment=tuple(links),
        )
