"""The packed network against a slow reference of the same arithmetic, and against itself."""

from __future__ import annotations

import random

import pytest
import torch

from model.inference import network as network_module
from model.inference import precision_of
from model.inference.network import PackedSeq2Seq, groups
from model.interface import SearchingSeq2Seq
from model.padding import pad_ids
from model.recurrent import RecurrentSeq2Seq
from model.tokenizer import BOS
from tests.model.inference.conftest import VOCABULARY
from tests.model.inference.reference import Reference


def some_ids(dice: random.Random, length: int) -> list[int]:
    return [dice.randrange(4, VOCABULARY) for _ in range(length)]


@pytest.fixture
def sources() -> list[list[int]]:
    dice = random.Random(1)
    return [some_ids(dice, length) for length in (7, 1, 12, 3, 17, 7)]


@pytest.fixture
def targets() -> list[list[int]]:
    dice = random.Random(2)
    return [[BOS, *some_ids(dice, length)] for length in (5, 9, 1, 8, 3, 6)]


def test_it_computes_what_the_reference_does(
    trained: RecurrentSeq2Seq, packed: PackedSeq2Seq, sources: list[list[int]], targets: list[list[int]]
) -> None:
    forced = packed.force(*pad_ids(sources), pad_ids(targets)[0])
    reference, differences = Reference(trained), []
    for row, (source, target) in enumerate(zip(sources, targets, strict=True)):
        wanted = reference.force(source, target)
        differences.append((forced.log_probs[row, : len(target)] - wanted.log_probs).abs().flatten())
        attention = forced.attention[row, : len(target)]
        assert attention[:, : len(source)].sub(wanted.attention).abs().max() < 0.02
        assert not attention[:, len(source) :].any()
    # A number next to the middle of two levels may be rounded the other way in float32: that moves the
    # log-probabilities of a sentence from there on by some thousandths, a tenth of what int8 does.
    off = torch.cat(differences)
    assert off.median() < 2e-3
    assert off.max() < 0.1


def test_it_is_close_to_the_trained_network(
    trained: RecurrentSeq2Seq, packed: PackedSeq2Seq, sources: list[list[int]], targets: list[list[int]]
) -> None:
    inputs = (*pad_ids(sources), pad_ids(targets)[0])
    ours, theirs = packed.force(*inputs), trained.force(*inputs)
    real = pad_ids(targets)[1]
    assert (ours.log_probs - theirs.log_probs)[real].abs().mean() < 0.1
    assert torch.allclose(ours.log_probs.logsumexp(-1)[real], torch.zeros(int(real.sum())), atol=1e-5)


def test_it_says_what_it_is(packed: PackedSeq2Seq) -> None:
    assert isinstance(packed, SearchingSeq2Seq)
    assert precision_of(packed) == "int8"


def test_no_row_knows_of_another(packed: PackedSeq2Seq, sources: list[list[int]]) -> None:
    """Bit for bit, over a selection, a concatenation and reordered hypotheses."""
    together = packed.encode(*pad_ids(sources))
    alone = [packed.encode(*pad_ids([source])) for source in sources]
    assert torch.equal(together.mask, type(together).concat(alone).mask)
    picked = torch.tensor([4, 1, 2])
    memory = together.select(picked)
    state = packed.init_state(together, 4).select(picked)
    states = [packed.init_state(alone[row], 4) for row in picked]
    dice = torch.Generator().manual_seed(5)
    for _ in range(4):
        tokens = torch.randint(4, VOCABULARY, (3, 4), generator=dice)
        parents = torch.randint(0, 4, (3, 4), generator=dice)
        step = packed.step(tokens, state, memory)
        state = step.state.reorder(parents)
        for place, row in enumerate(picked.tolist()):
            own = packed.step(tokens[place : place + 1], states[place], alone[row])
            states[place] = own.state.reorder(parents[place : place + 1])
            assert torch.equal(own.log_probs[0], step.log_probs[place])
            assert torch.equal(own.attention[0], step.attention[place][:, : len(sources[row])])


def test_states_of_rows_that_join_are_their_own(packed: PackedSeq2Seq, sources: list[list[int]]) -> None:
    first, second = (packed.encode(*pad_ids(part)) for part in (sources[:2], sources[2:]))
    one = packed.init_state(first, 2)
    one = packed.step(torch.full((2, 2), 9), one, first).state.reorder(torch.tensor([[1, 1], [0, 0]]))
    other = packed.init_state(second, 2)
    joined = type(one).concat([one, other])
    tokens = torch.full((len(sources), 2), 8)
    step = packed.step(tokens, joined, type(first).concat([first, second]))
    assert torch.equal(step.log_probs[:2], packed.step(tokens[:2], one, first).log_probs)
    assert torch.equal(step.log_probs[2:], packed.step(tokens[2:], other, second).log_probs)


def test_encoding_in_several_calls_changes_no_bit(
    packed: PackedSeq2Seq, sources: list[list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    source, mask = pad_ids(sources)
    whole = packed.encode(source, mask)
    monkeypatch.setattr(network_module, "ENCODED_POSITIONS", 13)
    parts = packed.encode(source, mask)
    for one, other in zip(whole.sentences, parts.sentences, strict=True):
        assert one.target == other.target
        assert torch.equal(one.keys_values, other.keys_values)
        assert torch.equal(one.start, other.start)


def test_rows_are_grouped_up_to_the_bound() -> None:
    dice = random.Random(3)
    for _ in range(100):
        lengths = [dice.randint(1, 12) for _ in range(dice.randint(1, 20))]
        found = list(groups(lengths, 10))
        assert [row for rows in found for row in range(*rows.indices(len(lengths)))] == list(
            range(len(lengths))
        )
        for rows in found:
            assert sum(lengths[rows]) <= 10 or len(lengths[rows]) == 1
        for rows in found[:-1]:  # the next row would have been too much
            assert sum(lengths[rows.start : rows.stop + 1]) > 10
