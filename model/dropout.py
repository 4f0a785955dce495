"""Dropout with structure: one draw a sentence or a word, far cheaper than one an element."""

from __future__ import annotations

from torch import Tensor, nn


class LockedDropout(nn.Module):
    """Zeroes the same units at every position of a sentence (Gal & Ghahramani 2016); in training only."""

    def __init__(self, probability: float) -> None:
        super().__init__()
        self.probability = probability

    def forward(self, x: Tensor) -> Tensor:
        """``x`` is ``[batch, positions, width]``."""
        if not self.training or self.probability == 0.0:
            return x
        keep = 1.0 - self.probability
        mask = x.new_empty(x.shape[0], 1, x.shape[2]).bernoulli_(keep).div_(keep)
        return x * mask


class WordDropout(nn.Module):
    """Zeroes whole embeddings (Sennrich & Zhang 2019), without rescaling the rest; in training only."""

    def __init__(self, probability: float) -> None:
        super().__init__()
        self.probability = probability

    def forward(self, embedded: Tensor) -> Tensor:
        """``embedded`` is ``[batch, positions, width]``."""
        if not self.training or self.probability == 0.0:
            return embedded
        return embedded * embedded.new_empty(*embedded.shape[:2], 1).bernoulli_(1.0 - self.probability)


def set_dropout(network: nn.Module, dropout: float, word_dropout: float) -> None:
    """Change both rates everywhere in ``network``."""
    for module in network.modules():
        if isinstance(module, LockedDropout):
            module.probability = dropout
        elif isinstance(module, nn.Dropout):
            module.p = dropout
        elif isinstance(module, WordDropout):
            module.probability = word_dropout
