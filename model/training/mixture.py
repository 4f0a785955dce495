"""How often each training pair is seen: shares of directions, weights of corpora, the size of an epoch.

A direction whose pairs weigh ``n`` together has a share of an epoch that is proportional to
``n ** (1 / temperature)`` (Arivazhagan et al. 2019): 1 keeps the proportions of the data, a large temperature
gives every direction as much. Inside a direction a pair is as frequent as its corpus's weight says. What is
drawn is a pure function of the mixture and a random generator, so that a resumed run draws what an unbroken
one would.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

import numpy as np
import numpy.typing as npt

from model.config import DataConfig
from model.errors import ConfigError
from model.training.prepared import PreparedCorpus

Int64 = npt.NDArray[np.int64]
Float64 = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Mixture:
    """What an epoch draws.

    Attributes:
        rates: how often each training row is expected in an epoch, float64 ``[rows]``.
        pairs: the size of an epoch, the sum of ``rates``.
    """

    rates: Float64
    pairs: int

    def draw(self, random: np.random.Generator) -> Int64:
        """The rows of an epoch, int64 ``[pairs]``, in no order.

        A row of rate 2.3 is drawn two times or three, the latter with probability .3: systematic sampling
        from the rows in random order, which wastes no pair as independent draws would.
        """
        order = random.permutation(len(self.rates))
        ends = np.cumsum(self.rates[order])
        points = (random.random() + np.arange(self.pairs)) * (ends[-1] / self.pairs)
        drawn: Int64 = order[np.searchsorted(ends, points, side="right").clip(max=len(order) - 1)]
        return drawn


def plan_mixture(corpus: PreparedCorpus, config: DataConfig) -> Mixture | None:
    """The mixture that ``config`` asks for; None where that is every pair once.

    Raises:
        ConfigError: a weight is for no corpus, two are for the same, or a direction has only weights of 0.
        CorpusError: the folder does not say where its pairs are from.
    """
    if config.temperature == 1.0 and not config.weights and not config.epoch_pairs:
        return None
    weights = corpus_weights(config.weights, corpus.corpora)
    corpora, directions = corpus.origins.T
    row_weights = np.array(weights or [1.0])[corpora]
    totals = np.bincount(directions, row_weights, minlength=len(corpus.directions))
    for direction, total in zip(corpus.directions, totals, strict=True):
        if not total:
            raise ConfigError(f"data.weights: every pair of direction {'-'.join(direction)} has weight 0")
    shares = totals ** (1.0 / config.temperature)
    shares /= shares.sum()
    pairs = config.epoch_pairs or len(corpus.dataset)
    return Mixture(pairs * (shares / totals)[directions] * row_weights, pairs)


def corpus_weights(weights: Mapping[str, float], corpora: Sequence[str]) -> list[float]:
    """The weight of each of ``corpora``: that of the pattern which its name fits, or 1.

    Raises:
        ConfigError: a pattern fits no corpus, or a corpus fits two.
    """
    known = ", ".join(map(repr, corpora)) or "not named in this folder: prepare it again"
    for pattern in weights:
        if not any(fnmatchcase(corpus, pattern) for corpus in corpora):
            raise ConfigError(f"data.weights: {pattern!r} is no corpus; the corpora are {known}")
    found = []
    for corpus in corpora:
        patterns = [pattern for pattern in weights if fnmatchcase(corpus, pattern)]
        if len(patterns) > 1:
            raise ConfigError(f"data.weights: {patterns[0]!r} and {patterns[1]!r} are both for {corpus!r}")
        found.append(weights[patterns[0]] if patterns else 1.0)
    return found
