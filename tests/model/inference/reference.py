"""What the kernels compute, slowly: int8 products simulated in float64, all else in float64."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn

from model.attention import DotAttention, GeneralAttention, MultiHeadAttention
from model.recurrent import RecurrentSeq2Seq
from model.recurrent_layers import LSTMLayer


class Sentence(NamedTuple):
    """Keys and values ``[src_len, hidden]``, and start states ``[layers, hidden]``."""

    keys: Tensor
    values: Tensor
    start: Tensor


class Forced(NamedTuple):
    """Log-probabilities ``[tgt_len, vocab]`` and attention ``[tgt_len, src_len]``."""

    log_probs: Tensor
    attention: Tensor


def levels(x: Tensor) -> Tensor:
    """``x`` rounded to 255 levels of each row: row-wise scales, then back to real numbers."""
    scale = x.abs().amax(-1, keepdim=True) / 127
    return (x / scale.clamp(min=1e-30)).round() * scale


def product(weight: Tensor, x: Tensor) -> Tensor:
    """``W x`` with both in int8; ``x`` is ``[..., inputs]``."""
    return levels(x) @ levels(weight.double()).T


def norm(layer: nn.Module, x: Tensor) -> Tensor:
    """Layer norm in float64."""
    assert isinstance(layer, nn.LayerNorm)
    return nn.functional.layer_norm(x, x.shape[-1:], layer.weight.double(), layer.bias.double(), layer.eps)


class Reference:
    """One sentence at a time, one position at a time."""

    def __init__(self, network: RecurrentSeq2Seq) -> None:
        self.network = network
        self.embedding = network.embedding.weight.double()

    def force(self, source: list[int], target_in: list[int]) -> Forced:
        """The network run over a target."""
        sentence = self.encode(source)
        state = [(start, torch.zeros_like(start)) for start in sentence.start]
        log_probs, attention = [], []
        for token in target_in:
            logits, weights, state = self.step(token, state, sentence)
            log_probs.append(logits.log_softmax(-1))
            attention.append(weights)
        return Forced(torch.stack(log_probs), torch.stack(attention))

    def encode(self, source: list[int]) -> Sentence:
        """The encoder."""
        network = self.network
        embedded = self.embedding[torch.tensor(source)]
        x = self._first(network.forward_layer, embedded)
        if network.backward_layer is not None:
            backward = self._first(network.backward_layer, embedded.flip(0)).flip(0)
            x = torch.cat([x, backward], -1)
        for layer in network.encoder_layers:
            assert isinstance(layer, LSTMLayer)
            taken = product(lstm_weights(layer)[0], norm(layer.norm, x)) + bias(layer)
            x = x + run(layer, taken)
        memory = norm(network.memory_norm, x)
        keys = values = memory
        attention = network.attention
        if isinstance(attention, MultiHeadAttention):
            keys = product(attention.key.weight, memory) + attention.key.bias
            values = product(attention.value.weight, memory) + attention.value.bias
        elif isinstance(attention, GeneralAttention):
            keys = product(attention.key.weight, memory)
        start = torch.tanh(product(network.bridge.weight, memory.mean(0)) + network.bridge.bias)
        return Sentence(keys, values, start.view(network.config.decoder_layers, -1))

    def step(
        self, token: int, state: list[tuple[Tensor, Tensor]], sentence: Sentence
    ) -> tuple[Tensor, Tensor, list[tuple[Tensor, Tensor]]]:
        """Logits, attention and the next state."""
        network = self.network
        first = network.query_layer
        assert isinstance(first, LSTMLayer)
        after = [cell(first, table(first, self.embedding[token]), state[0])]
        x = after[0][0]
        context, weights = self._attend(x, sentence)
        for layer, (hidden, memory) in zip(network.decoder_layers, state[1:], strict=True):
            assert isinstance(layer, LSTMLayer)
            from_x, from_context = lstm_weights(layer)[0].split(len(x), 1)
            taken = product(from_x, norm(layer.norm, x)) + product(from_context, context) + bias(layer)
            after.append(cell(layer, taken, (hidden, memory)))
            x = x + after[-1][0]
        from_x, from_context = network.readout.weight.split(len(x), 1)
        read = product(from_x, norm(network.readout_norm, x)) + product(from_context, context)
        features = torch.tanh(read + network.readout.bias)
        return product(self.embedding, features) + network.output_bias, weights, after

    def _first(self, layer: nn.Module, embedded: Tensor) -> Tensor:
        assert isinstance(layer, LSTMLayer)
        return run(layer, product(lstm_weights(layer)[0], embedded.half().double()) + bias(layer))

    def _attend(self, x: Tensor, sentence: Sentence) -> tuple[Tensor, Tensor]:
        attention = self.network.attention
        heads, query, scale = 1, x, 1.0
        if isinstance(attention, MultiHeadAttention):
            heads, scale = attention.heads, 1.0 / math.sqrt(len(x) // attention.heads)
            query = product(attention.query.weight, x) + attention.query.bias
        elif isinstance(attention, DotAttention):
            scale = attention.scale
        contexts, weights = [], []
        parts = zip(
            query.chunk(heads), sentence.keys.chunk(heads, 1), sentence.values.chunk(heads, 1), strict=True
        )
        for own, keys, values in parts:
            weight = (keys @ own * scale).softmax(0)
            weights.append(weight)
            contexts.append(weight @ values)
        return torch.cat(contexts), torch.stack(weights).mean(0)


def lstm_weights(layer: LSTMLayer) -> list[Tensor]:
    """Of the input and of the hidden state, and two biases."""
    return [each.detach() for each in layer.lstm.all_weights[0]]


def bias(layer: LSTMLayer) -> Tensor:
    """Of the gates."""
    return (lstm_weights(layer)[2] + lstm_weights(layer)[3]).double()


def table(layer: LSTMLayer, embedded: Tensor) -> Tensor:
    """What a token adds to the gates of a first layer, in float16."""
    return (lstm_weights(layer)[0].double() @ embedded + bias(layer)).half().double()


def run(layer: LSTMLayer, taken: Tensor) -> Tensor:
    """An LSTM over a sentence, ``[src_len, units]``."""
    state = (torch.zeros(layer.lstm.hidden_size).double(), torch.zeros(layer.lstm.hidden_size).double())
    outputs = []
    for each in taken:
        state = cell(layer, each, state)
        outputs.append(state[0])
    return torch.stack(outputs)


def cell(layer: LSTMLayer, taken: Tensor, state: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    """One step of an LSTM."""
    hidden, memory = state
    gates = taken + product(lstm_weights(layer)[1], hidden)
    taking, keeping, new, showing = gates.chunk(4)
    memory = keeping.sigmoid() * memory + taking.sigmoid() * new.tanh()
    return showing.sigmoid() * memory.tanh(), memory
