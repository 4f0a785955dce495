"""Decoding many sentences at hand, by the same running batch that serves requests."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence

from model.config import DecodingOptions
from model.decoding.hypothesis import Translation
from model.decoding.job import Finished, Job
from model.decoding.running import CONTROL_IDS, RunningBatch
from model.interface import Memory, Seq2Seq, State

Progress = Callable[[int, int], None]
"""Called with how many sentences are done, and how many there are."""

_STEPS = 1 << 20
"""As many steps at a time as there are until a row ends: nobody joins before that."""
_REFILL_SHARE = 4
"""Newcomers wait until a quarter of the places is free: encoding one costs nearly as much as several."""


def decode(
    model: Seq2Seq[Memory, State],
    sources: Sequence[Sequence[int]],
    options: DecodingOptions,
    *,
    forbidden: Collection[int] = CONTROL_IDS,
    max_rows: int = 64,
    max_padded_tokens: int = 4096,
    attention: bool = False,
    on_progress: Progress | None = None,
) -> list[Translation]:
    """The translations of ``sources``, in their order.

    Args:
        model: the network, in evaluation mode.
        sources: token ids as the tokenizer's ``source_ids`` gives them; none is empty.
        options: how to decode all of them.
        forbidden: token ids never produced: the control symbols, language tags among them.
        max_rows: sentences decoded at a time.
        max_padded_tokens: source positions of these, padding included; a longer sentence goes alone.
        attention: whether hypotheses come with what they read at each step.
        on_progress: called after every step that finishes a sentence.

    Raises:
        DecodingError: the network gave numbers that cannot be used.
        ValueError: a source or a limit that cannot be used.
    """
    jobs = [Job(index, tuple(source), options, attention) for index, source in enumerate(sources)]
    translations: dict[int, Translation] = {}
    stream = decode_stream(
        model, jobs, forbidden=forbidden, max_rows=max_rows, max_padded_tokens=max_padded_tokens
    )
    for finished in stream:
        translations[finished.id] = finished.translation
        if on_progress is not None:
            on_progress(len(translations), len(jobs))
    return [translations[index] for index in range(len(jobs))]


def decode_stream(
    model: Seq2Seq[Memory, State],
    jobs: Sequence[Job],
    *,
    forbidden: Collection[int] = CONTROL_IDS,
    max_rows: int = 64,
    max_padded_tokens: int = 4096,
) -> Iterator[Finished]:
    """Translations as they are done, the longest sources first; each job has its own options.

    Arguments and exceptions are those of ``decode``.
    """
    if max_rows < 1 or max_padded_tokens < 1:
        raise ValueError(
            f"max_rows ({max_rows}) and max_padded_tokens ({max_padded_tokens}) must be positive"
        )
    waiting = sorted(jobs, key=lambda job: len(job.source))
    batch = RunningBatch(model, forbidden=forbidden)
    while waiting or batch.rows:
        if batch.rows <= max_rows - max(1, max_rows // _REFILL_SHARE) or not batch.rows:
            batch.join(_take(waiting, batch, max_rows, max_padded_tokens))
        yield from batch.step(_STEPS)


def _take(waiting: list[Job], batch: RunningBatch[Memory, State], rows: int, tokens: int) -> list[Job]:
    """Remove from the end of ``waiting``, where the longest are, what the batch has room for."""
    taken: list[Job] = []
    while waiting and batch.rows + len(taken) < rows:
        width = max([batch.source_length, *(len(job.source) for job in taken[:1]), len(waiting[-1].source)])
        present = batch.rows + len(taken)
        if present and (present + 1) * width > tokens:
            break
        taken.append(waiting.pop())
    return taken
