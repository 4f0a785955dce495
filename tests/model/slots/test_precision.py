"""What bfloat16 costs: log-probabilities are nearly those of float32, and translations nearly as good."""

from __future__ import annotations

import pytest
import torch

from model.config import DecodingOptions
from model.decoding import Job
from model.padding import pad_ids
from model.recurrent import RecurrentSeq2Seq
from model.tokenizer import BOS, EOS
from tests.model.decoding.samples import sources
from tests.model.slots.samples import POISON, network, run_out, slot_batch

OPTIONS = DecodingOptions(max_length=12, length_penalty=0.0)


def log_prob(model: RecurrentSeq2Seq, source: tuple[int, ...], target: tuple[int, ...]) -> float:
    """Of ``target`` and EOS, by teacher forcing."""
    forced = model.force(*pad_ids([source]), torch.tensor([[BOS, *target]])).log_probs[0]
    return forced.gather(1, torch.tensor([*target, EOS])[:, None]).sum().item()


@pytest.mark.parametrize("beam_size", [1, 5])
def test_bfloat16_stays_near_float32(beam_size: int) -> None:
    exact, half = network().float(), network().bfloat16()
    options = OPTIONS.model_copy(update={"beam_size": beam_size})
    jobs = [Job(index, source, options) for index, source in enumerate(sources(20, POISON, longest=12))]
    found = {}
    for name, model in (("exact", exact), ("half", half)):
        batch = slot_batch(model)
        batch.join(jobs)
        found[name] = run_out(batch)
    losses = []
    for job in jobs:
        mine = found["half"][job.id].best
        truth = log_prob(exact, job.source, mine.tokens)
        # bfloat16 has eight bits: a logit of 8 is off by up to 2 ** -5, and so is what it is compared with.
        assert mine.log_prob == pytest.approx(truth, abs=2**-4 * (len(mine.tokens) + 1))
        losses.append(found["exact"][job.id].best.log_prob - truth)
    assert sum(losses) / len(losses) < 0.2
