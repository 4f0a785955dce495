"""Timing decoding in slots: random weights and forced lengths, so that only shapes matter."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from benchmarks.errors import BenchmarkError
from benchmarks.roofline import Peaks, encoder_work, step_work, wait_for
from benchmarks.summary import Spread
from model.config import DecodingOptions, Frozen, ModelConfig
from model.decoding import CONTROL_IDS, Job, RunningBatch
from model.decoding.batch import Batch
from model.recurrent import RecurrentSeq2Seq
from model.slots import SlotBatch, SlotSearch, SlotShape
from model.slots.pool import SlotPool
from model.tokenizer import EOS, UNK

METHOD = (
    "A recurrent network with random weights translates random sentences of `source_tokens` tokens into "
    "exactly `target_tokens` tokens (and EOS), `batch` sentences joining at once and decoded until the last "
    "has ended; encoding, the search and fetching the results are timed, tokenisation is not. Two untimed "
    "passes, `repeats` timed ones. Target tokens are those of the best hypothesis, without EOS. "
    "`general` is the same by model.decoding.RunningBatch, which launches every operation from Python. "
    "The roofline is the time of the same matrix products and memory traffic at the rates of a large square "
    "matrix product and of a large copy, measured in the same run; a share of 1 cannot be exceeded."
)


UNTIMED = 2


@dataclass(frozen=True)
class Setting:
    """What is decoded.

    Attributes:
        config: the network.
        dtype: what it computes in.
        device: where.
        source_tokens: of each sentence, EOS included.
        target_tokens: of each translation.
        repeats: timed passes.
    """

    config: ModelConfig
    dtype: torch.dtype
    device: torch.device
    source_tokens: int
    target_tokens: int
    repeats: int


class GpuCell(Frozen):
    """One combination of batch size and beam.

    Attributes:
        tokens_per_second: target tokens, in slots.
        general_tokens_per_second: without slots; None where it was not measured.
        roofline_share: the least time that the work takes, by the time that it took.
        step_ms: time of a pass by its steps, encoding and fetching included; milliseconds.
        memory_gib: most memory of the device that was allocated; None on a CPU.
    """

    batch: int
    beam_size: int
    tokens_per_second: Spread
    general_tokens_per_second: Spread | None
    roofline_share: float
    step_ms: float
    memory_gib: float | None


class GpuBenchmark:
    """Times one network.

    Args:
        setting: what is decoded.
        peaks: what the machine does at best.
    """

    def __init__(self, setting: Setting, peaks: Peaks) -> None:
        self._setting = setting
        self._peaks = peaks
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(1)
            model = RecurrentSeq2Seq(setting.config).eval().requires_grad_(False)
        self._model = model.to(setting.device, setting.dtype)

    def measure(self, batch: int, beam_size: int, *, general: bool) -> GpuCell:
        """Time one combination, without slots too if ``general``.

        Raises:
            BenchmarkError: the slots fail.
        """
        setting, jobs = self._setting, self._jobs(batch, beam_size)
        self._forget()
        shape = SlotShape(batch, beam_size, setting.source_tokens, setting.target_tokens)
        pool = SlotPool([SlotSearch(self._model, shape, CONTROL_IDS)])
        seconds = self._time(lambda: SlotBatch(self._model, pool), jobs)
        if not pool.searches:
            raise BenchmarkError(
                "the slots have failed, and sentences were decoded without them: see the log"
            )
        memory = self._memory_gib()
        without = self._time(self._running_batch, jobs) if general else None
        steps, tokens = setting.target_tokens + 1, batch * setting.target_tokens
        work = step_work(self._model, batch, beam_size, setting.source_tokens).times(steps)
        bound = self._peaks.seconds(work + encoder_work(self._model, batch, setting.source_tokens))
        median = Spread.of(seconds).median
        return GpuCell(
            batch=batch,
            beam_size=beam_size,
            tokens_per_second=Spread.of([tokens / each for each in seconds]),
            general_tokens_per_second=None if without is None else Spread.of([tokens / s for s in without]),
            roofline_share=bound / median,
            step_ms=1000.0 * median / steps,
            memory_gib=memory,
        )

    def _running_batch(self) -> Batch:
        batch: RunningBatch[Any, Any] = RunningBatch(self._model)
        return batch

    def _jobs(self, batch: int, beam_size: int) -> list[Job]:
        setting = self._setting
        options = DecodingOptions(
            beam_size=beam_size, min_length=setting.target_tokens, max_length=setting.target_tokens
        )
        random = torch.Generator().manual_seed(batch)
        shape = (batch, setting.source_tokens - 1)
        words = torch.randint(UNK + 1, setting.config.vocabulary_size, shape, generator=random)
        return [Job(index, (*source, EOS), options) for index, source in enumerate(words.tolist())]

    def _time(self, new_batch: Callable[[], Batch], jobs: list[Job]) -> list[float]:
        """Seconds of each timed pass. The first untimed one records steps, the second replays them."""
        seconds = []
        for _ in range(self._setting.repeats + UNTIMED):
            batch = new_batch()
            wait_for(self._setting.device)
            begin = time.perf_counter()
            batch.join(jobs)
            tokens = 0
            while batch.rows:
                tokens += sum(len(done.translation.best.tokens) for done in batch.step())
            seconds.append(time.perf_counter() - begin)
            if tokens != len(jobs) * self._setting.target_tokens:
                raise RuntimeError(f"{tokens} target tokens: lengths were to be forced")
        return seconds[UNTIMED:]

    def _forget(self) -> None:
        """Free what the combination before has left on the device."""
        gc.collect()
        if self._setting.device.type == "cuda":
            torch.cuda.empty_cache()
            torch.cuda.reset_peak_memory_stats(self._setting.device)

    def _memory_gib(self) -> float | None:
        if self._setting.device.type != "cuda":
            return None
        return round(torch.cuda.max_memory_allocated(self._setting.device) / 2**30, 2)
