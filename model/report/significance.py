"""How far a score can be trusted, and whether two systems differ: sacreBLEU's bootstrap (Koehn 2004)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sacrebleu.metrics.chrf import CHRF
from sacrebleu.significance import PairedTest, Result

from model.evaluation import bleu_metric

RESAMPLES = 1000


@dataclass(frozen=True, slots=True)
class Estimate:
    """A corpus score and its 95 % interval.

    Attributes:
        score: of the whole test set.
        mean: of the resampled test sets.
        half_width: the interval is ``mean`` ± this.
    """

    score: float
    mean: float
    half_width: float

    @property
    def low(self) -> float:
        """Where the interval begins."""
        return self.mean - self.half_width

    @property
    def high(self) -> float:
        """Where the interval ends."""
        return self.mean + self.half_width


@dataclass(frozen=True, slots=True)
class Comparison:
    """One metric of a system and, where there is one, of the baseline.

    Attributes:
        metric: ``BLEU`` or ``chrF2``.
        system: the checkpoint's.
        baseline: the other one's.
        p_value: how often chance alone gives a larger difference; 1 for equal translations, for which the
            library's own formula gives its smallest value.
        signature: sacreBLEU's, which says how it was computed, seed and resamples included.
    """

    metric: str
    system: Estimate
    baseline: Estimate | None
    p_value: float | None
    signature: str

    @property
    def difference(self) -> float | None:
        """The system's score less the baseline's."""
        return self.system.score - self.baseline.score if self.baseline else None


def compare(
    system: Sequence[str],
    baseline: Sequence[str] | None,
    references: Sequence[str],
    target_language: str,
) -> list[Comparison]:
    """BLEU and chrF of ``system`` and ``baseline`` by the paired bootstrap, on the same resamples.

    Memory: about 70 kB a line, as sacreBLEU holds all resamples at once.

    Raises:
        ConfigError: the target language's tokenizer is not installed.
    """
    named: list[tuple[str, Sequence[str]]] = [] if baseline is None else [("baseline", baseline)]
    named.append(("system", system))
    metrics = {"BLEU": bleu_metric(target_language), "chrF": CHRF()}
    signatures, results = PairedTest(
        named, metrics, [list(references)], test_type="bs", n_samples=RESAMPLES
    )()
    same = baseline is not None and list(system) == list(baseline)
    return [_comparison(name, results[name], signature, same) for name, signature in signatures.items()]


def _comparison(name: str, row: Sequence[str | Result], signature: object, same: bool) -> Comparison:
    *baseline, system = [result for result in row if isinstance(result, Result)]
    p_value = 1.0 if same else system.p_value
    return Comparison(
        metric=name,
        system=_estimate(system),
        baseline=_estimate(baseline[0]) if baseline else None,
        p_value=p_value if baseline else None,
        signature=str(signature),
    )


def _estimate(result: Result) -> Estimate:
    if result.mean is None or result.ci is None:
        raise AssertionError("the bootstrap estimates an interval for every system")
    return Estimate(float(result.score), float(result.mean), float(result.ci))
