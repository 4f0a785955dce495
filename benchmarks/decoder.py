"""Timing the decoder: sentences at hand, translated by a running batch of a set size."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.command import Say
from benchmarks.counting import CountingModel
from benchmarks.reference import DESCRIPTION, Reference
from benchmarks.summary import Latency, Spread
from model.checkpoint import Checkpoint
from model.config import DecodingOptions, Frozen, parse
from model.decoding import CONTROL_IDS, Translation, decode
from model.decoding.offline import Progress
from model.interface import Memory, Seq2Seq, State

METHOD = (
    "Tokenised sentences are decoded by model.decoding.decode, at most `batch` at a time: when a quarter "
    "of the places is free, the next join the running batch. One untimed pass warms up and counts, `repeats` "
    "timed passes follow; tokenisation is not timed. Median, least and greatest of the passes. Target tokens "
    "are those of the best hypothesis, without EOS. With batch 1 the latency of each sentence is recorded. "
    f"Before and after each pass the reference is timed: {DESCRIPTION}; ratio = sentences decoded in "
    "the time of one reference computation."
)


class DecodeCell(Frozen):
    """One combination of batch size and beam.

    Attributes:
        ms_per_sentence: wall time of a pass by sentences, milliseconds.
        cpu_ms_per_sentence: CPU time of all threads by sentences, milliseconds: hardly changed by what else
            runs on the machine, but blind to a GPU.
        ratio: sentences decoded in the time of one reference computation.
        latency: of single sentences; None unless ``batch`` is 1.
        steps: calls of the network's ``step`` in a pass.
        rows_per_step: sentences that took part in a step, on average.
        hypotheses: hypotheses advanced in a pass, over all steps.
        padding_ratio: the share of the source positions attended to that are padding.
    """

    batch: int
    beam_size: int
    sentences: int
    target_tokens: int
    sentences_per_second: Spread
    target_tokens_per_second: Spread
    ms_per_sentence: Spread
    cpu_ms_per_sentence: Spread
    ratio: Spread
    latency: Latency | None
    steps: int
    rows_per_step: float
    hypotheses: int
    padding_ratio: float


class DecodeResults(Frozen):
    """All combinations, and what they have in common.

    Attributes:
        input: the name of the text.
        source_tokens: of all sentences, tags and EOS included.
        reference_ms: the reference computation's time over the whole run, milliseconds.
    """

    source_lang: str
    target_lang: str
    input: str
    source_tokens: int
    device: str
    precision: str
    threads: int
    repeats: int
    reference_ms: Spread
    cells: tuple[DecodeCell, ...]


@dataclass(frozen=True, slots=True)
class Pass:
    """One timed pass over all sentences; all times in seconds.

    Attributes:
        seconds: wall time.
        cpu_seconds: of all threads.
        reference_seconds: of the reference computation, mean of before and after.
        finished_at: when each sentence was done, counted from the start, in order of finishing.
        target_tokens: of all sentences.
    """

    seconds: float
    cpu_seconds: float
    reference_seconds: float
    finished_at: tuple[float, ...]
    target_tokens: int


class DecodeBenchmark:
    """Times one checkpoint on one text.

    Args:
        checkpoint: the tokenizer, and how to decode but for the beam.
        network: what decodes.
        texts: sentences.
        target_lang: what to translate them into.
        repeats: timed passes of each combination.
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        network: Seq2Seq[Any, Any],
        texts: Sequence[str],
        target_lang: str,
        *,
        repeats: int,
    ) -> None:
        tokenizer = checkpoint.tokenizer
        self._model = network
        self._defaults = checkpoint.decoding
        self._forbidden = CONTROL_IDS | {tokenizer.tag(language) for language in tokenizer.languages}
        self._sources = [tokenizer.source_ids(text, target_lang) for text in texts]
        self._repeats = repeats
        self._reference = Reference(network.device)
        self.reference_seconds: list[float] = []
        """Every time that the reference computation took so far."""

    @property
    def source_tokens(self) -> int:
        """Of all sentences, tags and EOS included."""
        return sum(map(len, self._sources))

    def measure(self, batch: int, beam_size: int, say: Say = lambda line: None) -> DecodeCell:
        """Time one combination.

        Args:
            batch: sentences decoded at a time.
            beam_size: hypotheses of each.
            say: told of the result.

        Raises:
            ConfigError: ``beam_size`` is not accepted.
        """
        options = self._options(beam_size)
        counter = CountingModel(self._model)
        self._decode(counter, batch, options)
        passes = [self._time(batch, options) for _ in range(self._repeats)]
        cell = _cell(batch, beam_size, len(self._sources), passes, counter)
        say(_line(cell))
        return cell

    def _options(self, beam_size: int) -> DecodingOptions:
        changed = self._defaults.model_dump() | {"beam_size": beam_size, "n_best": 1}
        return parse(DecodingOptions, changed, "--beam-size")

    def _time(self, batch: int, options: DecodingOptions) -> Pass:
        finished_at: list[float] = []

        def note(done: int, _total: int) -> None:
            finished_at.extend([time.perf_counter() - begin] * (done - len(finished_at)))

        before = self._reference.seconds()
        begin, begin_cpu = time.perf_counter(), time.process_time()
        translations = self._decode(self._model, batch, options, note)
        seconds, cpu_seconds = time.perf_counter() - begin, time.process_time() - begin_cpu
        after = self._reference.seconds()
        self.reference_seconds += [before, after]
        tokens = sum(len(translation.best.tokens) for translation in translations)
        return Pass(seconds, cpu_seconds, (before + after) / 2, tuple(finished_at), tokens)

    def _decode(
        self,
        model: Seq2Seq[Memory, State],
        batch: int,
        options: DecodingOptions,
        on_progress: Progress | None = None,
    ) -> list[Translation]:
        return decode(
            model,
            self._sources,
            options,
            forbidden=self._forbidden,
            max_rows=batch,
            max_padded_tokens=batch * max(map(len, self._sources)),  # the rows alone are the limit
            on_progress=on_progress,
        )


def _cell(
    batch: int, beam_size: int, sentences: int, passes: Sequence[Pass], counter: CountingModel[Memory, State]
) -> DecodeCell:
    latencies = [wait for each in passes for wait in _gaps(each.finished_at)] if batch == 1 else []
    return DecodeCell(
        batch=batch,
        beam_size=beam_size,
        sentences=sentences,
        target_tokens=passes[0].target_tokens,
        sentences_per_second=Spread.of([sentences / each.seconds for each in passes]),
        target_tokens_per_second=Spread.of([each.target_tokens / each.seconds for each in passes]),
        ms_per_sentence=Spread.of([1000.0 * each.seconds / sentences for each in passes]),
        cpu_ms_per_sentence=Spread.of([1000.0 * each.cpu_seconds / sentences for each in passes]),
        ratio=Spread.of([sentences / each.seconds * each.reference_seconds for each in passes]),
        latency=Latency.of(latencies),
        steps=counter.steps,
        rows_per_step=counter.rows / counter.steps,
        hypotheses=counter.hypotheses,
        padding_ratio=1.0 - counter.real_positions / counter.positions,
    )


def _gaps(finished_at: Sequence[float]) -> list[float]:
    """How long each sentence took, where the next is begun when one is done."""
    starts = [0.0, *finished_at[:-1]]
    return [end - start for start, end in zip(starts, finished_at, strict=True)]


def _line(cell: DecodeCell) -> str:
    rate = cell.sentences_per_second
    return (
        f"batch {cell.batch}, beam {cell.beam_size}: {rate.median:.1f} sentences/s "
        f"({rate.low:.1f} to {rate.high:.1f}), ratio {cell.ratio.median:.2f}"
    )
