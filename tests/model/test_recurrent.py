"""The network: decoding step by step is the network that was trained over whole sequences."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from model.build import build_model
from model.config import ModelConfig
from model.padding import pad_ids
from model.recurrent import RecurrentMemory, RecurrentSeq2Seq, RecurrentState

VOCABULARY = 37
SOURCES = [[5, 6, 7, 2], [8, 2], [9, 10, 11, 12, 13, 14, 2], [3, 4, 2]]
SHAPES = [
    {"attention": "additive"},
    {"attention": "multi_head", "attention_heads": 4},
    {"attention": "multi_head", "attention_heads": 1, "encoder_layers": 1, "decoder_layers": 1},
    {"attention": "additive", "encoder_layers": 3, "decoder_layers": 3},
]


@pytest.fixture(params=SHAPES, ids=lambda shape: "-".join(str(value) for value in shape.values()))
def model(request: pytest.FixtureRequest) -> RecurrentSeq2Seq:
    torch.manual_seed(0)
    config = ModelConfig(vocabulary_size=VOCABULARY, embedding_size=12, hidden_size=16, **request.param)
    network = build_model(config, dropout=0.5, word_dropout=0.5).eval().requires_grad_(False)
    for parameter in network.parameters():  # fresh biases are zero: a test would miss their misuse
        parameter.add_(torch.randn_like(parameter), alpha=0.2)
    return network


def targets(rows: int, length: int = 6) -> Tensor:
    random = torch.Generator().manual_seed(1)
    ids = torch.randint(3, VOCABULARY, (rows, length), generator=random)
    ids[:, 0] = 1
    return ids


def walk(
    model: RecurrentSeq2Seq, tokens: Tensor, state: RecurrentState, memory: RecurrentMemory
) -> tuple[Tensor, Tensor, RecurrentState]:
    """Step through ``tokens`` ``[batch, tgt_len]`` with one hypothesis a row."""
    log_probs, attention = [], []
    for token in tokens.unbind(1):
        step = model.step(token[:, None], state, memory)
        state = step.state
        log_probs.append(step.log_probs[:, 0])
        attention.append(step.attention[:, 0])
    return torch.stack(log_probs, 1), torch.stack(attention, 1), state


def test_steps_equal_teacher_forcing(model: RecurrentSeq2Seq) -> None:
    source, mask = pad_ids(SOURCES)
    target_in = targets(len(SOURCES))
    forced = model.force(source, mask, target_in)
    memory = model.encode(source, mask)
    log_probs, attention, _ = walk(model, target_in, model.init_state(memory, 1), memory)
    torch.testing.assert_close(log_probs, forced.log_probs, atol=1e-5, rtol=0)
    torch.testing.assert_close(attention, forced.attention, atol=1e-6, rtol=0)


def test_log_probs_and_attention_are_distributions(model: RecurrentSeq2Seq) -> None:
    source, mask = pad_ids(SOURCES)
    forced = model.force(source, mask, targets(len(SOURCES)))
    torch.testing.assert_close(forced.log_probs.exp().sum(-1), torch.ones(len(SOURCES), 6))
    torch.testing.assert_close(forced.attention.sum(-1), torch.ones(len(SOURCES), 6))
    assert forced.attention.masked_select(~mask[:, None, :]).eq(0).all()


def test_a_row_does_not_depend_on_its_batch(model: RecurrentSeq2Seq) -> None:
    target_in = targets(len(SOURCES))
    together = model.force(*pad_ids(SOURCES), target_in)
    for row, source in enumerate(SOURCES):
        alone = model.force(*pad_ids([source]), target_in[row : row + 1])
        torch.testing.assert_close(alone.log_probs[0], together.log_probs[row], atol=1e-5, rtol=0)
        length = len(source)
        torch.testing.assert_close(alone.attention[0], together.attention[row, :, :length], atol=1e-6, rtol=0)


def test_rows_leave_join_and_reorder(model: RecurrentSeq2Seq) -> None:
    """Two batches are merged, a row leaves, hypotheses are swapped: each row walks on as if alone."""
    target_in = targets(4)
    expected = model.force(*pad_ids(SOURCES), target_in).log_probs
    parts = []
    for rows in ([0, 1], [2, 3]):
        memory = model.encode(*pad_ids([SOURCES[row] for row in rows]))
        _, _, state = walk(model, target_in[rows, :3], model.init_state(memory, 1), memory)
        parts.append((memory, state))
    memory = RecurrentMemory.concat([memory for memory, _ in parts])
    state = RecurrentState.concat([state for _, state in parts])
    kept = torch.tensor([3, 0, 2])
    memory, state = memory.select(kept), state.select(kept)
    state = state.reorder(torch.zeros(3, 2, dtype=torch.int64))  # one hypothesis becomes two
    state = state.reorder(torch.tensor([[1], [0], [1]]))  # and two become one
    log_probs, _, _ = walk(model, target_in[kept, 3:], state, memory)
    torch.testing.assert_close(log_probs, expected[kept, 3:], atol=1e-5, rtol=0)


def test_reorder_keeps_each_hypothesis_with_its_row(model: RecurrentSeq2Seq) -> None:
    """Hypotheses that read different tokens stay apart through ``reorder``."""
    memory = model.encode(*pad_ids(SOURCES))
    tokens = torch.tensor([[5, 6, 7]]).expand(len(SOURCES), -1)
    state = model.step(tokens, model.init_state(memory, 3), memory).state
    parents = torch.tensor([[2, 0, 1], [0, 0, 0], [1, 1, 2], [2, 1, 0]])
    reordered = state.reorder(parents)
    for row in range(len(SOURCES)):
        torch.testing.assert_close(reordered.hidden[row], state.hidden[row, parents[row]])
        torch.testing.assert_close(reordered.cell[row], state.cell[row, parents[row]])


def test_training_mode_drops_and_evaluation_does_not(model: RecurrentSeq2Seq) -> None:
    arguments = (*pad_ids(SOURCES), targets(len(SOURCES)))
    still = [model.force(*arguments).log_probs for _ in range(2)]
    assert torch.equal(*still)
    noisy = [model.train().force(*arguments).log_probs for _ in range(2)]
    assert not torch.equal(*noisy)


@pytest.mark.gpu
def test_a_gpu_agrees_with_the_cpu(model: RecurrentSeq2Seq) -> None:
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device here")
    arguments = (*pad_ids(SOURCES), targets(len(SOURCES)))
    here = model.force(*arguments).log_probs
    there = model.to("cuda").force(*(part.to("cuda") for part in arguments)).log_probs
    torch.testing.assert_close(there.cpu(), here, atol=1e-3, rtol=0)
