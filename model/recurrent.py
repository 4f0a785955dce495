"""The attention LSTM.

Encoder: a bidirectional LSTM, then residual LSTMs. Decoder: an LSTM whose output queries the attention;
the context is part of the input of every layer above it and of the readout. There is no input feeding (Luong
et al. 2015, section 3.3), so in training every layer is one fused call over the whole target: the shape of
NVIDIA's GNMT v2. Departures from it: a layer norm before each residual layer, a start state made from the
encoder's mean, a tanh readout, and one embedding table for source, target and softmax (Press & Wolf 2017).

``encode``, ``init_state`` and ``step`` decode; ``features`` and ``force`` run over a whole target. Both read
the same weights and give the same log-probabilities.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from model.attention import Projected, build_attention
from model.config import ModelConfig
from model.dropout import LockedDropout, WordDropout
from model.interface import Forced, Step
from model.padding import pad_and_concat


@dataclass(frozen=True)
class RecurrentMemory:
    """Attention keys and values of each source position, and a summary of the sentence.

    Attributes:
        keys, values: ``[batch, src_len, hidden]``.
        mask: True where real, ``[batch, src_len]``.
        summary: mean of the encoder's output over real positions, ``[batch, hidden]``.
    """

    keys: Tensor
    values: Tensor
    mask: Tensor
    summary: Tensor

    def select(self, rows: Tensor) -> Self:
        """See ``EncoderMemory.select``."""
        return type(self)(self.keys[rows], self.values[rows], self.mask[rows], self.summary[rows])

    @classmethod
    def concat(cls, parts: Sequence[Self]) -> Self:
        """See ``EncoderMemory.concat``."""
        return cls(
            pad_and_concat([part.keys for part in parts]),
            pad_and_concat([part.values for part in parts]),
            pad_and_concat([part.mask for part in parts]),
            torch.cat([part.summary for part in parts]),
        )


@dataclass(frozen=True)
class RecurrentState:
    """The LSTM states of every hypothesis: ``hidden`` and ``cell`` are ``[batch, beam, layers, hidden]``."""

    hidden: Tensor
    cell: Tensor

    def reorder(self, parents: Tensor) -> Self:
        """See ``DecoderState.reorder``."""
        batch, beam = self.hidden.shape[:2]
        # batch 3, beam 2: offsets [0, 2, 4]; parents [[1, 1], [0, 1], [0, 0]] -> flat rows [1, 1, 2, 3, 4, 4]
        offsets = torch.arange(0, batch * beam, beam, device=parents.device)
        flat = (offsets[:, None] + parents).flatten()
        return type(self)(*(_take(part, flat, parents.shape) for part in (self.hidden, self.cell)))

    def select(self, rows: Tensor) -> Self:
        """See ``DecoderState.select``."""
        return type(self)(self.hidden[rows], self.cell[rows])

    @classmethod
    def concat(cls, parts: Sequence[Self]) -> Self:
        """See ``DecoderState.concat``."""
        return cls(torch.cat([part.hidden for part in parts]), torch.cat([part.cell for part in parts]))


def _take(part: Tensor, flat: Tensor, shape: torch.Size) -> Tensor:
    return part.flatten(0, 1).index_select(0, flat).view(*shape, *part.shape[2:])


class LSTMLayer(nn.Module):
    """One unidirectional LSTM, optionally with a layer norm on its input.

    Args:
        inputs: width of the input.
        outputs: width of the output.
        context: width of a context appended to the (normed) input; 0 for none.
        norm: whether the input is layer-normed first.
    """

    def __init__(self, inputs: int, outputs: int, *, context: int = 0, norm: bool = False) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(inputs) if norm else nn.Identity()
        self.lstm = nn.LSTM(inputs + context, outputs, batch_first=True)

    def forward(self, x: Tensor, start: Tensor | None = None, context: Tensor | None = None) -> Tensor:
        """Outputs for ``x`` ``[batch, positions, inputs]`` from hidden state ``start`` and an empty cell."""
        x = self._input(x, context)
        if start is None:
            start = x.new_zeros(x.shape[0], self.lstm.hidden_size)
        hidden = start[None].to(x.dtype).contiguous()
        out: Tensor = self.lstm(x, (hidden, torch.zeros_like(hidden)))[0]
        return out

    def step(
        self, x: Tensor, hidden: Tensor, cell: Tensor, context: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """New hidden state and cell of every hypothesis; all arguments ``[batch, beam, width]``."""
        weight_ih, weight_hh, bias_ih, bias_hh = self.lstm.all_weights[0]
        rows = self._input(x, context).flatten(0, 1)
        state = (hidden.flatten(0, 1), cell.flatten(0, 1))
        new_hidden, new_cell = torch.lstm_cell(rows, state, weight_ih, weight_hh, bias_ih, bias_hh)
        return new_hidden.view(hidden.shape), new_cell.view(hidden.shape)

    def _input(self, x: Tensor, context: Tensor | None) -> Tensor:
        normed: Tensor = self.norm(x)
        return normed if context is None else torch.cat([normed, context], -1)


class RecurrentSeq2Seq(nn.Module):
    """Implements ``model.interface.Seq2Seq``.

    Args:
        config: the shape of the network.
        dropout: locked dropout between layers, in training mode only.
        word_dropout: share of source and target-input tokens whose embedding is zeroed, in training only.
    """

    def __init__(self, config: ModelConfig, *, dropout: float = 0.0, word_dropout: float = 0.0) -> None:
        super().__init__()
        self.config = config
        embedding, hidden = config.embedding_size, config.hidden_size
        self.embedding = nn.Embedding(config.vocabulary_size, embedding)
        self.forward_layer = LSTMLayer(embedding, hidden // 2)
        self.backward_layer = LSTMLayer(embedding, hidden // 2)
        self.encoder_layers = nn.ModuleList(
            LSTMLayer(hidden, hidden, norm=True) for _ in range(config.encoder_layers - 1)
        )
        self.memory_norm = nn.LayerNorm(hidden)
        self.attention = build_attention(config)
        self.bridge = nn.Linear(hidden, config.decoder_layers * hidden)
        self.query_layer = LSTMLayer(embedding, hidden)
        self.decoder_layers = nn.ModuleList(
            LSTMLayer(hidden, hidden, context=hidden, norm=True) for _ in range(config.decoder_layers - 1)
        )
        self.readout_norm = nn.LayerNorm(hidden)
        self.readout = nn.Linear(2 * hidden, embedding)
        self.output_bias = nn.Parameter(torch.zeros(config.vocabulary_size))
        self.dropout = LockedDropout(dropout)
        self.word_dropout = WordDropout(word_dropout)
        self._initialise()

    def _initialise(self) -> None:
        nn.init.normal_(self.embedding.weight, std=self.config.embedding_size**-0.5)
        for name, parameter in self.named_parameters():
            if "weight_hh" in name:
                for gate in parameter.data.chunk(4):
                    nn.init.orthogonal_(gate)
            elif parameter.dim() == 2 and not name.startswith("embedding"):
                nn.init.xavier_uniform_(parameter)
            elif "bias_ih" in name:  # an open forget gate lets gradients through from the start
                nn.init.zeros_(parameter)
                parameter.data.chunk(4)[1].fill_(1.0)
            elif "bias" in name:
                nn.init.zeros_(parameter)

    @property
    def vocabulary_size(self) -> int:
        """Entries of the joint vocabulary."""
        return self.config.vocabulary_size

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.output_bias.device

    def encode(self, source: Tensor, mask: Tensor) -> RecurrentMemory:
        """See ``Seq2Seq.encode``."""
        embedded = self.dropout(self.word_dropout(self.embedding(source)))
        x = self._bidirectional(embedded, mask)
        for layer in self.encoder_layers:
            x = x + self.dropout(layer(x))
        memory = self.memory_norm(x)
        keys, values = self.attention.project(self.dropout(memory))
        lengths = mask.sum(1, keepdim=True)
        summary = (memory * mask[:, :, None]).sum(1) / lengths
        return RecurrentMemory(keys, values, mask, summary)

    def _bidirectional(self, x: Tensor, mask: Tensor) -> Tensor:
        """Forward and backward outputs side by side, ``[batch, src_len, hidden]``.

        The real part of each row is reversed in place, padding stays at the end: the backward LSTM then
        never reads padding before a real token, and no packing is needed.
        """
        positions = torch.arange(mask.shape[1], device=mask.device)
        mirrored = torch.where(mask, mask.sum(1, keepdim=True) - 1 - positions, positions)
        forward = self.forward_layer(x)
        backward = self.backward_layer(_reindex(x, mirrored))
        both: Tensor = self.dropout(torch.cat([forward, _reindex(backward, mirrored)], -1))
        return both

    def init_state(self, memory: RecurrentMemory, beam: int) -> RecurrentState:
        """Hidden states ``tanh(W · summary)``, cells zero; the same for every hypothesis."""
        hidden = torch.tanh(self.bridge(memory.summary)).unflatten(-1, (self.config.decoder_layers, -1))
        hidden = hidden[:, None].expand(-1, beam, -1, -1)
        return RecurrentState(hidden, torch.zeros_like(hidden))

    def step(self, tokens: Tensor, state: RecurrentState, memory: RecurrentMemory) -> Step[RecurrentState]:
        """See ``Seq2Seq.step``."""
        hidden, cell = state.hidden.unbind(2), state.cell.unbind(2)
        x, first_cell = self.query_layer.step(self.embedding(tokens), hidden[0], cell[0])
        new_hidden, new_cell = [x], [first_cell]
        context, weights = self.attention(x, Projected(memory.keys, memory.values), memory.mask)
        for layer, layer_hidden, layer_cell in zip(self._upper_layers(), hidden[1:], cell[1:], strict=True):
            out, out_cell = layer.step(x, layer_hidden, layer_cell, context)
            x = x + out
            new_hidden.append(out)
            new_cell.append(out_cell)
        log_probs = self._log_probs(self._read_out(x, context))
        next_state = RecurrentState(torch.stack(new_hidden, 2), torch.stack(new_cell, 2))
        return Step(log_probs, next_state, weights)

    def features(self, source: Tensor, mask: Tensor, target_in: Tensor) -> tuple[Tensor, Tensor]:
        """What the softmax reads at every target position, and the attention, by teacher forcing.

        Args:
            source: int64 ``[batch, src_len]``.
            mask: bool ``[batch, src_len]``.
            target_in: BOS and the target, int64 ``[batch, tgt_len]``.

        Returns:
            Features ``[batch, tgt_len, embedding]``; attention, head average, ``[batch, tgt_len, src_len]``.
        """
        memory = self.encode(source, mask)
        start = self.init_state(memory, 1).hidden[:, 0]
        embedded = self.dropout(self.word_dropout(self.embedding(target_in)))
        x = self.query_layer(embedded, start[:, 0])
        context, weights = self.attention(x, Projected(memory.keys, memory.values), memory.mask)
        x, context = self.dropout(x), self.dropout(context)
        for layer, layer_start in zip(self._upper_layers(), start.unbind(1)[1:], strict=True):
            x = x + self.dropout(layer(x, layer_start, context))
        return self._read_out(x, context), weights

    def force(self, source: Tensor, mask: Tensor, target_in: Tensor) -> Forced:
        """See ``Seq2Seq.force``."""
        features, weights = self.features(source, mask, target_in)
        return Forced(self._log_probs(features), weights)

    def _upper_layers(self) -> Iterator[LSTMLayer]:
        for layer in self.decoder_layers:
            assert isinstance(layer, LSTMLayer)  # noqa: S101 - narrows nn.ModuleList's element type
            yield layer

    def _read_out(self, x: Tensor, context: Tensor) -> Tensor:
        joined = torch.cat([self.readout_norm(x), context], -1)
        features: Tensor = self.dropout(torch.tanh(self.readout(joined)))
        return features

    def _log_probs(self, features: Tensor) -> Tensor:
        return F.linear(features, self.embedding.weight, self.output_bias).float().log_softmax(-1)


def _reindex(x: Tensor, positions: Tensor) -> Tensor:
    """``x[i, positions[i]]`` for every row ``i``; ``x`` is ``[batch, n, width]``."""
    return x.gather(1, positions[:, :, None].expand_as(x))
