"""Networks and traffic for batches that must agree."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from model.config import ModelConfig
from model.decoding import Job, RunningBatch, Translation
from model.decoding.batch import Batch
from model.decoding.running import CONTROL_IDS
from model.recurrent import RecurrentSeq2Seq
from model.recurrent_state import RecurrentMemory
from model.slots import SlotBatch, SlotSearch, SlotShape
from model.slots.pool import SlotPool
from model.tokenizer import EOS
from tests.model.architectures import SHAPES

VOCABULARY = 150
POISON = 140
"""A source token that makes the network's numbers of a sentence no numbers."""
SMALL = SlotShape(rows=20, beam=5, src_len=20, tgt_len=40)


class GrainyNetwork(RecurrentSeq2Seq):
    """Log-probabilities are multiples of a quarter, so that many candidates tie."""

    def log_probs(self, features: Tensor) -> Tensor:
        return (super().log_probs(features) * 4).floor() / 4


class PoisonedNetwork(RecurrentSeq2Seq):
    """Gives no numbers for sentences with POISON in them."""

    def encode(self, source: Tensor, mask: Tensor) -> RecurrentMemory:
        memory = super().encode(source, mask)
        for part in (*memory.projected, memory.summary):
            part[(source == POISON).any(1)] = torch.nan
        return memory


def network(
    name: str = "lstm-multi_head", kind: type[RecurrentSeq2Seq] = RecurrentSeq2Seq
) -> RecurrentSeq2Seq:
    """Random weights with opinions, in float64: what else is in a batch hardly touches the last bit."""
    config = ModelConfig.model_validate(
        {"vocabulary_size": VOCABULARY, "embedding_size": 16, "hidden_size": 16, **SHAPES[name]}
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        model = kind(config).eval().requires_grad_(False)
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter), alpha=0.4)
    model.output_bias[EOS] += 4.0
    return model.double()


def slot_batch(model: RecurrentSeq2Seq, *shapes: SlotShape, steps_per_look: int = 4) -> SlotBatch:
    """A batch with slots of its own."""
    return SlotBatch(model, SlotPool(slot_searches(model, *shapes, steps_per_look=steps_per_look)))


def slot_searches(model: RecurrentSeq2Seq, *shapes: SlotShape, steps_per_look: int = 4) -> list[SlotSearch]:
    return [
        SlotSearch(model, shape, CONTROL_IDS, steps_per_look=steps_per_look) for shape in shapes or [SMALL]
    ]


def alone(model: RecurrentSeq2Seq, job: Job) -> Translation:
    """What the general search makes of one job."""
    batch: RunningBatch[Any, Any] = RunningBatch(model)
    batch.join([job])
    return run_out(batch)[job.id]


def run_out(batch: Batch) -> dict[int, Translation]:
    """What finishes until the batch is empty."""
    done: dict[int, Translation] = {}
    while batch.rows:
        done |= {finished.id: finished.translation for finished in batch.step()}
    return done


def in_traffic(
    batch: Batch, jobs: Sequence[Job], dice: random.Random, *, most: int
) -> dict[int, Translation]:
    """Join at random times; some are removed on the way, one in ten, and join again later under their id."""
    waiting, by_id = list(jobs), {job.id: job for job in jobs}
    done: dict[int, Translation] = {}
    unlucky = {job.id for job in jobs if dice.random() < 0.1}
    while waiting or batch.rows:
        room = min(len(waiting), most - batch.rows)
        if room > 0 and dice.random() < 0.7:
            batch.join([waiting.pop() for _ in range(dice.randint(1, room))])
        leaving = [each for each in batch.ids if each in unlucky and dice.random() < 0.3]
        batch.remove(leaving)
        unlucky.difference_update(leaving)
        waiting.extend(by_id[each] for each in leaving)
        done.update({finished.id: finished.translation for finished in batch.step()})
    return done


def assert_same(found: Translation, wanted: Translation, *, tolerance: float = 1e-6) -> None:
    """Equal tokens and steps, numbers that are equal but for rounding."""
    assert found.steps == wanted.steps
    assert len(found.hypotheses) == len(wanted.hypotheses)
    for mine, theirs in zip(found.hypotheses, wanted.hypotheses, strict=True):
        assert (mine.tokens, mine.truncated) == (theirs.tokens, theirs.truncated)
        numbers = torch.tensor([mine.score, mine.log_prob, *mine.coverage], dtype=torch.float64)
        expected = torch.tensor([theirs.score, theirs.log_prob, *theirs.coverage], dtype=torch.float64)
        torch.testing.assert_close(numbers, expected, atol=tolerance, rtol=tolerance)
