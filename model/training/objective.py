"""What an update minimises: the loss of a batch, as the configuration composes it."""

from __future__ import annotations

import torch
from torch import Tensor

from model.config import TrainingConfig
from model.network import AnyNetwork
from model.tokenizer import UNK
from model.training.batching import Batch
from model.training.consistency import Weights, consistency_loss, r_drop_weights, simcut_weights
from model.training.loss import Loss, tied_softmax_loss
from model.training.schedule import sampling_share
from model.training.scheduled_sampling import sampled_inputs


def batch_loss(model: AnyNetwork, batch: Batch, config: TrainingConfig, update: int) -> Loss:
    """Sums over the real target positions of ``batch``, by teacher forcing, for update number ``update``."""
    dtype = torch.bfloat16 if config.precision == "bfloat16" else torch.float32
    target_in = sampled_inputs(
        model,
        batch,
        share=sampling_share(update, config),
        temperature=config.scheduled_sampling_temperature,
        dtype=dtype,
    )
    gold = batch.target_out[batch.target_mask]
    softmax = model.embedding.weight, model.output_bias, gold
    if config.consistency == "none":
        features = _features(model, batch.source, batch.source_mask, target_in, dtype)
        return tied_softmax_loss(features[batch.target_mask], *softmax, config.label_smoothing, dtype)
    source, target_in = (_twice(ids, config) for ids in (batch.source, target_in))
    features = _features(model, source, batch.source_mask.repeat(2, 1), target_in, dtype)
    both = features[batch.target_mask.repeat(2, 1)].unflatten(0, (2, -1))
    weights = _weights(config)
    return consistency_loss(both, *softmax, smoothing=config.label_smoothing, weights=weights, dtype=dtype)


def _features(
    model: AnyNetwork, source: Tensor, mask: Tensor, target_in: Tensor, dtype: torch.dtype
) -> Tensor:
    with torch.autocast(model.device.type, dtype=torch.bfloat16, enabled=dtype == torch.bfloat16):
        return model.features(source, mask, target_in)[0]


def _twice(ids: Tensor, config: TrainingConfig) -> Tensor:
    """Both readings of ``ids`` ``[batch, n]``, one below the other: one pass serves them.

    Each row draws its own dropout. What SimCut cuts becomes UNK, which no text has (it is spelt in bytes):
    a blank that the network learns, where Gao et al. put a zero vector. The first token, a tag or BOS, stays.
    """
    if config.consistency == "r_drop":
        return ids.repeat(2, 1)
    cut = torch.rand(ids.shape, device=ids.device) < config.simcut_share
    cut[:, 0] = False
    return torch.cat([ids, ids.masked_fill(cut, UNK)])


def _weights(config: TrainingConfig) -> Weights:
    weights = r_drop_weights if config.consistency == "r_drop" else simcut_weights
    return weights(config.consistency_weight)
