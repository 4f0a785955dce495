"""Scheduled sampling in two passes: the network reads some of its own predictions instead of the reference.

Bengio et al. 2015 feed a prediction back at the step after it, which a layer that is one call over the whole
target cannot do. Mihaylova & Martins 2019 predict all positions first, by teacher forcing, and then read a
mixture of reference and predictions. Ours: the first pass is without dropout and without gradient, and a
prediction is never EOS, since nothing follows EOS.
"""

from __future__ import annotations

import torch
from torch import Tensor

from model.network import AnyNetwork
from model.tokenizer import UNK
from model.training.batching import Batch
from model.training.loss import chunks


def sampled_inputs(
    model: AnyNetwork, batch: Batch, *, share: float, temperature: float, dtype: torch.dtype
) -> Tensor:
    """``batch.target_in`` with ``share`` of its tokens after BOS replaced by predictions for their places.

    Args:
        model: the network; its mode is left as it was.
        batch: the reference.
        share: how probable a replacement is; 0 draws no random number.
        temperature: 0 takes the most probable token; otherwise tokens are drawn, from the softmax of
            logits divided by it.
        dtype: what to compute in.
    """
    if not share:
        return batch.target_in
    predicted = torch.zeros_like(batch.target_in)
    predicted[batch.target_mask] = _predict(model, batch, temperature, dtype)
    replaced = torch.rand(batch.target_in.shape, device=batch.target_in.device) < share
    replaced &= batch.target_mask
    replaced[:, 0] = False  # BOS
    return torch.where(replaced, predicted.roll(1, dims=1), batch.target_in)


@torch.no_grad()
def _predict(model: AnyNetwork, batch: Batch, temperature: float, dtype: torch.dtype) -> Tensor:
    """The network's token for each real target position, int64 ``[positions]``."""
    was_training = model.training
    model.eval()
    with torch.autocast(model.device.type, dtype=torch.bfloat16, enabled=dtype == torch.bfloat16):
        features = model.features(batch.source, batch.source_mask, batch.target_in)[0]
    model.train(was_training)
    x = features[batch.target_mask].to(dtype)
    weight, offset = model.embedding.weight.to(dtype), model.output_bias.to(dtype)
    tokens = []
    for part in chunks(x):
        logits = torch.addmm(offset, x[part], weight.t()).float()
        logits[:, : UNK + 1] = -torch.inf  # PAD, BOS, EOS and UNK
        if temperature:  # the Gumbel-max trick: the largest of noisy logits is a draw from their softmax
            logits -= temperature * torch.empty_like(logits).exponential_().log_()
        tokens.append(logits.argmax(-1))
    return torch.cat(tokens)
