"""Every architecture keeps the promises of ``model.interface``, in training, decoding and storage."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from model.checkpoint import load_checkpoint, save_checkpoint
from model.decoding import Job, RunningBatch, Translation
from model.interface import Seq2Seq
from model.network import AnyNetwork
from model.padding import pad_ids
from model.tokenizer import BOS, EOS, Tokenizer
from tests.model.architectures import SHAPES, VOCABULARY, config_of, random_network
from tests.model.decoding.samples import mixed_jobs

SOURCES = [[5, 6, 7, 2], [8, 2], [9, 10, 11, 12, 13, 14, 2], [3, 4, 2]]


@pytest.fixture(params=SHAPES)
def network(request: pytest.FixtureRequest) -> AnyNetwork:
    return random_network(config_of(request.param))


def targets(rows: int, length: int = 7) -> Tensor:
    ids = torch.randint(3, VOCABULARY, (rows, length), generator=torch.Generator().manual_seed(1))
    ids[:, 0] = BOS
    return ids


def walk(network: Seq2Seq[Any, Any], tokens: Tensor, state: Any, memory: Any) -> tuple[Tensor, Tensor, Any]:
    """Step through ``tokens`` ``[batch, tgt_len]`` with one hypothesis a row."""
    log_probs, attention = [], []
    for token in tokens.unbind(1):
        step = network.step(token[:, None], state, memory)
        state = step.state
        log_probs.append(step.log_probs[:, 0])
        attention.append(step.attention[:, 0])
    return torch.stack(log_probs, 1), torch.stack(attention, 1), state


def test_steps_equal_teacher_forcing(network: AnyNetwork) -> None:
    source, mask = pad_ids(SOURCES)
    target_in = targets(len(SOURCES))
    forced = network.force(source, mask, target_in)
    memory = network.encode(source, mask)
    log_probs, attention, _ = walk(network, target_in, network.init_state(memory, 1), memory)
    torch.testing.assert_close(log_probs, forced.log_probs, atol=2e-5, rtol=0)
    torch.testing.assert_close(attention, forced.attention, atol=1e-6, rtol=0)


def test_log_probs_and_attention_are_distributions(network: AnyNetwork) -> None:
    source, mask = pad_ids(SOURCES)
    forced = network.force(source, mask, targets(len(SOURCES)))
    torch.testing.assert_close(forced.log_probs.exp().sum(-1), torch.ones(len(SOURCES), 7))
    torch.testing.assert_close(forced.attention.sum(-1), torch.ones(len(SOURCES), 7))
    assert forced.attention.masked_select(~mask[:, None, :]).eq(0).all()
    assert forced.log_probs.dtype == forced.attention.dtype == torch.float32


def test_a_row_depends_neither_on_its_batch_nor_on_padding(network: AnyNetwork) -> None:
    target_in = targets(len(SOURCES))
    together = network.force(*pad_ids(SOURCES), target_in)
    for row, source in enumerate(SOURCES):
        alone = network.force(*pad_ids([source]), target_in[row : row + 1])
        torch.testing.assert_close(alone.log_probs[0], together.log_probs[row], atol=2e-5, rtol=0)
        seen = together.attention[row, :, : len(source)]
        torch.testing.assert_close(alone.attention[0], seen, atol=1e-6, rtol=0)


def test_what_stands_at_padding_is_not_read(network: AnyNetwork) -> None:
    source, mask = pad_ids(SOURCES)
    target_in = targets(len(SOURCES))
    clean = network.force(source, mask, target_in).log_probs
    dirty = network.force(source.masked_fill(~mask, VOCABULARY - 1), mask, target_in).log_probs
    torch.testing.assert_close(dirty, clean, atol=0, rtol=0)


def test_the_future_is_not_read(network: AnyNetwork) -> None:
    target_in = targets(len(SOURCES))
    other = target_in.clone()
    other[:, 4:] = (other[:, 4:] + 5) % VOCABULARY
    one, two = (network.force(*pad_ids(SOURCES), each).log_probs for each in (target_in, other))
    torch.testing.assert_close(one[:, :4], two[:, :4], atol=1e-6, rtol=0)
    assert not torch.allclose(one[:, 4:], two[:, 4:], atol=1e-3)


def test_the_source_and_its_order_matter(network: AnyNetwork) -> None:
    target_in = targets(1)
    one, two = (
        network.force(*pad_ids([source]), target_in).log_probs for source in ([5, 6, 7, 2], [7, 5, 6, 2])
    )
    assert not torch.allclose(one, two, atol=1e-3)


def test_rows_leave_join_and_reorder(network: AnyNetwork) -> None:
    """Batches at different steps are merged, a row leaves, hypotheses are swapped: each row walks on."""
    target_in = targets(4, length=9)
    expected = network.force(*pad_ids(SOURCES), target_in).log_probs
    walked = {0: 3, 1: 3, 2: 5, 3: 5}
    memories, states = [], []
    for rows in ([0, 1], [2, 3]):
        memory = network.encode(*pad_ids([SOURCES[row] for row in rows]))
        _, _, state = walk(network, target_in[rows, : walked[rows[0]]], network.init_state(memory, 1), memory)
        memories.append(memory)
        states.append(state)
    memory, state = type(memories[0]).concat(memories), type(states[0]).concat(states)
    kept = torch.tensor([3, 0, 2])
    memory, state = memory.select(kept), state.select(kept)
    state = state.reorder(torch.zeros(3, 2, dtype=torch.int64))  # one hypothesis becomes two
    state = state.reorder(torch.tensor([[1], [0], [1]]))  # and two become one
    rest = torch.stack([target_in[row, walked[row] : walked[row] + 4] for row in kept.tolist()])
    log_probs, _, _ = walk(network, rest, state, memory)
    for place, row in enumerate(kept.tolist()):
        wanted = expected[row, walked[row] : walked[row] + 4]
        torch.testing.assert_close(log_probs[place], wanted, atol=2e-5, rtol=0)


def test_hypotheses_stay_apart_through_reordering(network: AnyNetwork) -> None:
    source, mask = pad_ids(SOURCES)
    memory = network.encode(source, mask)
    first = torch.tensor([[5, 6, 7]]).expand(len(SOURCES), -1)
    parents = torch.tensor([[2, 0, 1], [0, 0, 0], [1, 1, 2], [2, 1, 0]])
    state = network.step(first, network.init_state(memory, 3), memory).state.reorder(parents)
    second = torch.tensor([[8, 9, 10]]).expand(len(SOURCES), -1)
    found = network.step(second, state, memory)
    for hypothesis in range(3):
        history = torch.stack([first.gather(1, parents)[:, hypothesis], second[:, hypothesis]], 1)
        forced = network.force(source, mask, history)
        torch.testing.assert_close(found.log_probs[:, hypothesis], forced.log_probs[:, 1], atol=2e-5, rtol=0)
        torch.testing.assert_close(found.attention[:, hypothesis], forced.attention[:, 1], atol=1e-6, rtol=0)


def test_a_step_changes_nothing_that_it_is_given(network: AnyNetwork) -> None:
    """A failed step is repeated with the same state, on fewer rows."""
    memory = network.encode(*pad_ids(SOURCES))
    tokens = torch.full((len(SOURCES), 2), 7)
    state = network.step(tokens, network.init_state(memory, 2), memory).state
    once = network.step(tokens, state, memory)
    network.step(tokens + 1, state, memory)
    assert torch.equal(network.step(tokens, state, memory).log_probs, once.log_probs)


def test_padding_that_nobody_needs_any_more_is_shed(network: AnyNetwork) -> None:
    memory = network.encode(*pad_ids(SOURCES))
    short = memory.select(torch.tensor([1, 3]))
    assert short.mask.tolist() == [[True, True, False], [True, True, True]]


def test_translations_do_not_depend_on_who_else_is_there(network: AnyNetwork) -> None:
    """Sentences join at random, and one in ten leaves and comes back; each is translated as if alone."""
    jobs = mixed_jobs(16, VOCABULARY, seed=1, longest=9)
    together = _decode_in_traffic(network, jobs, random.Random(1))
    assert together.keys() == {job.id for job in jobs}
    for job in jobs:
        batch: RunningBatch[Any, Any] = RunningBatch(network)
        batch.join([job])
        while not (done := batch.step()):
            pass
        assert _tokens(together[job.id]) == _tokens(done[0].translation)


def test_scores_are_those_of_teacher_forcing(network: AnyNetwork) -> None:
    jobs = mixed_jobs(10, VOCABULARY, seed=3)
    for job_id, translation in _decode_in_traffic(network, jobs, random.Random(3)).items():
        tokens = list(translation.best.tokens)
        forced = network.force(*pad_ids([jobs[job_id].source]), torch.tensor([[BOS, *tokens]]))
        log_prob = forced.log_probs[0].gather(1, torch.tensor([*tokens, EOS])[:, None]).sum().item()
        assert translation.best.log_prob == pytest.approx(log_prob, abs=5e-4)
        assert translation.best.coverage == pytest.approx(forced.attention[0].sum(0).tolist(), abs=1e-4)


def _tokens(translation: Translation) -> list[tuple[int, ...]]:
    return [hypothesis.tokens for hypothesis in translation.hypotheses]


def _decode_in_traffic(network: AnyNetwork, jobs: list[Job], dice: random.Random) -> dict[int, Translation]:
    batch: RunningBatch[Any, Any] = RunningBatch(network)
    waiting, by_id = list(jobs), {job.id: job for job in jobs}
    done: dict[int, Translation] = {}
    unlucky = {job.id for job in jobs if dice.random() < 0.1}
    while waiting or batch.rows:
        if dice.random() < 0.7:
            batch.join([waiting.pop() for _ in range(min(len(waiting), dice.randint(1, 5)))])
        leaving = [each for each in batch.ids if each in unlucky and dice.random() < 0.3]
        batch.remove(leaving)
        unlucky.difference_update(leaving)
        waiting.extend(by_id[each] for each in leaving)
        done.update({finished.id: finished.translation for finished in batch.step()})
    return done


@pytest.mark.parametrize("name", SHAPES)
def test_every_weight_learns_in_bfloat16(name: str) -> None:
    network = random_network(config_of(name), dropout=0.2).train().requires_grad_(True)
    source, mask = pad_ids(SOURCES)
    target_in = targets(len(SOURCES))
    with torch.autocast("cpu", torch.bfloat16):
        features = network.features(source, mask, target_in)
        loss = -network.log_probs(features.values)[:, :, 5].mean()
    loss.backward()
    assert torch.isfinite(loss)
    for key, parameter in network.named_parameters():
        assert parameter.grad is not None, key
        assert bool(parameter.grad.isfinite().all()), key


@pytest.mark.parametrize("name", SHAPES)
def test_bfloat16_weights_decode_nearly_as_float32_do(name: str) -> None:
    network = random_network(config_of(name))
    arguments = (*pad_ids(SOURCES), targets(len(SOURCES)))
    exact = network.force(*arguments).log_probs.exp()
    rounded = network.to(torch.bfloat16).force(*arguments).log_probs
    assert rounded.dtype == torch.float32
    assert (rounded.exp() - exact).abs().mean() < 0.01


@pytest.mark.parametrize("name", SHAPES)
def test_training_mode_drops_and_evaluation_does_not(name: str) -> None:
    network = random_network(config_of(name), dropout=0.5)
    arguments = (*pad_ids(SOURCES), targets(len(SOURCES)))
    assert torch.equal(*(network.force(*arguments).log_probs for _ in range(2)))
    network.train()
    assert not torch.equal(*(network.force(*arguments).log_probs for _ in range(2)))


@pytest.mark.parametrize("name", SHAPES)
def test_a_checkpoint_brings_it_back(name: str, tmp_path: Path, tiny_tokenizer: Tokenizer) -> None:
    config = config_of(name, vocabulary_size=tiny_tokenizer.vocabulary_size)
    network = random_network(config)
    save_checkpoint(
        tmp_path / "c",
        model=network,
        config=config,
        tokenizer=tiny_tokenizer,
        directions=[("de", "en")],
        name=name,
        dtype=torch.float32,
    )
    loaded = load_checkpoint(tmp_path / "c")
    assert loaded.config.model == config
    arguments = (*pad_ids(SOURCES), targets(len(SOURCES)))
    assert torch.equal(loaded.model.force(*arguments).log_probs, network.force(*arguments).log_probs)


@pytest.mark.gpu
def test_a_gpu_agrees_with_the_cpu(network: AnyNetwork) -> None:
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device here")
    arguments = (*pad_ids(SOURCES), targets(len(SOURCES)))
    here = network.force(*arguments).log_probs
    there = network.to("cuda").force(*(part.to("cuda") for part in arguments)).log_probs
    torch.testing.assert_close(there.cpu(), here, atol=1e-3, rtol=0)
