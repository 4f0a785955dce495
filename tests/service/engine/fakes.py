"""A network of pure integer arithmetic that fails on purpose, and an observer that remembers."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

import torch
from torch import Tensor

from model.interface import Forced, Step
from model.padding import pad_and_concat
from model.tokenizer import EOS
from service.engine.observer import NullObserver, Stage
from service.engine.request import Priority

VOCABULARY_SIZE = 24
ENCODE_POISON = 20
STEP_POISON = 21
NAN_POISON = 22
SAMPLE = (4, 5, EOS)
WAIT_SECONDS = 60.0
"""After which a test is taken to hang."""
POISON_STEP = 2
"""The step, counted from 0, at which ``STEP_POISON`` and ``NAN_POISON`` act."""


@dataclass(frozen=True)
class HashMemory:
    """Sources ``[batch, src_len]`` and a hash of each ``[batch]``."""

    source: Tensor
    mask: Tensor
    digest: Tensor

    def select(self, rows: Tensor) -> Self:
        return type(self)(self.source[rows], self.mask[rows], self.digest[rows])

    @classmethod
    def concat(cls, parts: Sequence[Self]) -> Self:
        return cls(
            pad_and_concat([part.source for part in parts]),
            pad_and_concat([part.mask for part in parts]),
            torch.cat([part.digest for part in parts]),
        )


@dataclass(frozen=True)
class HashState:
    """A hash of each prefix and its length, both ``[batch, beam]``."""

    digest: Tensor
    position: Tensor

    def reorder(self, parents: Tensor) -> Self:
        return type(self)(self.digest.gather(1, parents), self.position.gather(1, parents))

    def select(self, rows: Tensor) -> Self:
        return type(self)(self.digest[rows], self.position[rows])

    @classmethod
    def concat(cls, parts: Sequence[Self]) -> Self:
        return cls(torch.cat([p.digest for p in parts]), torch.cat([p.position for p in parts]))


class HashNetwork:
    """A ``Seq2Seq`` whose log-probabilities are a hash of source and prefix, whatever shares the batch.

    It raises while a source with ``ENCODE_POISON`` is encoded or one with ``STEP_POISON`` is at step
    ``POISON_STEP``, and gives NaN for ``NAN_POISON`` there; once ``broken``, it raises whatever it is asked.
    ``hold`` makes every step wait for ``release``; ``held`` is set while one waits.
    """

    vocabulary_size = VOCABULARY_SIZE
    device = torch.device("cpu")

    def __init__(self) -> None:
        self.broken = False
        self.calls: Counter[str] = Counter()
        self.encoded_shapes: list[tuple[int, ...]] = []
        self.held = threading.Event()
        self._open = threading.Event()
        self._open.set()

    def hold(self) -> None:
        self._open.clear()

    def release(self) -> None:
        self._open.set()

    def encode(self, source: Tensor, mask: Tensor) -> HashMemory:
        self.calls["encode"] += 1
        self.encoded_shapes.append(tuple(source.shape))
        self._fail_if(self.broken)
        self._fail_if(bool((source == ENCODE_POISON).any()))
        digest = torch.zeros(len(source), dtype=torch.int64)
        for tokens, real in zip(source.T, mask.T, strict=True):
            digest = torch.where(real, _mix(digest, tokens), digest)
        return HashMemory(source, mask, digest)

    def init_state(self, memory: HashMemory, beam: int) -> HashState:
        digest = memory.digest[:, None].expand(-1, beam)
        return HashState(digest, torch.zeros_like(digest))

    def step(self, tokens: Tensor, state: HashState, memory: HashMemory) -> Step[HashState]:
        self.calls["step"] += 1
        if not self._open.is_set():
            self.held.set()
            assert self._open.wait(WAIT_SECONDS)
            self.held.clear()
        self._fail_if(self.broken)
        due = state.position[:, 0] == POISON_STEP
        self._fail_if(bool(((memory.source == STEP_POISON).any(1) & due).any()))
        digest = _mix(state.digest, tokens)
        logits = (_mix(digest[..., None], torch.arange(VOCABULARY_SIZE)) % 1009).float() / 250
        logits[..., EOS] += state.position - 4  # most translations have 3 to 8 tokens
        logits[(memory.source == NAN_POISON).any(1) & due] = torch.nan
        attention = (memory.mask / memory.mask.sum(1, keepdim=True))[:, None].expand(-1, tokens.shape[1], -1)
        return Step(logits.log_softmax(-1), HashState(digest, state.position + 1), attention)

    def force(self, source: Tensor, mask: Tensor, target_in: Tensor) -> Forced:
        raise NotImplementedError

    def _fail_if(self, condition: bool) -> None:
        if condition:
            raise RuntimeError("made to fail")


def _mix(digest: Tensor, token: Tensor) -> Tensor:
    return (digest * 1_103_515_245 + token * 7_919 + 12_345) % (2**31 - 1)


@dataclass
class Recorder(NullObserver):
    """Counts what it is told. ``left`` is set once a cancelled segment has left the running batch."""

    counts: Counter[str] = field(default_factory=Counter)
    encoded_rows: list[int] = field(default_factory=list)
    stepped_rows: list[int] = field(default_factory=list)
    padding_ratios: list[float] = field(default_factory=list)
    started: list[Priority] = field(default_factory=list)
    left: threading.Event = field(default_factory=threading.Event)

    def batch_encoded(self, rows: int, padding_ratio: float, seconds: float) -> None:
        self.encoded_rows.append(rows)
        self.padding_ratios.append(padding_ratio)

    def step_done(self, rows: int, padding_ratio: float, seconds: float) -> None:
        self.stepped_rows.append(rows)
        self.padding_ratios.append(padding_ratio)

    def segment_started(self, priority: Priority, queue_seconds: float) -> None:
        self.started.append(priority)

    def segment_finished(self, source_tokens: int, target_tokens: int, decode_seconds: float) -> None:
        self.counts["finished"] += 1

    def segment_failed(self) -> None:
        self.counts["failed"] += 1

    def segment_expired(self, stage: Stage) -> None:
        self.counts[f"expired {stage}"] += 1

    def segment_cancelled(self, stage: Stage) -> None:
        self.counts[f"cancelled {stage}"] += 1
        if stage is Stage.DECODING:
            self.left.set()
