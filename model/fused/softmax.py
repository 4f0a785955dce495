"""Label-smoothed cross-entropy through a tied softmax, with its gradient, in bfloat16 with float32 sums.

The kernel writes exponentials straight from the logits' products, so that logits are never rounded and no
pass over them is needed. What normalising would do to ``[positions, vocab]`` numbers is done to the
``[positions, width]`` ones that they are multiplied with.
"""

from __future__ import annotations

from ctypes import byref

import torch
from torch import Tensor

from model.fused.library import Softmax, load_library
from model.fused.output_layer import LossAndGradients, OutputLayer

CHUNK_POSITIONS = 512
"""Exponentials of this many positions are made at once: few enough for a processor's cache."""


def softmax_loss(
    features: Tensor, embedding: Tensor, bias: Tensor, targets: Tensor, smoothing: float
) -> LossAndGradients:
    """See ``model.training.loss.tied_softmax_loss``.

    Args:
        features: ``[positions, width]``; width is even.
        embedding: float32 ``[vocab, width]``.
        bias: float32 ``[vocab]``.
        targets: int64 ``[positions]``.
        smoothing: mass spread evenly over the vocabulary.

    Raises:
        KernelError: there are no kernels.
    """
    vocabulary, targets = embedding.shape[0], targets.contiguous()
    layer = OutputLayer(embedding, bias)
    x = features.to(torch.bfloat16).contiguous()
    grad_x = torch.empty_like(x, dtype=torch.float32)
    grad_embedding, grad_bias = torch.zeros_like(embedding), torch.zeros_like(bias)
    normaliser, gold = torch.empty(2, len(x)).unbind()
    for start in range(0, len(x), CHUNK_POSITIONS):
        rows = slice(start, start + CHUNK_POSITIONS)
        task = _task(layer, x[rows], targets[rows], smoothing)
        task.normaliser, task.target_logits = normaliser[rows].data_ptr(), gold[rows].data_ptr()
        task.grad_x, task.grad_bias = grad_x[rows].data_ptr(), grad_bias.data_ptr()
        task.grad_embedding = grad_embedding.data_ptr()
        load_library().dragoman_softmax(byref(task))
    # What is spread evenly over the vocabulary has the mean as its logit, and a gradient of one row for all.
    total, share = x.sum(0, dtype=torch.float32), smoothing / vocabulary
    column_sums = embedding.sum(0)
    evenly = (total @ column_sums + len(x) * bias.sum()) / vocabulary
    nll = (normaliser - gold).sum()
    return LossAndGradients(
        (1 - smoothing) * nll + smoothing * (normaliser.sum() - evenly),
        nll,
        grad_x.sub_(share * column_sums),
        grad_embedding.sub_(share * total),
        grad_bias.sub_(share * len(x)),
    )


def _task(layer: OutputLayer, x: Tensor, targets: Tensor, smoothing: float) -> Softmax:
    """The softmax of ``x`` bfloat16 ``[positions, width]``, without where to write to."""
    task = Softmax(len(x), layer.width, layer.vocabulary, smoothing)
    task.x, task.targets = x.data_ptr(), targets.data_ptr()
    task.columns, task.rows = layer.columns.data_ptr(), layer.rows.data_ptr()
    task.embedding, task.bias = layer.low.data_ptr(), layer.bias.data_ptr()
    return task
