"""What every architecture is to those who train, save and load it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Generic, NamedTuple, TypeAlias

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from model.config import ModelConfig
from model.interface import Forced, Memory, State, Step

HALF = (torch.bfloat16, torch.float16)
"""What a GPU multiplies faster than float32."""


class Features(NamedTuple):
    """A network run over a whole target, up to the softmax."""

    values: Tensor
    """What the softmax reads, ``[batch, tgt_len, embedding]``."""
    attention: Tensor
    """Head average, ``[batch, tgt_len, src_len]``."""


class Network(nn.Module, ABC, Generic[Memory, State]):
    """A ``model.interface.Seq2Seq`` with weights.

    One table embeds source and target and is the softmax's matrix as well (Press & Wolf 2017): the
    log-probabilities are ``log_softmax(features · embeddingᵀ + output_bias)``.

    Args:
        config: the shape of the network.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.embedding = nn.Embedding(config.vocabulary_size, config.embedding_size)
        self.output_bias = nn.Parameter(torch.zeros(config.vocabulary_size))

    @property
    def vocabulary_size(self) -> int:
        """Entries of the joint vocabulary."""
        return self.config.vocabulary_size

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.output_bias.device

    @abstractmethod
    def encode(self, source: Tensor, mask: Tensor) -> Memory:
        """See ``Seq2Seq.encode``."""

    @abstractmethod
    def init_state(self, memory: Memory, beam: int) -> State:
        """See ``Seq2Seq.init_state``."""

    @abstractmethod
    def step(self, tokens: Tensor, state: State, memory: Memory) -> Step[State]:
        """See ``Seq2Seq.step``."""

    @abstractmethod
    def features(self, source: Tensor, mask: Tensor, target_in: Tensor) -> Features:
        """Teacher forcing as in ``Seq2Seq.force``, for a loss that has its own softmax.

        Args:
            source: int64 ``[batch, src_len]``.
            mask: True where real, bool ``[batch, src_len]``.
            target_in: BOS and the target, int64 ``[batch, tgt_len]``.
        """

    def force(self, source: Tensor, mask: Tensor, target_in: Tensor) -> Forced:
        """See ``Seq2Seq.force``."""
        features = self.features(source, mask, target_in)
        return Forced(self.log_probs(features.values), features.attention)

    def log_probs(self, features: Tensor) -> Tensor:
        """Log-probabilities of the whole vocabulary, float32 ``[..., vocab]``."""
        return self._logits(features).log_softmax(-1)

    def _logits(self, features: Tensor) -> Tensor:
        """What the softmax is taken of, float32 ``[..., vocab]``.

        A GPU adds the products of half-precision numbers up in float32: there the sums need not be rounded to
        half precision, in which a good many of the vocabulary's would tie.
        """
        weight, bias = self.embedding.weight, self.output_bias
        if features.is_cuda and weight.dtype in HALF and not torch.is_grad_enabled():
            sums = torch.mm(features.flatten(0, -2), weight.T, out_dtype=torch.float32).add_(bias)
            return sums.view(*features.shape[:-1], -1)
        return F.linear(features, weight, bias).float()


AnyNetwork: TypeAlias = Network[Any, Any]
"""Any architecture; its memory and state go together, but which they are is its own business."""
