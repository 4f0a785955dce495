"""Several networks as one translator: the mean of their probabilities at every step."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import torch
from torch import Tensor

from model.checkpoint import Checkpoint
from model.errors import CheckpointError
from model.interface import Forced, Seq2Seq, Step


@dataclass(frozen=True)
class EnsembleMemory:
    """The memory of every member, in their order; all of the same rows."""

    parts: tuple[Any, ...]

    @property
    def mask(self) -> Tensor:
        """The narrowest of the members' masks: some shed padding that others keep."""
        masks: list[Tensor] = [part.mask for part in self.parts]
        return min(masks, key=lambda mask: mask.shape[1])

    def select(self, rows: Tensor) -> Self:
        """See ``EncoderMemory.select``."""
        return type(self)(tuple(part.select(rows) for part in self.parts))

    @classmethod
    def concat(cls, parts: Sequence[Self]) -> Self:
        """See ``EncoderMemory.concat``."""
        return cls(_concat([part.parts for part in parts]))


@dataclass(frozen=True)
class EnsembleState:
    """The state of every member, in their order; all of the same hypotheses."""

    parts: tuple[Any, ...]

    def reorder(self, parents: Tensor) -> Self:
        """See ``DecoderState.reorder``."""
        return type(self)(tuple(part.reorder(parents) for part in self.parts))

    def select(self, rows: Tensor) -> Self:
        """See ``DecoderState.select``."""
        return type(self)(tuple(part.select(rows) for part in self.parts))

    @classmethod
    def concat(cls, parts: Sequence[Self]) -> Self:
        """See ``DecoderState.concat``."""
        return cls(_concat([part.parts for part in parts]))


class EnsembleSeq2Seq:
    """Implements ``model.interface.Seq2Seq`` over ``members``, whatever their architectures.

    Probabilities and attention are the members' means: a mixture of the models, not a product, so that one
    member that finds a token impossible does not forbid it.

    Args:
        members: networks over one vocabulary, on one device, in evaluation mode.

    Raises:
        ValueError: there is none, or vocabularies or devices differ.
    """

    def __init__(self, members: Sequence[Seq2Seq[Any, Any]]) -> None:
        if not members:
            raise ValueError("an ensemble needs a member")
        self.members = tuple(members)
        sizes, devices = {member.vocabulary_size for member in members}, {member.device for member in members}
        if len(sizes) > 1:
            raise ValueError(f"the members have vocabularies of {sorted(sizes)} entries; one is needed")
        if len(devices) > 1:
            raise ValueError(f"the members are on {', '.join(sorted(map(str, devices)))}; put them on one")

    @property
    def vocabulary_size(self) -> int:
        """Entries of the joint vocabulary."""
        return self.members[0].vocabulary_size

    @property
    def device(self) -> torch.device:
        """Where the members are."""
        return self.members[0].device

    def encode(self, source: Tensor, mask: Tensor) -> EnsembleMemory:
        """See ``Seq2Seq.encode``."""
        return EnsembleMemory(tuple(member.encode(source, mask) for member in self.members))

    def init_state(self, memory: EnsembleMemory, beam: int) -> EnsembleState:
        """See ``Seq2Seq.init_state``."""
        pairs = zip(self.members, memory.parts, strict=True)
        return EnsembleState(tuple(member.init_state(part, beam) for member, part in pairs))

    def step(self, tokens: Tensor, state: EnsembleState, memory: EnsembleMemory) -> Step[EnsembleState]:
        """See ``Seq2Seq.step``."""
        triples = zip(self.members, state.parts, memory.parts, strict=True)
        steps = [member.step(tokens, one, part) for member, one, part in triples]
        return Step(
            _mean_of_probabilities([step.log_probs for step in steps]),
            EnsembleState(tuple(step.state for step in steps)),
            _mean_of_attention([step.attention for step in steps], memory.mask.shape[1]),
        )

    def force(self, source: Tensor, mask: Tensor, target_in: Tensor) -> Forced:
        """See ``Seq2Seq.force``; each member is forced along the target by itself."""
        forced = [member.force(source, mask, target_in) for member in self.members]
        return Forced(
            _mean_of_probabilities([each.log_probs for each in forced]),
            _mean_of_attention([each.attention for each in forced], mask.shape[1]),
        )


def ensemble(
    checkpoints: Sequence[Checkpoint], networks: Sequence[Seq2Seq[Any, Any]] | None = None
) -> Seq2Seq[Any, Any]:
    """The network of ``checkpoints``: the only one's own, or an ensemble.

    Args:
        checkpoints: at least one.
        networks: what decodes for each; default: their own networks.

    Raises:
        CheckpointError: they were not trained with one and the same vocabulary; names two that differ.
    """
    first = checkpoints[0]
    for other in checkpoints[1:]:
        if other.tokenizer.serialized != first.tokenizer.serialized:
            raise CheckpointError(
                f"{other.directory}: another vocabulary than {first.directory}; an ensemble needs checkpoints"
                " of one prepared corpus"
            )
    members = [each.model for each in checkpoints] if networks is None else networks
    return members[0] if len(members) == 1 else EnsembleSeq2Seq(members)


def _concat(tuples: Sequence[tuple[Any, ...]]) -> tuple[Any, ...]:
    """Member by member."""
    return tuple(type(parts[0]).concat(parts) for parts in zip(*tuples, strict=True))


def _mean_of_probabilities(log_probs: Sequence[Tensor]) -> Tensor:
    mean: Tensor = torch.stack(list(log_probs)).logsumexp(0)
    return mean - math.log(len(log_probs))


def _mean_of_attention(weights: Sequence[Tensor], length: int) -> Tensor:
    """Beyond ``length`` there is padding alone, where weights are zero."""
    return torch.stack([each[..., :length] for each in weights]).mean(0)
