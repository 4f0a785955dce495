"""The recurrent network: its cells are their formulas, and its encoder reads what it should."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from model.build import build_model
from model.config import CellKind, ModelConfig
from model.padding import pad_ids
from model.recurrent import RecurrentSeq2Seq
from model.recurrent_layers import CELLS
from tests.model.architectures import random_network

INPUTS, OUTPUTS = 3, 4
SENTENCE = [5, 6, 7, 8, 2]

Vector = list[float]


def recurrent(**shape: object) -> RecurrentSeq2Seq:
    sizes = {"vocabulary_size": 20, "embedding_size": 6, "hidden_size": 8}
    network = random_network(ModelConfig.model_validate(sizes | shape))
    assert isinstance(network, RecurrentSeq2Seq)
    return network


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def gates(weights: list[Tensor], x: Vector, hidden: Vector) -> tuple[list[Vector], list[Vector]]:
    """``W x + b`` and ``U h + c``, gate by gate."""
    from_input, from_hidden = (
        (matrix @ torch.tensor(vector) + bias).tolist()
        for matrix, vector, bias in ((weights[0], x, weights[2]), (weights[1], hidden, weights[3]))
    )
    parts = range(0, len(from_input), OUTPUTS)
    return [from_input[at : at + OUTPUTS] for at in parts], [from_hidden[at : at + OUTPUTS] for at in parts]


def lstm(weights: list[Tensor], x: Vector, state: list[Vector]) -> list[Vector]:
    """Hochreiter & Schmidhuber 1997 with the forget gate of Gers et al. 2000."""
    ours, theirs = gates(weights, x, state[0])
    new_hidden, new_cell = [], []
    for unit in range(OUTPUTS):
        write, keep, candidate, read = (a[unit] + b[unit] for a, b in zip(ours, theirs, strict=True))
        cell = sigmoid(keep) * state[1][unit] + sigmoid(write) * math.tanh(candidate)
        new_cell.append(cell)
        new_hidden.append(sigmoid(read) * math.tanh(cell))
    return [new_hidden, new_cell]


def gru(weights: list[Tensor], x: Vector, state: list[Vector]) -> list[Vector]:
    """Cho et al. 2014, with the reset gate applied to ``U h + c``."""
    ours, theirs = gates(weights, x, state[0])
    new = []
    for unit in range(OUTPUTS):
        reset, keep = (sigmoid(ours[gate][unit] + theirs[gate][unit]) for gate in (0, 1))
        candidate = math.tanh(ours[2][unit] + reset * theirs[2][unit])
        new.append((1 - keep) * candidate + keep * state[0][unit])
    return [new]


def rnn(weights: list[Tensor], x: Vector, state: list[Vector]) -> list[Vector]:
    """Elman 1990."""
    ours, theirs = gates(weights, x, state[0])
    return [[math.tanh(a + b) for a, b in zip(ours[0], theirs[0], strict=True)]]


FORMULAS = {"lstm": lstm, "gru": gru, "rnn": rnn}


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
def test_a_layer_is_its_formula_over_a_sequence_and_step_by_step(cell: CellKind) -> None:
    torch.manual_seed(4)
    layer = CELLS[cell](INPUTS, OUTPUTS).requires_grad_(False)
    x, start = torch.randn(1, 5, INPUTS), torch.randn(1, OUTPUTS)
    outputs = layer(x, start)
    slow = [start[0].tolist()] + [[0.0] * OUTPUTS] * (layer.slots - 1)
    state = tuple(torch.tensor(vector)[None, None] for vector in slow)
    weights: list[Tensor] = list(layer.parameters())
    for position in range(5):
        slow = FORMULAS[cell](weights, x[0, position].tolist(), slow)
        state = layer.step(x[:, None, position], state)
        torch.testing.assert_close(outputs[0, position], torch.tensor(slow[0]))
        torch.testing.assert_close(torch.stack(state)[:, 0, 0], torch.tensor(slow))


@pytest.mark.parametrize(("bidirectional", "changed"), [(False, [False, False, True]), (True, [True] * 3)])
def test_only_a_bidirectional_encoder_sees_what_follows(bidirectional: bool, changed: list[bool]) -> None:
    network = recurrent(bidirectional=bidirectional, attention="dot")
    one, two = (network.encode(*pad_ids([source])).projected.keys[0, 0] for source in ([5, 6, 7], [5, 6, 8]))
    assert ((one - two).abs().sum(-1) > 1e-4).tolist() == changed


@pytest.mark.parametrize("bidirectional", [True, False])
def test_without_attention_the_final_state_is_all_there_is(bidirectional: bool) -> None:
    network = recurrent(bidirectional=bidirectional, attention="none", encoder_layers=1)
    padded = network.encode(*pad_ids([SENTENCE, [5] * 9]))
    embedded = network.embedding(torch.tensor([SENTENCE]))
    ends = [network.forward_layer(embedded)[0, -1]]
    if network.backward_layer is not None:
        ends.append(network.backward_layer(embedded.flip(1))[0, -1])
    expected = network.memory_norm(torch.cat(ends))
    torch.testing.assert_close(padded.summary[0], expected)
    torch.testing.assert_close(padded.projected.values[0, 0], expected[None])
    assert padded.projected.keys.numel() == 0


def test_without_attention_every_layer_ends_at_the_end_of_its_own_sentence() -> None:
    network = recurrent(attention="none", encoder_layers=3)
    sources = [SENTENCE, [9, 2], [5] * 9]
    together = network.encode(*pad_ids(sources)).summary
    for row, source in enumerate(sources):
        torch.testing.assert_close(network.encode(*pad_ids([source])).summary[0], together[row])


def test_a_decoder_starts_from_the_summary_and_an_empty_cell() -> None:
    network = recurrent(decoder_layers=3)
    memory = network.encode(*pad_ids([SENTENCE, [5, 2]]))
    slots = network.init_state(memory, 2).slots
    assert slots.shape == (2, 2, 6, 8)
    assert slots[:, :, 1::2].eq(0).all()
    hidden = torch.tanh(network.bridge(memory.summary)).view(2, 3, 8)
    for hypothesis in range(2):
        torch.testing.assert_close(slots[:, hypothesis, ::2], hidden)


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
def test_fresh_recurrent_weights_neither_grow_nor_shrink_what_they_hold(cell: str) -> None:
    config = {"vocabulary_size": 20, "embedding_size": 6, "hidden_size": 8, "cell": cell}
    for name, parameter in build_model(ModelConfig.model_validate(config)).named_parameters():
        if "weight_hh" in name:
            for gate in parameter.split(parameter.shape[1]):
                torch.testing.assert_close(gate @ gate.T, torch.eye(len(gate)), atol=1e-5, rtol=0)
        if "bias_ih" in name and cell != "rnn":
            kept = parameter.unflatten(0, ({"lstm": 4, "gru": 3}[cell], -1))
            assert kept[1].eq(1).all()
            assert kept.sum() == kept[1].sum()


def test_the_weights_of_the_default_network_keep_their_names() -> None:
    """Checkpoints and training states refer to them, the latter by their order as well."""
    cell = ["weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"]
    names = ["output_bias", "embedding.weight"]
    names += [f"{side}_layer.lstm.{part}" for side in ("forward", "backward") for part in cell]
    names += ["encoder_layers.0.norm.weight", "encoder_layers.0.norm.bias"]
    names += [f"encoder_layers.0.lstm.{part}" for part in cell]
    names += ["memory_norm.weight", "memory_norm.bias"]
    names += [f"attention.{map_}.{part}" for map_ in ("query", "key", "value") for part in ("weight", "bias")]
    names += ["bridge.weight", "bridge.bias"]
    names += [f"query_layer.lstm.{part}" for part in cell]
    names += ["decoder_layers.0.norm.weight", "decoder_layers.0.norm.bias"]
    names += [f"decoder_layers.0.lstm.{part}" for part in cell]
    names += ["readout_norm.weight", "readout_norm.bias", "readout.weight", "readout.bias"]
    assert [name for name, _ in recurrent().named_parameters()] == names
    assert list(recurrent().state_dict()) == names
