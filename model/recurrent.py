"""The recurrent encoder-decoder: RNN, GRU or LSTM cells with any attention, or with none.

Encoder: a bidirectional layer, then residual ones that read forward. Decoder: a layer whose output queries
the attention; the context is part of the input of every layer above it and of the readout. There is no input
feeding (Luong et al. 2015, section 3.3), so in training every layer is one fused call over the whole target:
the shape of NVIDIA's GNMT v2. Departures from it: a layer norm before each residual layer, a start state made
from the encoder's mean, a tanh readout, and one embedding table for source, target and softmax.

Without attention, the decoder knows the source by the encoder's final state alone: it is the context of every
step, as in Cho et al. 2014, and makes the start state, as in Sutskever et al. 2014 as well.

``encode``, ``init_state`` and ``step`` decode; ``features`` runs over a whole target. Both read the same
weights and give the same log-probabilities.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from model.attention import build_attention
from model.config import ModelConfig
from model.dropout import LockedDropout, WordDropout
from model.initialisation import initialise
from model.interface import Step
from model.network import Features, Network
from model.recurrent_layers import CELLS, RecurrentLayer
from model.recurrent_state import RecurrentMemory, RecurrentState


class RecurrentSeq2Seq(Network[RecurrentMemory, RecurrentState]):
    """Implements ``model.interface.Seq2Seq``.

    Args:
        config: the shape of the network.
        dropout: locked dropout between layers, in training mode only.
        word_dropout: share of source and target-input tokens whose embedding is zeroed, in training only.
    """

    def __init__(self, config: ModelConfig, *, dropout: float = 0.0, word_dropout: float = 0.0) -> None:
        super().__init__(config)
        layer = CELLS[config.cell]
        embedding, hidden = config.embedding_size, config.hidden_size
        first = hidden // 2 if config.bidirectional else hidden
        self.forward_layer = layer(embedding, first)
        self.backward_layer = layer(embedding, first) if config.bidirectional else None
        self.encoder_layers = nn.ModuleList(
            layer(hidden, hidden, norm=True) for _ in range(config.encoder_layers - 1)
        )
        self.memory_norm = nn.LayerNorm(hidden)
        self.attention = build_attention(config)
        self.bridge = nn.Linear(hidden, config.decoder_layers * hidden)
        self.query_layer = layer(embedding, hidden)
        self.decoder_layers = nn.ModuleList(
            layer(hidden, hidden, context=hidden, norm=True) for _ in range(config.decoder_layers - 1)
        )
        self.readout_norm = nn.LayerNorm(hidden)
        self.readout = nn.Linear(2 * hidden, embedding)
        self.dropout = LockedDropout(dropout)
        self.word_dropout = WordDropout(word_dropout)
        initialise(self)

    def encode(self, source: Tensor, mask: Tensor) -> RecurrentMemory:
        """See ``Seq2Seq.encode``."""
        outputs, final = self._read(source, mask)
        if self.config.attention == "none":
            summary = self.memory_norm(final)
            memory = summary[:, None]
        else:
            memory = self.memory_norm(outputs)
            summary = (memory * mask[:, :, None]).sum(1) / mask.sum(1, keepdim=True)
        return RecurrentMemory(self.attention.project(self.dropout(memory)), mask, summary)

    def _read(self, source: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Outputs ``[batch, src_len, hidden]``, and the final state ``[batch, hidden]``.

        The outputs are the sum of what the layers add to each other, and the final state is the sum of the
        same where each layer has just read the whole sentence.
        """
        last = mask.sum(1) - 1
        embedded = self.dropout(self.word_dropout(self.embedding(source)))
        x = self.dropout(self._first_layer(embedded, mask))
        final = _at(x, last)
        if self.backward_layer is not None:
            forward_half = final.shape[-1] // 2
            final = torch.cat([final[:, :forward_half], x[:, 0, forward_half:]], -1)
        for layer in self.encoder_layers:
            added = self.dropout(layer(x))
            x, final = x + added, final + _at(added, last)
        return x, final

    def _first_layer(self, x: Tensor, mask: Tensor) -> Tensor:
        """Forward outputs, and backward ones beside them where there are any, ``[batch, src_len, hidden]``.

        The real part of each row is reversed in place, padding stays at the end: the backward layer then
        never reads padding before a real token, and no packing is needed.
        """
        forward: Tensor = self.forward_layer(x)
        if self.backward_layer is None:
            return forward
        positions = torch.arange(mask.shape[1], device=mask.device)
        mirrored = torch.where(mask, mask.sum(1, keepdim=True) - 1 - positions, positions)
        backward = self.backward_layer(_reindex(x, mirrored))
        return torch.cat([forward, _reindex(backward, mirrored)], -1)

    def init_state(self, memory: RecurrentMemory, beam: int) -> RecurrentState:
        """Hidden states ``tanh(W · summary)``, LSTM cells zero; the same for every hypothesis."""
        start = self._start(memory)
        slots = start.new_zeros(*start.shape[:2], self.query_layer.slots, start.shape[2])
        slots[:, :, 0] = start
        return RecurrentState(slots.flatten(1, 2)[:, None].expand(-1, beam, -1, -1))

    def _start(self, memory: RecurrentMemory) -> Tensor:
        """Hidden states before the first target position, ``[batch, layers, hidden]``."""
        start: Tensor = torch.tanh(self.bridge(memory.summary))
        return start.view(*start.shape[:-1], self.config.decoder_layers, -1)

    def step(self, tokens: Tensor, state: RecurrentState, memory: RecurrentMemory) -> Step[RecurrentState]:
        """See ``Seq2Seq.step``."""
        per_layer = self.query_layer.slots
        old = state.slots.unbind(2)
        new = list(self.query_layer.step(self.embedding(tokens), old[:per_layer]))
        x = new[0]
        context, weights = self.attention(x, memory.projected, memory.mask)
        for index, layer in enumerate(self._upper_layers(), start=1):
            after = layer.step(x, old[index * per_layer :][:per_layer], context)
            x = x + after[0]
            new.extend(after)
        log_probs = self.log_probs(self._read_out(x, context))
        return Step(log_probs, RecurrentState(torch.stack(new, 2)), weights)

    def features(self, source: Tensor, mask: Tensor, target_in: Tensor) -> Features:
        """See ``Network.features``."""
        memory = self.encode(source, mask)
        start = self._start(memory)
        embedded = self.dropout(self.word_dropout(self.embedding(target_in)))
        x = self.query_layer(embedded, start[:, 0])
        context, weights = self.attention(x, memory.projected, memory.mask)
        x, context = self.dropout(x), self.dropout(context)
        for layer, layer_start in zip(self._upper_layers(), start.unbind(1)[1:], strict=True):
            x = x + self.dropout(layer(x, layer_start, context))
        return Features(self._read_out(x, context), weights)

    def _upper_layers(self) -> Iterator[RecurrentLayer]:
        for layer in self.decoder_layers:
            assert isinstance(layer, RecurrentLayer)  # noqa: S101 - narrows nn.ModuleList's element type
            yield layer

    def _read_out(self, x: Tensor, context: Tensor) -> Tensor:
        joined = torch.cat([self.readout_norm(x), context], -1)
        features: Tensor = self.dropout(torch.tanh(self.readout(joined)))
        return features


def _at(x: Tensor, positions: Tensor) -> Tensor:
    """``x[i, positions[i]]`` for every row ``i``, ``[batch, width]``; ``x`` is ``[batch, n, width]``."""
    return x[torch.arange(len(x), device=x.device), positions]


def _reindex(x: Tensor, positions: Tensor) -> Tensor:
    """``x[i, positions[i]]`` for every row ``i``, ``[batch, n, width]``; ``positions`` is ``[batch, n]``."""
    return x.gather(1, positions[:, :, None].expand_as(x))
