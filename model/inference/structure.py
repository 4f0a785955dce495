"""From a trained network to the structure that the kernels read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from model.attention import Attention, DotAttention, GeneralAttention, MultiHeadAttention
from model.errors import KernelError
from model.inference.library import MAX_LAYERS, Matrix, Network, Norm, address
from model.inference.packing import LANES, PackedLinear, by_gate
from model.recurrent import RecurrentSeq2Seq
from model.recurrent_layers import LSTMLayer


class Gates(NamedTuple):
    """The weights of an LSTM, rows in panel order."""

    input: Tensor
    """``[4 * units, inputs]``"""
    hidden: Tensor
    """``[4 * units, units]``"""
    bias: Tensor
    """``[4 * units]``, both biases together."""


class PackedWeights:
    """All weights of a network, packed, and the structure that points to them.

    Args:
        network: trained; not kept.

    Raises:
        KernelError: the kernels do not know networks of this shape; says what they know.
    """

    def __init__(self, network: RecurrentSeq2Seq) -> None:
        check_shape(network)
        self._kept: list[Tensor] = []
        with torch.inference_mode():
            self.structure = self._structure(network)

    def _structure(self, network: RecurrentSeq2Seq) -> Network:
        config, attention = network.config, network.attention
        embedding, bias = network.embedding.weight.float(), network.output_bias
        first, backward = _gates(network.query_layer), network.backward_layer
        return Network(
            embedding=config.embedding_size,
            hidden=config.hidden_size,
            vocabulary=config.vocabulary_size,
            heads=attention.heads if isinstance(attention, MultiHeadAttention) else 1,
            encoder_layers=len(network.encoder_layers),
            decoder_layers=len(network.decoder_layers),
            query_scale=attention.scale if isinstance(attention, DotAttention) else 1.0,
            source_table=self._keep(embedding.half()),
            target_table=self._table(embedding, first),
            **self._direction("forward", _gates(network.forward_layer)),
            **({} if backward is None else self._direction("backward", _gates(backward))),
            encoder=tuple(self._encoder_layer(_layer(each)) for each in network.encoder_layers),
            memory_norm=self._norm(network.memory_norm),
            **self._attention(attention),
            bridge=self._linear([network.bridge.weight], network.bridge.bias),
            first=self._linear([first.hidden]),
            decoder=tuple(
                self._decoder_layer(_layer(each), config.hidden_size) for each in network.decoder_layers
            ),
            readout_norm=self._norm(network.readout_norm),
            readout=self._linear(network.readout.weight.split(config.hidden_size, 1), network.readout.bias),
            softmax=self._linear([embedding], bias),
        )

    def _direction(self, name: str, gates: Gates) -> dict[str, Matrix]:
        """The first encoder layer, read in one direction."""
        taken, hidden = self._linear([gates.input], gates.bias), self._linear([gates.hidden])
        return {f"{name}_input": taken, name: hidden}

    def _encoder_layer(self, layer: LSTMLayer) -> tuple[Norm, Matrix, Matrix]:
        gates = _gates(layer)
        taken, hidden = self._linear([gates.input], gates.bias), self._linear([gates.hidden])
        return self._norm(layer.norm), taken, hidden

    def _decoder_layer(self, layer: LSTMLayer, hidden: int) -> tuple[Norm, Matrix]:
        gates = _gates(layer)
        segments = [*gates.input.split(hidden, 1), gates.hidden]
        return self._norm(layer.norm), self._linear(segments, gates.bias)

    def _attention(self, attention: Attention) -> dict[str, Matrix]:
        if isinstance(attention, MultiHeadAttention):
            query, key, value = attention.query, attention.key, attention.value
            return {
                "keys": self._linear([key.weight], key.bias),
                "values": self._linear([value.weight], value.bias),
                "query": self._linear([query.weight * attention.scale], query.bias * attention.scale),
            }
        keys = self._linear([attention.key.weight]) if isinstance(attention, GeneralAttention) else Matrix()
        return {"keys": keys, "values": Matrix(), "query": Matrix()}

    def _table(self, embedding: Tensor, gates: Gates) -> int:
        """What each token adds to an LSTM's gates, float16 ``[vocab, 4 * units]`` in panel order."""
        table = torch.addmm(gates.bias.float(), embedding, gates.input.float().T)
        return self._keep(table.half().contiguous())

    def _norm(self, norm: nn.Module) -> Norm:
        assert isinstance(norm, nn.LayerNorm)  # noqa: S101 - as every residual layer's is
        weight, bias = (each.detach().float().contiguous() for each in (norm.weight, norm.bias))
        return Norm(weight=self._keep(weight), bias=self._keep(bias))

    def _linear(self, segments: Sequence[Tensor], bias: Tensor | None = None) -> Matrix:
        packed = PackedLinear.of(segments, bias)
        self._kept += [packed.packed, packed.scale, *([] if packed.bias is None else [packed.bias])]
        return packed.matrix()

    def _keep(self, tensor: Tensor) -> int:
        self._kept.append(tensor)
        return address(tensor)


def check_shape(network: RecurrentSeq2Seq) -> None:
    """Do nothing if the kernels know networks of this shape.

    Raises:
        KernelError: they do not; says what they know.
    """
    config = network.config
    known = {"multi_head", "dot", "general", "scaled_dot"}
    if config.cell != "lstm" or config.attention not in known:
        raise KernelError(
            f"the kernels know LSTMs with attention of kind {', '.join(sorted(known))}; "
            f"this network has {config.cell} cells and attention {config.attention}"
        )
    head = config.hidden_size // (config.attention_heads if config.attention == "multi_head" else 1)
    first = config.hidden_size // 2 if config.bidirectional else config.hidden_size
    if config.embedding_size % LANES or head % LANES or first % LANES:
        raise KernelError(
            f"the kernels need multiples of {LANES}: embedding_size {config.embedding_size}, "
            f"hidden_size of a direction {first}, of an attention head {head}"
        )
    if max(config.encoder_layers, config.decoder_layers) > MAX_LAYERS:
        raise KernelError(f"the kernels know networks of up to {MAX_LAYERS} layers")


def _layer(layer: nn.Module) -> LSTMLayer:
    if not isinstance(layer, LSTMLayer):
        raise KernelError(f"the kernels know LSTM layers, not {type(layer).__name__}")
    return layer


def _gates(layer: nn.Module) -> Gates:
    from_input, from_hidden, *biases = _layer(layer).lstm.all_weights[0]
    return Gates(by_gate(from_input), by_gate(from_hidden), by_gate(biases[0] + biases[1]))
