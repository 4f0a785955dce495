"""Results for people: tables on standard output, and a line for each measurement."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from rich.console import Console
from rich.table import Table

from benchmarks.decoder import DecodeResults
from benchmarks.load_results import ClosedLoopResult, OpenLoopResult
from benchmarks.outcome import TRANSLATED
from benchmarks.scrape import ServiceReport
from benchmarks.summary import Latency, Spread
from benchmarks.training_results import TrainingResults, width

_NOTHING = "-"
_WIDTH = 130
"""Columns of a table that goes to a file or a pipe."""

_DECODE = "batch|beam|sentences/s|target tok/s|ms/sentence|CPU ms|p50/p95 ms|rows/step|padding|ratio"
_OPEN = "rate/s|requests|p50 ms|p95 ms|p99 ms|max ms|translated/s|goodput|rows/step|not translated|lag p99 ms"
_TRAINING = (
    "trainer|precision|parameters|sentences/update|target tok/update|target tok/s|spread|tok/CPU s|spread"
)
_RATIOS = "ours|precision|by|ratio, wall|spread|ratio, CPU|spread"
_CLOSED = "requests/s|texts/s|p50 ms|p95 ms|p99 ms|max ms|rows/step|not translated"


def show_decode(results: DecodeResults) -> None:
    """Print a row for each combination of batch size and beam."""
    what = f"{results.source_lang}→{results.target_lang}, {results.input}"
    table = _table(
        f"decoding {what}; {results.device}, {results.precision}, {results.threads} thread(s)", _DECODE
    )
    for cell in results.cells:
        latency = cell.latency
        table.add_row(
            str(cell.batch),
            str(cell.beam_size),
            _spread(cell.sentences_per_second, 1),
            f"{cell.target_tokens_per_second.median:.0f}",
            f"{cell.ms_per_sentence.median:.2f}",
            f"{cell.cpu_ms_per_sentence.median:.2f}",
            f"{latency.p50_ms:.1f}/{latency.p95_ms:.1f}" if latency else _NOTHING,
            f"{cell.rows_per_step:.1f}",
            f"{cell.padding_ratio:.0%}",
            _spread(cell.ratio, 2),
        )
    _print(table)


def show_open(results: Sequence[OpenLoopResult]) -> None:
    """Print a row for each rate."""
    first = results[0]
    table = _table(
        f"open loop, {first.seconds:g} s a rate; goodput: translated within {first.deadline_ms:g} ms", _OPEN
    )
    for result in results:
        share = result.goodput_share
        table.add_row(
            f"{result.rate:.1f}",
            str(result.requests),
            *_percentiles(result.latency),
            f"{result.translated_per_second:.1f}",
            _NOTHING if share is None else f"{share:.1%}",
            _rows(result.service),
            _failures(result.statuses),
            f"{result.generator.lag_p99_ms:.1f}",
        )
    _print(table)


def show_closed(result: ClosedLoopResult) -> None:
    """Print what the clients got."""
    table = _table(f"closed loop, {result.concurrency} clients, {result.seconds:g} s", _CLOSED)
    table.add_row(
        f"{result.requests_per_second:.1f}",
        f"{result.texts_per_second:.1f}",
        *_percentiles(result.latency),
        _rows(result.service),
        _failures(result.statuses),
    )
    _print(table)


def show_training(results: TrainingResults) -> None:
    """Print a row for each trainer, and one for each pair of ours and a peer."""
    table = _table(
        f"training, {results.text}; vocabulary {results.vocabulary_size}, {results.threads} thread(s)",
        _TRAINING,
    )
    for trainer in results.trainers:
        table.add_row(
            trainer.name,
            trainer.precision,
            f"{trainer.parameters:,}",
            f"{trainer.sentences_per_update:.1f}",
            f"{trainer.target_tokens_per_update:.0f}",
            *_repeats(trainer.tokens_per_second, 0),
            *_repeats(trainer.tokens_per_cpu_second, 0),
        )
    _print(table)
    table = _table("how many times as fast", _RATIOS)
    for ratio in results.ratios:
        table.add_row(
            ratio.name, ratio.precision, ratio.peer, *_repeats(ratio.wall, 2), *_repeats(ratio.cpu, 2)
        )
    _print(table)


def print_table(title: str, columns: str, rows: Iterable[Sequence[str]]) -> None:
    """Print ``rows`` under ``columns``, whose names ``|`` parts."""
    table = _table(title, columns)
    for row in rows:
        table.add_row(*row)
    _print(table)


def open_line(result: OpenLoopResult) -> str:
    """One rate in a line."""
    latency = result.latency
    waits = f"p50 {latency.p50_ms:.0f} ms, p99 {latency.p99_ms:.0f} ms" if latency else "nothing translated"
    return f"{result.rate:.1f} requests/s: {waits}; not translated: {_failures(result.statuses)}"


def closed_line(result: ClosedLoopResult) -> str:
    """A closed loop in a line."""
    rate = f"{result.requests_per_second:.1f} requests/s"
    return f"{result.concurrency} clients: {rate}; not translated: {_failures(result.statuses)}"


def _table(title: str, columns: str) -> Table:
    table = Table(title=title, title_justify="left")
    for name in columns.split("|"):
        table.add_column(name, justify="right")
    return table


def _print(table: Table) -> None:
    console = Console()
    console = console if console.is_terminal else Console(width=_WIDTH)
    console.print(table)


def _percentiles(latency: Latency | None) -> list[str]:
    if latency is None:
        return [_NOTHING] * 4
    return [f"{value:.0f}" for value in (latency.p50_ms, latency.p95_ms, latency.p99_ms, latency.max_ms)]


def _failures(statuses: Mapping[str, int]) -> str:
    failed = {status: count for status, count in statuses.items() if status != TRANSLATED}
    return ", ".join(f"{count} x {status}" for status, count in failed.items()) or "none"


def _rows(report: ServiceReport | None) -> str:
    return _NOTHING if report is None or report.rows_per_step is None else f"{report.rows_per_step:.1f}"


def _spread(spread: Spread, digits: int) -> str:
    return f"{spread.median:.{digits}f} ({spread.low:.{digits}f}-{spread.high:.{digits}f})"


def _repeats(spread: Spread | None, digits: int) -> tuple[str, str]:
    """The spread, and its width as a share of the median."""
    return (_NOTHING, _NOTHING) if spread is None else (_spread(spread, digits), f"{width(spread):.0%}")
