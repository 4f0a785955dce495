"""A network that counts what the search asks of it."""

from __future__ import annotations

from typing import Generic

import torch
from torch import Tensor

from model.interface import Forced, Memory, Seq2Seq, State, Step


class CountingModel(Generic[Memory, State]):
    """Passes everything on to ``model`` and counts; made for one pass that is not timed.

    Attributes:
        steps: calls of ``step``: target positions of the running batch.
        rows: sentences that took part in them, summed over steps.
        hypotheses: hypotheses that were advanced, summed over steps.
        positions: source positions that these rows could attend to, padding included.
        real_positions: those that are not padding.
    """

    def __init__(self, model: Seq2Seq[Memory, State]) -> None:
        self._model = model
        self.steps = 0
        self.rows = 0
        self.hypotheses = 0
        self.positions = 0
        self.real_positions = 0

    @property
    def vocabulary_size(self) -> int:
        """See ``Seq2Seq``."""
        return self._model.vocabulary_size

    @property
    def device(self) -> torch.device:
        """See ``Seq2Seq``."""
        return self._model.device

    def encode(self, source: Tensor, mask: Tensor) -> Memory:
        """See ``Seq2Seq``."""
        return self._model.encode(source, mask)

    def init_state(self, memory: Memory, beam: int) -> State:
        """See ``Seq2Seq``."""
        return self._model.init_state(memory, beam)

    def step(self, tokens: Tensor, state: State, memory: Memory) -> Step[State]:
        """See ``Seq2Seq``; counted."""
        self.steps += 1
        self.rows += tokens.shape[0]
        self.hypotheses += tokens.numel()
        self.positions += memory.mask.numel()
        self.real_positions += int(memory.mask.sum())
        return self._model.step(tokens, state, memory)

    def force(self, source: Tensor, mask: Tensor, target_in: Tensor) -> Forced:
        """See ``Seq2Seq``."""
        return self._model.force(source, mask, target_in)
