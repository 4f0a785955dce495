"""What only a GPU can tell: recordings decode what single steps do, and the host does not get in the way."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
import torch

from model.config import DecodingOptions, ModelConfig
from model.decoding import Job
from model.decoding.running import CONTROL_IDS
from model.recurrent import RecurrentSeq2Seq
from model.slots import SlotBatch, SlotSearch, SlotShape, decoding_batches
from model.slots.pool import SlotPool
from model.slots.replay import Recorder
from tests.model.decoding.samples import beam_options, sources
from tests.model.slots.samples import (
    POISON,
    SMALL,
    GrainyNetwork,
    alone,
    assert_same,
    in_traffic,
    network,
    run_out,
)

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.filterwarnings("ignore:RNN module weights are not part of single contiguous chunk"),
]


@pytest.fixture(autouse=True)
def device() -> torch.device:
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device here")
    return torch.device("cuda")


@pytest.fixture
def waiting_is_an_error() -> Iterator[None]:
    """Whatever makes the host wait for all that the device does raises."""
    yield
    torch.cuda.set_sync_debug_mode("default")


def beam_jobs(count: int, seed: int) -> list[Job]:
    dice = random.Random(seed)
    jobs = []
    for index, source in enumerate(sources(count, POISON, seed=seed, longest=12)):
        options = beam_options(dice)
        limit = min(options.max_length or 12, 12)
        jobs.append(Job(index, source, options.model_copy(update={"max_length": limit})))
    return jobs


def batch_of(search: SlotSearch, model: RecurrentSeq2Seq) -> SlotBatch:
    return SlotBatch(model, SlotPool([search]))


@pytest.mark.parametrize("kind", [RecurrentSeq2Seq, GrainyNetwork], ids=["distinct", "tied"])
@pytest.mark.parametrize("record", [False, True], ids=["step by step", "recorded"])
def test_traffic_is_decoded_as_on_the_cpu(
    record: bool, kind: type[RecurrentSeq2Seq], device: torch.device
) -> None:
    here = network(kind=kind)
    there = network(kind=kind).to(device)
    search = SlotSearch(there, SlotShape(64, 6, 20, 12), CONTROL_IDS, record=record)
    assert isinstance(search._step, Recorder) == record
    jobs = beam_jobs(150, seed=1)
    found = in_traffic(batch_of(search, there), jobs, random.Random(1), most=64)
    for job in jobs:
        assert_same(found[job.id], alone(here, job))
    if isinstance(search._step, Recorder):
        assert 0 < search._step.recordings <= len(search.shape.counts) * len(search.shape.widths)


def test_every_kind_of_step_is_recorded_before_the_first_sentence(device: torch.device) -> None:
    model = network().to(device)
    new_batch = decoding_batches(model, [SMALL], forbidden=CONTROL_IDS)
    batch = new_batch()
    assert isinstance(batch, SlotBatch)
    (search,) = batch._pool.lend(batch)
    assert isinstance(search._step, Recorder)
    assert search._step.recordings == len(SMALL.counts) * len(SMALL.widths)
    batch.join(beam_jobs(8, seed=2))
    run_out(batch)
    assert search._step.recordings == len(SMALL.counts) * len(SMALL.widths)


@pytest.mark.usefixtures("waiting_is_an_error")
def test_the_host_waits_for_reports_and_results_alone(device: torch.device) -> None:
    model = network().to(device)
    shape = SlotShape(64, 5, 20, 12)
    search = SlotSearch(model, shape, CONTROL_IDS)
    jobs = [
        Job(index, source, DecodingOptions(max_length=10))
        for index, source in enumerate(sources(60, POISON, longest=12))
    ]
    finished = []
    with torch.inference_mode():
        search.warm_up()  # recording waits, once
        search.join(jobs[:1])
        search.step()  # so does the first encoding
        torch.cuda.set_sync_debug_mode("error")
        search.join(jobs[1:40])
        finished += search.step().finished
        search.remove([5])
        search.join(jobs[40:])
        while search.jobs:
            finished += search.step().finished
    assert {each.id for each in finished} >= set(range(60)) - {0, 5}


def test_thousands_of_slots(device: torch.device) -> None:
    here, there = network(), network().to(device)
    search = SlotSearch(there, SlotShape(4096, 5, 20, 12), CONTROL_IDS)
    batch, jobs = batch_of(search, there), beam_jobs(5000, seed=3)
    jobs = [job for job in jobs if job.options.beam_size <= 5]
    found = in_traffic(batch, jobs, random.Random(3), most=4096)
    assert found.keys() == {job.id for job in jobs}
    for job in jobs[::97]:
        assert_same(found[job.id], alone(here, job))


def test_memory_does_not_grow(device: torch.device) -> None:
    model = network().float().to(device)
    search = SlotSearch(model, SlotShape(64, 5, 20, 12), CONTROL_IDS)
    with torch.inference_mode():
        search.warm_up()
    batch, sizes = batch_of(search, model), []
    for seed in range(6):
        jobs = [job for job in beam_jobs(300, seed) if job.options.beam_size <= 5]
        in_traffic(batch, jobs, random.Random(0), most=64)
        torch.cuda.synchronize()
        sizes.append(torch.cuda.memory_allocated())
    assert sizes[-1] <= sizes[1]


def test_half_precision_is_summed_in_float32(device: torch.device) -> None:
    config = ModelConfig(vocabulary_size=5000, embedding_size=64, hidden_size=64)
    model = RecurrentSeq2Seq(config).eval().requires_grad_(False).to(device, torch.bfloat16)
    features = torch.randn(7, 5, 64, device=device).bfloat16()
    logits = features.double() @ model.embedding.weight.double().T + model.output_bias.double()
    with torch.inference_mode():
        found = model.log_probs(features)
    assert found.dtype == torch.float32
    torch.testing.assert_close(found.double(), logits.log_softmax(-1), atol=1e-4, rtol=0)


def test_bfloat16_recordings_decode_what_single_steps_do(device: torch.device) -> None:
    model = network().to(device, torch.bfloat16)
    jobs = [job for job in beam_jobs(60, seed=4) if job.options.beam_size <= 5]
    found = []
    for record in (False, True):
        batch = batch_of(SlotSearch(model, SlotShape(64, 5, 20, 12), CONTROL_IDS, record=record), model)
        batch.join(jobs)
        batch.step()  # what records takes this step by step
        found.append(run_out(batch))
    assert found[0] == found[1]
