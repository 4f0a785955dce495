"""From the outcomes of a load test to its result."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from benchmarks.outcome import TIMEOUT, TRANSLATED, Outcome
from benchmarks.scrape import ServiceReport
from benchmarks.summary import Latency, quantile
from model.config import Frozen


class GeneratorReport(Frozen):
    """Whether the load generator itself kept up; where it did not, the result is about the generator.

    Attributes:
        lag_p99_ms: how late requests were begun, 99th percentile, milliseconds.
        lag_max_ms: the latest.
        cpu_share: of one core.
    """

    lag_p99_ms: float
    lag_max_ms: float
    cpu_share: float


class OpenLoopResult(Frozen):
    """One rate. Everything is about the requests whose arrival was in the measured time, after the warm-up.

    Attributes:
        rate: requests a second, as asked for.
        seconds: measured time.
        requests: that arrived in it.
        statuses: how many ended how: an HTTP status, ``timeout``, ``connection`` or ``invalid answer``.
        latency: of requests that were translated, and of those that timed out, as if answered just then:
            what is too slow to be waited for stays in the distribution, with a lower bound. From the
            intended arrival.
        refused_latency: of all other answers, such as 429.
        translated_per_second: requests whose translation came within the measured time.
        goodput_per_second: requests that arrived in it and were translated within ``deadline_ms``.
        goodput_share: the same as a share of all requests; None where there were none.
        service: from its metrics, warm-up included; None where it has none.
    """

    rate: float
    seconds: float
    requests: int
    statuses: Mapping[str, int]
    latency: Latency | None
    refused_latency: Latency | None
    translated_per_second: float
    deadline_ms: float
    goodput_per_second: float
    goodput_share: float | None
    generator: GeneratorReport
    service: ServiceReport | None


class ClosedLoopResult(Frozen):
    """As many clients as ``concurrency``, each waiting for its answer before it asks again.

    Attributes:
        concurrency: clients, and connections.
        seconds: measured time.
        statuses: of the requests that ended in it.
        requests_per_second: translated ones.
        texts_per_second: in these.
        latency: of the translated ones, from sending. Not what independent users see: use an open loop.
        service: from its metrics, warm-up included; None where it has none.
    """

    concurrency: int
    seconds: float
    statuses: Mapping[str, int]
    requests_per_second: float
    texts_per_second: float
    latency: Latency | None
    generator_cpu_share: float
    service: ServiceReport | None


def summarize_open(
    outcomes: Sequence[Outcome],
    *,
    rate: float,
    warmup_seconds: float,
    seconds: float,
    deadline_seconds: float,
    cpu_share: float,
    service: ServiceReport | None,
) -> OpenLoopResult:
    """The result of an open loop.

    Args:
        outcomes: of all its requests, the warm-up's too.
        rate: requests a second, as asked for.
        warmup_seconds: requests that arrived before this are not measured.
        seconds: measured time, after the warm-up.
        deadline_seconds: what counts as goodput.
        cpu_share: of one core, used by the generator.
        service: from its metrics.
    """
    measured = [each for each in outcomes if each.arrival >= warmup_seconds]
    lags = [each.started - each.arrival for each in measured] or [0.0]
    good = [each for each in _translated(measured) if each.latency <= deadline_seconds]
    refused = [each.latency for each in measured if each.status not in (TRANSLATED, TIMEOUT)]
    in_time = _ended_between(_translated(outcomes), warmup_seconds, warmup_seconds + seconds)
    return OpenLoopResult(
        rate=rate,
        seconds=seconds,
        requests=len(measured),
        statuses=_statuses(measured),
        latency=Latency.of([each.latency for each in measured if each.status in (TRANSLATED, TIMEOUT)]),
        refused_latency=Latency.of(refused),
        translated_per_second=len(in_time) / seconds,
        deadline_ms=1000.0 * deadline_seconds,
        goodput_per_second=len(good) / seconds,
        goodput_share=len(good) / len(measured) if measured else None,
        generator=GeneratorReport(
            lag_p99_ms=1000.0 * quantile(lags, 0.99), lag_max_ms=1000.0 * max(lags), cpu_share=cpu_share
        ),
        service=service,
    )


def summarize_closed(
    outcomes: Sequence[Outcome],
    *,
    concurrency: int,
    texts_per_request: int,
    warmup_seconds: float,
    seconds: float,
    cpu_share: float,
    service: ServiceReport | None,
) -> ClosedLoopResult:
    """The result of a closed loop: of what ended in the ``seconds`` after the warm-up."""
    measured = _ended_between(outcomes, warmup_seconds, warmup_seconds + seconds)
    translated = _translated(measured)
    return ClosedLoopResult(
        concurrency=concurrency,
        seconds=seconds,
        statuses=_statuses(measured),
        requests_per_second=len(translated) / seconds,
        texts_per_second=len(translated) * texts_per_request / seconds,
        latency=Latency.of([each.latency for each in translated]),
        generator_cpu_share=cpu_share,
        service=service,
    )


def _translated(outcomes: Iterable[Outcome]) -> list[Outcome]:
    return [each for each in outcomes if each.status == TRANSLATED]


def _ended_between(outcomes: Iterable[Outcome], begin: float, end: float) -> list[Outcome]:
    return [each for each in outcomes if begin <= each.end < end]


def _statuses(outcomes: Iterable[Outcome]) -> dict[str, int]:
    return dict(sorted(Counter(each.status for each in outcomes).items()))
