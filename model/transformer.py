"""The Transformer (Vaswani et al. 2017).

Departures from the paper: the norm stands before each branch and once more at the end (Xiong et al. 2020), so
that training needs no long warm-up; one embedding table serves source, target and softmax, scaled by the root
of its width where it embeds; and the table may be narrower than the network, with a linear map between them
(Lan et al. 2020).

``encode``, ``init_state`` and ``step`` decode, one position at a time beside the cached keys and values of
those before it; ``features`` runs over a whole target. Both read the same weights and give the same
log-probabilities.

The attention shown to the outside is that of the decoder layer before the last, or of the only one: it is the
one that comes closest to an alignment of words (Garg et al. 2019).
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor, nn

from model.config import ModelConfig
from model.dropout import WordDropout
from model.initialisation import initialise
from model.interface import Step
from model.network import Features, Network
from model.positions import sinusoids
from model.transformer_layers import DecoderLayer, EncoderLayer
from model.transformer_state import TransformerMemory, TransformerState


class TransformerSeq2Seq(Network[TransformerMemory, TransformerState]):
    """Implements ``model.interface.Seq2Seq``.

    Args:
        config: the shape of the network.
        dropout: of embeddings and of what each branch adds, in training mode only.
        word_dropout: share of source and target-input tokens whose embedding is zeroed, in training only.
    """

    def __init__(self, config: ModelConfig, *, dropout: float = 0.0, word_dropout: float = 0.0) -> None:
        super().__init__(config)
        embedding, hidden = config.embedding_size, config.hidden_size
        sizes = (hidden, config.feed_forward_size, config.attention_heads, dropout)
        self.widen = nn.Identity() if embedding == hidden else nn.Linear(embedding, hidden)
        self.encoder_layers = nn.ModuleList(EncoderLayer(*sizes) for _ in range(config.encoder_layers))
        self.memory_norm = nn.LayerNorm(hidden)
        self.decoder_layers = nn.ModuleList(DecoderLayer(*sizes) for _ in range(config.decoder_layers))
        self.readout_norm = nn.LayerNorm(hidden)
        self.readout = nn.Identity() if embedding == hidden else nn.Linear(hidden, embedding)
        self.dropout = nn.Dropout(dropout)
        self.word_dropout = WordDropout(word_dropout)
        initialise(self)

    def encode(self, source: Tensor, mask: Tensor) -> TransformerMemory:
        """See ``Seq2Seq.encode``."""
        x = self._embed(source, torch.arange(source.shape[1], device=source.device))
        for layer in self.encoder_layers:
            x = layer(x, mask)
        memory = self.memory_norm(x)
        return TransformerMemory(
            tuple(layer.cross_attention.project(memory) for layer in self._decoder_layers()), mask
        )

    def init_state(self, memory: TransformerMemory, beam: int) -> TransformerState:
        """Nothing yet: caches without a column."""
        batch, heads, _, width = memory.layers[0].keys.shape
        empty = memory.layers[0].keys.new_zeros(batch, beam, heads, 0, 2 * width)
        lengths = torch.zeros(batch, dtype=torch.int64, device=empty.device)
        return TransformerState((empty,) * len(memory.layers), lengths)

    def step(
        self, tokens: Tensor, state: TransformerState, memory: TransformerMemory
    ) -> Step[TransformerState]:
        """See ``Seq2Seq.step``."""
        x = self._embed(tokens, state.lengths[:, None])
        columns = torch.arange(state.columns + 1, device=tokens.device)
        visible = columns >= state.columns - state.lengths[:, None]
        weights, caches = [], []
        layers = zip(self._decoder_layers(), state.layers, memory.layers, strict=True)
        for layer, past, projected in layers:
            (x, looked), present = layer.step(x, past, visible, projected, memory.mask)
            weights.append(looked)
            caches.append(present)
        log_probs = self.log_probs(self.readout(self.readout_norm(x)))
        return Step(log_probs, TransformerState(tuple(caches), state.lengths + 1), _aligned(weights))

    def features(self, source: Tensor, mask: Tensor, target_in: Tensor) -> Features:
        """See ``Network.features``."""
        memory = self.encode(source, mask)
        x = self._embed(target_in, torch.arange(target_in.shape[1], device=target_in.device))
        weights = []
        for layer, projected in zip(self._decoder_layers(), memory.layers, strict=True):
            x, looked = layer(x, projected, mask)
            weights.append(looked)
        return Features(self.readout(self.readout_norm(x)), _aligned(weights))

    def _embed(self, tokens: Tensor, positions: Tensor) -> Tensor:
        """``tokens`` ``[batch, n]`` at ``positions``, which broadcast with them, ``[batch, n, hidden]``."""
        embedded = self.word_dropout(self.embedding(tokens)) * math.sqrt(self.config.embedding_size)
        x = self.widen(embedded)
        out: Tensor = self.dropout(x + sinusoids(positions, self.config.hidden_size).to(x.dtype))
        return out

    def _decoder_layers(self) -> Iterator[DecoderLayer]:
        for layer in self.decoder_layers:
            assert isinstance(layer, DecoderLayer)  # noqa: S101 - narrows nn.ModuleList's element type
            yield layer


def _aligned(weights: list[Tensor]) -> Tensor:
    return weights[max(0, len(weights) - 2)]
