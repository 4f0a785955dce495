"""A small random network whose every output depends on the whole history and on the real source positions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from model.interface import Forced, Step
from model.padding import pad_ids

GARBAGE = 1e3
"""What padding holds: whoever attends to it gets a different result."""


@dataclass(frozen=True)
class TinyMemory:
    """``values`` float64 ``[batch, src_len, width]`` and their mask."""

    values: Tensor
    mask: Tensor

    def select(self, rows: Tensor) -> Self:
        """Sheds the padding that no kept row needs."""
        mask = self.mask[rows]
        width = int(mask.sum(1).max())
        return type(self)(self.values[rows][:, :width], mask[:, :width])

    @classmethod
    def concat(cls, parts: Sequence[Self]) -> Self:
        longest = max(part.mask.shape[1] for part in parts)
        values, masks = [], []
        for part in parts:
            missing = longest - part.mask.shape[1]
            values.append(torch.nn.functional.pad(part.values, (0, 0, 0, missing), value=GARBAGE))
            masks.append(torch.nn.functional.pad(part.mask, (0, missing), value=False))
        return cls(torch.cat(values), torch.cat(masks))


@dataclass(frozen=True)
class TinyState:
    """A recurrent state, float64 ``[batch, beam, width]``."""

    hidden: Tensor

    def reorder(self, parents: Tensor) -> Self:
        return type(self)(torch.stack([row[order] for row, order in zip(self.hidden, parents, strict=True)]))

    def select(self, rows: Tensor) -> Self:
        return type(self)(self.hidden[rows])

    @classmethod
    def concat(cls, parts: Sequence[Self]) -> Self:
        return cls(torch.cat([part.hidden for part in parts]))


class TinyNetwork:
    """Implements ``Seq2Seq`` in float64: what else is in a batch hardly touches the last bit of float32.

    Args:
        vocabulary_size: special symbols included.
        seed: of the weights.
        sharpness: what logits are multiplied by.
        eos_bias: added to the logit of EOS.
        grain: log-probabilities are rounded down to multiples of this, which makes exact ties; 0: not at all.
    """

    def __init__(
        self,
        vocabulary_size: int,
        seed: int = 0,
        *,
        sharpness: float = 2.0,
        eos_bias: float = 0.0,
        grain: float = 0.0,
        width: int = 8,
    ) -> None:
        random = torch.Generator().manual_seed(seed)

        def weights(*shape: int) -> Tensor:
            return torch.randn(*shape, generator=random, dtype=torch.float64)

        self.vocabulary_size = vocabulary_size
        self.device = torch.device("cpu")
        self.embedding = weights(vocabulary_size, width)
        self.recurrent = weights(width, width) / width**0.5
        self.context = weights(width, width) / width**0.5
        self.output = weights(width, vocabulary_size) * sharpness
        self.bias = torch.zeros(vocabulary_size, dtype=torch.float64)
        self.bias[2] = eos_bias
        self.grain = grain

    def encode(self, source: Tensor, mask: Tensor) -> TinyMemory:
        values = self.embedding[source]
        positions = torch.arange(1, source.shape[1] + 1, dtype=torch.float64)
        values = values + 0.3 * torch.sin(positions)[:, None]
        return TinyMemory(values.masked_fill(~mask[:, :, None], GARBAGE), mask)

    def init_state(self, memory: TinyMemory, beam: int) -> TinyState:
        real = memory.values.masked_fill(~memory.mask[:, :, None], 0.0)
        mean = real.sum(1) / memory.mask.sum(1, keepdim=True)
        return TinyState(torch.tanh(mean)[:, None].expand(-1, beam, -1))

    def step(self, tokens: Tensor, state: TinyState, memory: TinyMemory) -> Step[TinyState]:
        hidden = torch.tanh(self.embedding[tokens] + state.hidden @ self.recurrent)
        energies = (hidden @ memory.values.mT).masked_fill(~memory.mask[:, None], -torch.inf)
        attention = energies.softmax(-1)
        context = attention @ memory.values.masked_fill(~memory.mask[:, :, None], 0.0)
        hidden = torch.tanh(hidden + context @ self.context)
        log_probs = (hidden @ self.output + self.bias).log_softmax(-1)
        if self.grain:
            log_probs = (log_probs / self.grain).floor() * self.grain
        return Step(log_probs.float(), TinyState(hidden), attention.float())

    def force(self, source: Tensor, mask: Tensor, target_in: Tensor) -> Forced:
        memory = self.encode(source, mask)
        state = self.init_state(memory, 1)
        log_probs, attention = [], []
        for tokens in target_in.unbind(1):
            step = self.step(tokens[:, None], state, memory)
            state = step.state
            log_probs.append(step.log_probs[:, 0])
            attention.append(step.attention[:, 0])
        return Forced(torch.stack(log_probs, 1), torch.stack(attention, 1))


class ScriptedNetwork(TinyNetwork):
    """Says the same whatever the source and the history.

    Args:
        script: log-probabilities at each step, ``[steps][vocab]``.
    """

    def __init__(self, script: Sequence[Sequence[float]]) -> None:
        super().__init__(len(script[0]))
        self.script = torch.tensor(script)

    def init_state(self, memory: TinyMemory, beam: int) -> TinyState:
        return TinyState(torch.zeros(len(memory.mask), beam, 1, dtype=torch.float64))

    def step(self, tokens: Tensor, state: TinyState, memory: TinyMemory) -> Step[TinyState]:
        log_probs = self.script[state.hidden[:, :, 0].long()]
        attention = memory.mask[:, None].float().expand(-1, tokens.shape[1], -1)
        return Step(log_probs, TinyState(state.hidden + 1), attention)


def encode_alone(network: TinyNetwork, source: Sequence[int]) -> TinyMemory:
    """The memory of one sentence without any padding."""
    return network.encode(*pad_ids([source]))
