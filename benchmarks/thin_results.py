"""What the service costs beside the decoder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Self

from rich.console import Console
from rich.table import Table

from benchmarks.summary import Spread
from benchmarks.thin_offline import OfflineRound
from benchmarks.thin_service import ServiceRound
from model.config import Frozen


class Pair(NamedTuple):
    """The same sentences, decoded and served."""

    offline: OfflineRound
    service: ServiceRound

    @property
    def share(self) -> float:
        """The decoder's processor seconds by the service's."""
        return self.offline.cpu_seconds / self.service.cpu_seconds

    @property
    def rate_share(self) -> float:
        """The service's sentences a second by the decoder's, by the clock."""
        return self.offline.seconds / self.service.seconds

    def line(self) -> str:
        """What came out, for people."""
        served = self.service
        before, after = (_ms(one.cpu_seconds, one) for one in (self.offline, served))
        return (
            f"{served.load}: {before:.2f} ms offline, {after:.2f} ms served "
            f"({served.rows_per_step:.0f} rows a step): {self.share:.1%}, of the rate {self.rate_share:.1%}"
        )


class LoadResults(Frozen):
    """One load in all rounds; milliseconds are of a sentence, of processor time.

    Attributes:
        load: its name.
        share: the decoder's processor time by the service's.
        rate_share: the service's sentences a second by the decoder's, by the clock: with the load generator,
            and with whatever else runs on these processors.
        offline_ms: of the decoder.
        kernel_ms: of that, in the compiled kernels.
        service_ms: of the service.
        main_thread_ms: of that, on the event loop's thread.
        client_ms: of the load generator.
        offline_per_second: sentences, by the clock; other processes slow it down.
        served_per_second: likewise, with the load generator on the same processors.
        rows_per_step: segments in a turn of decoding steps of the service.
        second_tries: share of the sentences that the service decoded once more.
    """

    load: str
    share: Spread
    rate_share: Spread
    offline_ms: Spread
    kernel_ms: Spread
    service_ms: Spread
    main_thread_ms: Spread
    client_ms: Spread
    offline_per_second: Spread
    served_per_second: Spread
    rows_per_step: Spread
    second_tries: float

    @classmethod
    def of(cls, pairs: Sequence[Pair]) -> Self:
        """Of the rounds of one load."""
        offline, served = [pair.offline for pair in pairs], [pair.service for pair in pairs]
        return cls(
            load=served[0].load,
            share=Spread.of([pair.share for pair in pairs]),
            rate_share=Spread.of([pair.rate_share for pair in pairs]),
            offline_ms=Spread.of([_ms(one.cpu_seconds, one) for one in offline]),
            kernel_ms=Spread.of([_ms(one.kernel_seconds, one) for one in offline]),
            service_ms=Spread.of([_ms(one.cpu_seconds, one) for one in served]),
            main_thread_ms=Spread.of([_ms(one.main_thread_seconds, one) for one in served]),
            client_ms=Spread.of([_ms(one.client_seconds, one) for one in served]),
            offline_per_second=Spread.of([one.sentences / one.seconds for one in offline]),
            served_per_second=Spread.of([one.sentences / one.seconds for one in served]),
            rows_per_step=Spread.of([one.rows_per_step for one in served]),
            second_tries=sum(one.second_tries for one in served) / sum(one.sentences for one in served),
        )


class ThinResults(Frozen):
    """All loads.

    Attributes:
        input: the name of the text.
        sentences: of a load.
        rounds: how many.
        target_tokens: of a sentence, on average.
        settings: variables of the service's environment, but for where and what it serves.
        loads: see there.
        parts_us: microseconds of processor time a sentence of what the service does around decoding.
    """

    input: str
    sentences: int
    rounds: int
    target_tokens: float
    settings: Mapping[str, str]
    loads: tuple[LoadResults, ...]
    parts_us: Mapping[str, float]

    @classmethod
    def of(
        cls, pairs: Sequence[Pair], *, input: str, settings: Mapping[str, str], parts: Mapping[str, float]
    ) -> Self:
        """Of all rounds, whatever their load."""
        names = list(dict.fromkeys(pair.service.load for pair in pairs))
        by_load = [[pair for pair in pairs if pair.service.load == name] for name in names]
        return cls(
            input=input,
            sentences=pairs[0].service.sentences,
            rounds=len(by_load[0]),
            target_tokens=sum(pair.offline.target_tokens for pair in pairs)
            / sum(pair.offline.sentences for pair in pairs),
            settings=settings,
            loads=tuple(LoadResults.of(each) for each in by_load),
            parts_us=parts,
        )


def show_thin(results: ThinResults) -> None:
    """Print a row for each load, and the parts."""
    console = Console(width=130)
    table = Table(title=f"the service beside the decoder, {results.input}; ms of processor time a sentence")
    for column in (
        "load",
        "share",
        "rates",
        "offline",
        "kernels",
        "service",
        "event loop",
        "client",
        "rows/step",
        "again",
    ):
        table.add_column(column, justify="right")
    for one in results.loads:
        table.add_row(
            one.load,
            f"{one.share.median:.1%}",
            f"{one.rate_share.median:.1%}",
            *(
                f"{spread.median:.2f}"
                for spread in (
                    one.offline_ms,
                    one.kernel_ms,
                    one.service_ms,
                    one.main_thread_ms,
                    one.client_ms,
                )
            ),
            f"{one.rows_per_step.median:.0f}",
            f"{one.second_tries:.1%}",
        )
    console.print(table)
    for name, microseconds in results.parts_us.items():
        console.print(f"{microseconds:8.0f} µs  {name}", highlight=False)


def _ms(seconds: float, of: OfflineRound | ServiceRound) -> float:
    return 1000.0 * seconds / of.sentences
