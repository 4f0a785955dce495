"""Which penalties suit a checkpoint: BLEU on validation text over a grid of search settings.

Penalties rank hypotheses that have finished; they do not steer the search, which ends by counting them (see
``model.decoding``). So each sentence is decoded once for each beam size, all its finished hypotheses are
kept, and the winner under any penalties is found by arithmetic: the one that decoding with these would give.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import NamedTuple

import torch
from torch import Tensor

from model.config import DecodingOptions
from model.decoding import Hypothesis, decode
from model.decoding.penalties import coverage_term, length_norm
from model.evaluation import bleu_metric
from model.training.validation import Validation
from model.translation import LineTranslator

Progress = Callable[[int], None]
"""Called with how many more sentences are decoded."""


class Setting(NamedTuple):
    """A point of the grid; the names are those of ``DecodingOptions``."""

    beam_size: int
    length_penalty: float
    coverage_penalty: float


@dataclass(frozen=True)
class Grid:
    """What is tried; every combination."""

    beam_sizes: tuple[int, ...]
    length_penalties: tuple[float, ...] = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0, 1.2, 1.4, 1.6, 1.8, 2.0)
    coverage_penalties: tuple[float, ...] = (0.0, 0.05, 0.1, 0.2, 0.3, 0.4)


@dataclass(frozen=True)
class Trial:
    """How well a setting does.

    Attributes:
        setting: what was tried.
        bleu: for each validation set, in their order.
        length_ratio: likewise, translation over reference, in BLEU's tokens.
    """

    setting: Setting
    bleu: tuple[float, ...]
    length_ratio: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Over the directions: what is maximised."""
        return sum(self.bleu) / len(self.bleu)


def tune(
    translator: LineTranslator, sets: Sequence[Validation], grid: Grid, progress: Progress
) -> list[Trial]:
    """A trial for each setting of ``grid``, in its order.

    Args:
        translator: the network and how to decode but for the grid; its target language is not used.
        sets: validation text, of several directions maybe.
        grid: what to try.
        progress: told of each sentence decoded.
    """
    trials = []
    for beam_size in grid.beam_sizes:
        scored = [_score(translator, item, beam_size, grid, progress) for item in sets]
        penalties = product(grid.length_penalties, grid.coverage_penalties)
        for pair, results in zip(penalties, zip(*scored, strict=True), strict=True):
            bleu, ratio = zip(*results, strict=True)
            trials.append(Trial(Setting(beam_size, *pair), bleu, ratio))
    return trials


def best(trials: Sequence[Trial]) -> Trial:
    """The trial with the highest mean BLEU; among equals the first, with the smallest beam and penalties."""
    return max(trials, key=lambda trial: trial.mean)


@dataclass(frozen=True)
class Ranking:
    """Every finished hypothesis of some sentences, ready to be ranked under any penalties.

    Attributes:
        texts: of each sentence's hypotheses.
        log_probs: float64 ``[sentences, hypotheses]``; -inf where there is none.
        lengths: tokens without EOS, int64, likewise.
        coverage: the coverage term for a penalty of 1, float64, likewise.
    """

    texts: list[list[str]]
    log_probs: Tensor
    lengths: Tensor
    coverage: Tensor

    @classmethod
    def of(cls, translator: LineTranslator, hypotheses: Sequence[Sequence[Hypothesis]]) -> Ranking:
        """The ranking of ``hypotheses``, a sequence for each sentence."""
        # Shorter ones finished earlier, which decides between equal scores.
        ordered = [sorted(each, key=lambda hypothesis: len(hypothesis.tokens)) for each in hypotheses]
        shape = len(ordered), max(map(len, ordered), default=0)
        log_probs = torch.full(shape, -torch.inf, dtype=torch.float64)
        lengths, coverage = torch.zeros(shape, dtype=torch.int64), torch.zeros(shape, dtype=torch.float64)
        one = torch.ones(1, dtype=torch.float64)
        for row, each in enumerate(ordered):
            received = torch.tensor([hypothesis.coverage for hypothesis in each])[None]
            log_probs[row, : len(each)] = torch.tensor([h.log_prob for h in each], dtype=torch.float64)
            lengths[row, : len(each)] = torch.tensor([len(h.tokens) for h in each])
            real = torch.ones(1, received.shape[2], dtype=torch.bool)
            coverage[row, : len(each)] = coverage_term(received, real, one)[0]
        return cls([[translator.text_of(h) for h in each] for each in ordered], log_probs, lengths, coverage)

    def winners(self, length_penalty: float, coverage_penalty: float) -> Iterator[str]:
        """The text of each sentence's best hypothesis."""
        norm = length_norm(self.lengths + 1, torch.tensor(length_penalty, dtype=torch.float64))
        places = (self.log_probs / norm + coverage_penalty * self.coverage).argmax(1)
        for texts, place in zip(self.texts, places.tolist(), strict=True):
            yield texts[place]


def rank(translator: LineTranslator, parts: Sequence[str], beam_size: int, progress: Progress) -> Ranking:
    """Every hypothesis that finishes for each of ``parts``, none of which is over the translator's limit."""
    options = _keep_all(translator.options, beam_size)
    translations = decode(
        translator.model,
        translator.sources(parts),
        options,
        forbidden=translator.forbidden,
        max_rows=translator.rows,
        on_progress=_Steps(progress),
    )
    return Ranking.of(translator, [translation.hypotheses for translation in translations])


def _score(
    translator: LineTranslator, item: Validation, beam_size: int, grid: Grid, progress: Progress
) -> list[tuple[float, float]]:
    """BLEU and length ratio under each of the grid's penalties."""
    translator = replace(translator, target_language=item.target_language)
    parts = [translator.split(line) for line in item.sources]
    ranking = rank(translator, [part for line in parts for part in line], beam_size, progress)
    metric = bleu_metric(item.target_language)
    results = []
    for length_penalty, coverage_penalty in product(grid.length_penalties, grid.coverage_penalties):
        winners = ranking.winners(length_penalty, coverage_penalty)
        texts = [translator.join_texts([next(winners) for _ in line]) for line in parts]
        score = metric.corpus_score(texts, [item.references])
        results.append((score.score, score.ratio))
    return results


def _keep_all(options: DecodingOptions, beam_size: int) -> DecodingOptions:
    """``options`` for keeping everything that finishes.

    When the last of ``beam_size`` finishes, others may with it: fewer than ``2 * beam_size`` in all.
    ``n_best`` is over its limit then, which is there for callers and is not checked by ``model_copy``.
    """
    return options.model_copy(
        update={
            "strategy": "beam",
            "beam_size": beam_size,
            "n_best": 2 * beam_size,
            "early_stopping": False,
        }
    )


class _Steps:
    """Turns how many are done into how many more."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._done = 0

    def __call__(self, done: int, _total: int) -> None:
        self._progress(done - self._done)
        self._done = done
