"""Noise over a run: full at first, a fraction of it later, in every part of a network."""

from __future__ import annotations

import pytest
from torch import nn

from model.build import build_model
from model.config import ModelShape, TrainingConfig
from model.dropout import LockedDropout, WordDropout
from model.recurrent_layers import RecurrentLayer
from model.training.noise import Noise, noise, set_noise

CONFIG = TrainingConfig(
    dropout=0.3, word_dropout=0.2, weight_drop=0.1, segmentation_sampling=0.5, calm_noise_fraction=0.5
)


def test_without_a_calm_phase_the_rates_stay() -> None:
    assert noise(0, CONFIG) == noise(10**9, CONFIG) == Noise(0.3, 0.2, 0.1, 0.5)


def test_the_calm_phase_begins_at_its_update() -> None:
    config = CONFIG.model_copy(update={"calm_after_updates": 100})
    assert noise(99, config) == Noise(0.3, 0.2, 0.1, 0.5)
    assert noise(100, config) == pytest.approx(Noise(0.15, 0.1, 0.05, 0.25))


@pytest.mark.parametrize("architecture", ["recurrent", "transformer"])
def test_every_part_of_a_network_follows(architecture: str) -> None:
    shape = ModelShape.model_validate(
        {"architecture": architecture, "embedding_size": 16, "hidden_size": 16, "attention_heads": 2}
    )
    network = build_model(shape.with_vocabulary(20), dropout=0.3, word_dropout=0.2)
    set_noise(network, Noise(0.01, 0.02, 0.03, 0.04))
    dropouts = [m.probability for m in network.modules() if isinstance(m, LockedDropout)]
    dropouts += [m.p for m in network.modules() if isinstance(m, nn.Dropout)]
    assert set(dropouts) == {0.01}
    assert {m.probability for m in network.modules() if isinstance(m, WordDropout)} == {0.02}
    layers = [m.weight_drop for m in network.modules() if isinstance(m, RecurrentLayer)]
    assert set(layers) == ({0.03} if architecture == "recurrent" else set())
