"""How much noise regularises training at each update."""

from __future__ import annotations

from typing import NamedTuple

from torch import nn

from model.config import TrainingConfig
from model.dropout import set_dropout
from model.recurrent_layers import set_weight_drop


class Noise(NamedTuple):
    """Rates in force, all from 0 to 1."""

    dropout: float
    word_dropout: float
    weight_drop: float
    segmentation_sampling: float


def noise(update: int, config: TrainingConfig) -> Noise:
    """The configured rates, and from ``calm_after_updates`` on only a fraction of them.

    Noise early and less of it late lets a small network use its last updates on the text as it is. A pure
    function of the update: a resumed run goes on with the rates that an unbroken one would have.

    Args:
        update: the update about to be made, from 0.
        config: the rates, ``calm_after_updates`` and ``calm_noise_fraction``.
    """
    calm = config.calm_after_updates is not None and update >= config.calm_after_updates
    share = config.calm_noise_fraction if calm else 1.0
    rates = (config.dropout, config.word_dropout, config.weight_drop, config.segmentation_sampling)
    return Noise(*(rate * share for rate in rates))


def set_noise(network: nn.Module, rates: Noise) -> None:
    """Let ``network`` train with ``rates`` from now on."""
    set_dropout(network, rates.dropout, rates.word_dropout)
    set_weight_drop(network, rates.weight_drop)
