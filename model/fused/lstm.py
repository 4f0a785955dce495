"""An LSTM layer in bfloat16 with float32 sums, forward and backward.

The forward pass computes the gates of a step in one product over input and hidden state, whose sums never
leave the registers before the nonlinearities. The backward pass goes through the steps with the recurrent
product alone; the gradients of input and weights are products over all positions at once.
"""

from __future__ import annotations

from ctypes import byref
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from model.fused.library import LSTMBackward, LSTMForward, LSTMGradients, load_library

_KEPT = 5  # per unit: the gates and tanh(cell)
_VECTOR, _PANEL = 16, 64


def fits(inputs: int, hidden: int) -> bool:
    """Whether the kernels can compute a layer of this shape."""
    return inputs % 2 == 0 and hidden % _VECTOR == 0


def lstm(
    x: Tensor, start: Tensor, weight_ih: Tensor, weight_hh: Tensor, bias_ih: Tensor, bias_hh: Tensor
) -> Tensor:
    """Outputs at every position, bfloat16 ``[batch, time, hidden]``; differentiable.

    Args:
        x: ``[batch, time, inputs]``; ``fits(inputs, hidden)`` holds.
        start: the hidden state before the first position, ``[batch, hidden]``; the cell starts empty.
        weight_ih: float32 ``[4 hidden, inputs]``, gates in ``torch.nn.LSTM``'s order; likewise the others.
        weight_hh: float32 ``[4 hidden, hidden]``.
        bias_ih: float32 ``[4 hidden]``.
        bias_hh: float32 ``[4 hidden]``.

    Raises:
        KernelError: there are no kernels.
    """
    apply: Any = _FusedLSTM.apply  # torch ships it without a signature
    outputs: Tensor = apply(x, start, weight_ih, weight_hh, bias_ih, bias_hh)
    return outputs


class _FusedLSTM(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        start: Tensor,
        weight_ih: Tensor,
        weight_hh: Tensor,
        bias_ih: Tensor,
        bias_hh: Tensor,
    ) -> Tensor:
        (batch, time, inputs), hidden = x.shape, weight_hh.shape[1]
        low = x.to(torch.bfloat16).contiguous()
        outputs = low.new_empty(batch, time + 1, hidden)
        cells = weight_hh.new_empty(batch, time + 1, hidden)
        outputs[:, 0], cells[:, 0] = start, 0.0
        kept = low.new_empty(batch, time, _KEPT, hidden, dtype=torch.float16)
        packed_ih, packed_hh = _pack_gates(weight_ih), _pack_gates(weight_hh)
        bias = bias_ih + bias_hh
        task = LSTMForward(batch, time, inputs, hidden)
        task.x, task.bias = low.data_ptr(), bias.data_ptr()
        task.input_weights, task.hidden_weights = packed_ih.data_ptr(), packed_hh.data_ptr()
        task.outputs, task.cells, task.kept = outputs.data_ptr(), cells.data_ptr(), kept.data_ptr()
        load_library().dragoman_lstm_forward(byref(task))
        ctx.save_for_backward(low, outputs, cells, kept, weight_ih, weight_hh)
        ctx.dtypes = x.dtype, start.dtype
        return outputs[:, 1:]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_outputs: Tensor) -> tuple[Tensor | None, ...]:
        x, outputs, cells, kept, weight_ih, weight_hh = ctx.saved_tensors
        (batch, time, inputs), hidden = x.shape, outputs.shape[2]
        grad_outputs = grad_outputs.to(torch.bfloat16).contiguous()
        grad_gates = x.new_empty(batch * time, 4 * hidden)
        grad_bias = cells.new_zeros(4 * hidden)
        grad_start = cells.new_empty(batch, hidden)
        packed = _pack_rows(weight_hh)
        task = LSTMBackward(batch, time, hidden)
        task.hidden_weights, task.grad_outputs = packed.data_ptr(), grad_outputs.data_ptr()
        task.cells, task.kept = cells.data_ptr(), kept.data_ptr()
        task.grad_gates, task.grad_bias = grad_gates.data_ptr(), grad_bias.data_ptr()
        task.grad_start = grad_start.data_ptr()
        load_library().dragoman_lstm_backward(byref(task))
        grad_x, grad_ih, grad_hh = map(torch.empty_like, (x, weight_ih, weight_hh))
        products = LSTMGradients(batch, time, inputs, hidden)
        products.x, products.outputs = x.data_ptr(), outputs.data_ptr()
        products.grad_gates, products.input_weights = grad_gates.data_ptr(), weight_ih.data_ptr()
        products.grad_x, products.grad_input_weights = grad_x.data_ptr(), grad_ih.data_ptr()
        products.grad_hidden_weights = grad_hh.data_ptr()
        load_library().dragoman_lstm_gradients(byref(products))
        x_dtype, start_dtype = ctx.dtypes
        return grad_x.to(x_dtype), grad_start.to(start_dtype), grad_ih, grad_hh, grad_bias, grad_bias


def _pack_gates(weight: Tensor) -> Tensor:
    """``weight`` ``[4 hidden, depth]`` for products with rows of ``depth``."""
    rows, depth = weight.shape
    packed = torch.empty(rows * depth, dtype=torch.bfloat16)
    load_library().dragoman_pack_gates(weight.contiguous().data_ptr(), rows // 4, depth, packed.data_ptr())
    return packed


def _pack_rows(weight: Tensor) -> Tensor:
    """``weight`` ``[depth, columns]`` for products with rows of ``depth``."""
    depth, columns = weight.shape
    packed = torch.empty(depth * -(-columns // _PANEL) * _PANEL, dtype=torch.bfloat16)
    load_library().dragoman_pack_rows(
        weight.contiguous().data_ptr(), depth, depth, columns, packed.data_ptr()
    )
    return packed
