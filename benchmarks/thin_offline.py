"""The decoder without a service around it, and how much of its time the kernels take."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from model.checkpoint import Checkpoint
from model.config import Frozen
from model.decoding import CONTROL_IDS, Translation, decode
from model.errors import KernelError
from model.inference import decoding_network
from model.inference.library import load_library
from service.plan import Plan, Planner
from service.text.annotated import AnnotatedText, plain
from service.text.truecasing import Truecaser

MAX_SEGMENT_TOKENS = 256
"""The service's default."""
KERNELS = tuple(f"dragoman_{name}" for name in ("encode", "score", "run"))


class OfflineRound(Frozen):
    """Some sentences decoded.

    Attributes:
        sentences: how many.
        target_tokens: of the best hypotheses, without EOS.
        seconds: by the clock.
        cpu_seconds: of the processor.
        kernel_seconds: of these, in the compiled kernels, which Python's lock is not held in; 0 where there
            are none.
    """

    sentences: int
    target_tokens: int
    seconds: float
    cpu_seconds: float
    kernel_seconds: float


class OfflineDecoder:
    """Decodes as the service does, in this process.

    Args:
        checkpoint: what with.
        direction: source and target language.
        rows: sentences at a time.
    """

    def __init__(self, checkpoint: Checkpoint, direction: tuple[str, str], rows: int) -> None:
        tokenizer = checkpoint.tokenizer
        self._network = decoding_network(checkpoint.model, "auto", checkpoint.shortlists)
        self._options = checkpoint.decoding.model_copy(update={"n_best": 1, "min_length": 1})
        self._forbidden = CONTROL_IDS | {tokenizer.tag(language) for language in tokenizer.languages}
        self._planner = Planner(tokenizer, Truecaser(tokenizer), *direction, MAX_SEGMENT_TOKENS)
        self._rows = rows

    def measure(self, sentences: Sequence[str]) -> OfflineRound:
        """Decode ``sentences``; what is done to them before is not timed."""
        plans = [self._plan(text) for text in plain(tuple(sentences))]
        sources = [segment.source for plan in plans for segment in plan.segments]
        with _timed_kernels() as spent:
            begin, begin_cpu = time.perf_counter(), time.process_time()
            translations = self.decode(sources)
            seconds, cpu_seconds = time.perf_counter() - begin, time.process_time() - begin_cpu
        return OfflineRound(
            sentences=len(sentences),
            target_tokens=sum(len(translation.best.tokens) for translation in translations),
            seconds=seconds,
            cpu_seconds=cpu_seconds,
            kernel_seconds=sum(spent),
        )

    def decode(self, sources: Sequence[Sequence[int]]) -> list[Translation]:
        """The translations of ``sources``, token ids as a tokenizer's ``source_ids`` gives them."""
        return decode(self._network, sources, self._options, forbidden=self._forbidden, max_rows=self._rows)

    def _plan(self, text: AnnotatedText) -> Plan:
        masked, pieces = self._planner.segment(text)
        return self._planner.tokenize(masked, (), pieces)


@contextmanager
def _timed_kernels() -> Iterator[list[float]]:
    """Collects the processor seconds of every call of a kernel on this thread."""
    spent: list[float] = []
    try:
        library = load_library()
    except KernelError:
        yield spent
        return
    kernels = {name: getattr(library, name) for name in KERNELS}
    for name, kernel in kernels.items():
        setattr(library, name, _timed(kernel, spent))
    try:
        yield spent
    finally:
        for name, kernel in kernels.items():
            setattr(library, name, kernel)


def _timed(kernel: Callable[..., Any], spent: list[float]) -> Callable[..., Any]:
    def call(*arguments: Any) -> Any:
        begin = time.thread_time()
        result = kernel(*arguments)
        spent.append(time.thread_time() - begin)
        return result

    return call
