"""What the service's own metrics say about a run: the difference of two scrapes."""

from __future__ import annotations

from collections.abc import Mapping

from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from benchmarks.errors import BenchmarkError
from benchmarks.record import CheckpointIdentity
from model.config import Frozen

_BATCH_ROWS = "translation_batch_rows"
_PADDING = "translation_batch_padding_ratio"
_TARGET_TOKENS = "translation_target_tokens_total"
_CPU_SECONDS = "process_cpu_seconds_total"
_MODEL_INFO = "translation_model_info"

Counters = Mapping[str, float]
"""Running totals by name; for the histograms, ``NAME_sum`` and ``NAME_count`` of phase ``decode``."""


class ServiceReport(Frozen):
    """What went on inside the service from just before a run until all of it was answered.

    Attributes:
        decoding_steps: turns of the running batch, each of a step or several.
        rows_per_step: segments that took part in a turn, on average; None where there was none.
        padding_ratio: mean share of padding in a turn.
        target_tokens_per_second: produced.
        cpu_cores: CPU seconds a second, of all threads; None where the service does not say.
    """

    decoding_steps: int
    rows_per_step: float | None
    padding_ratio: float | None
    target_tokens_per_second: float
    cpu_cores: float | None


def read_counters(exposition: str) -> Counters:
    """The totals that a report needs, from the text of ``/metrics``; those that are not there are left out.

    Raises:
        BenchmarkError: it is not in Prometheus' text format.
    """
    wanted = {f"{name}_{part}" for name in (_BATCH_ROWS, _PADDING) for part in ("sum", "count")}
    plain = {_TARGET_TOKENS, _CPU_SECONDS}
    totals: dict[str, float] = {}
    for sample in _samples(exposition):
        if sample.name in plain or (sample.name in wanted and sample.labels.get("phase") == "decode"):
            totals[sample.name] = totals.get(sample.name, 0.0) + sample.value
    return totals


def read_checkpoint(exposition: str) -> CheckpointIdentity | None:
    """The checkpoint that the service says it runs; None where it does not say, or runs several.

    Raises:
        BenchmarkError: it is not in Prometheus' text format.
    """
    found = [sample.labels for sample in _samples(exposition) if sample.name == _MODEL_INFO]
    if len(found) != 1 or not {"checkpoint", "digest"} <= found[0].keys():
        return None
    return CheckpointIdentity(name=found[0]["checkpoint"], digest=found[0]["digest"])


def compare(before: Counters, after: Counters, seconds: float) -> ServiceReport | None:
    """What happened between two scrapes that lie ``seconds`` apart; None without the service's metrics."""
    if f"{_BATCH_ROWS}_count" not in after:
        return None
    grown = {name: value - before.get(name, 0.0) for name, value in after.items()}
    return ServiceReport(
        decoding_steps=round(grown[f"{_BATCH_ROWS}_count"]),
        rows_per_step=_mean(grown, _BATCH_ROWS),
        padding_ratio=_mean(grown, _PADDING),
        target_tokens_per_second=grown.get(_TARGET_TOKENS, 0.0) / seconds,
        cpu_cores=grown[_CPU_SECONDS] / seconds if _CPU_SECONDS in grown else None,
    )


def _samples(exposition: str) -> list[Sample]:
    try:
        return [sample for family in text_string_to_metric_families(exposition) for sample in family.samples]
    except ValueError as error:
        raise BenchmarkError(f"/metrics is not in Prometheus' text format: {error}") from error


def _mean(grown: Counters, name: str) -> float | None:
    count = grown.get(f"{name}_count", 0.0)
    return grown[f"{name}_sum"] / count if count else None
