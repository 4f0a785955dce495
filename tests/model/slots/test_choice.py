"""Which batches decode, and what a service with slots answers."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from model.build import build_model
from model.checkpoint import load_checkpoint
from model.config import DecodingOptions
from model.decoding import Job, RunningBatch
from model.decoding.running import CONTROL_IDS
from model.recurrent import RecurrentSeq2Seq
from model.slots import SlotBatch, SlotSearch, choice, decoding_batches
from service.engine.observer import NullObserver
from service.engine.request import SegmentRequest
from service.loading import load_registry
from service.settings import Settings
from tests.model.architectures import config_of
from tests.model.slots.samples import SMALL, alone, assert_same, network, run_out
from tests.service.harness import asynchronous


def test_a_cpu_decodes_without_slots() -> None:
    model = network()
    assert isinstance(decoding_batches(model, [SMALL], forbidden=CONTROL_IDS)(), RunningBatch)


def test_a_gpu_decodes_networks_with_attention_in_slots(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RecurrentSeq2Seq, "device", torch.device("cuda"))
    assert choice.fits_slots(network("gru-general"))
    assert not choice.fits_slots(network("lstm-none"))


def test_a_transformer_decodes_without_slots(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "fits_slots", lambda model: True)
    model = build_model(config_of("transformer")).eval()
    assert isinstance(decoding_batches(model, [SMALL], forbidden=CONTROL_IDS)(), RunningBatch)


def test_slots_are_made_and_warmed_up_once_for_all_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "fits_slots", lambda model: True)
    kinds: list[tuple[int, int]] = []
    advance = SlotSearch._advance

    def note(self: SlotSearch, count: int, width: int) -> None:
        kinds.append((count, width))
        advance(self, count, width)

    monkeypatch.setattr(SlotSearch, "_advance", note)
    model = network()
    new_batch = decoding_batches(model, [SMALL], forbidden=CONTROL_IDS)
    assert kinds == []
    batches = [new_batch(), new_batch()]
    assert kinds == [(20, 20), (20, 16), (16, 20), (16, 16), (8, 20), (8, 16)]
    job = Job(0, (5, 6, 2), DecodingOptions(max_length=8))
    for batch in batches:
        assert isinstance(batch, SlotBatch)
        batch.join([job])
        assert_same(run_out(batch)[0], alone(model, job))


def test_slots_that_fail_from_the_start_are_done_without(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(choice, "fits_slots", lambda model: True)

    def fail(self: SlotSearch) -> None:
        raise torch.OutOfMemoryError("no memory")

    monkeypatch.setattr(SlotSearch, "warm_up", fail)
    model = network()
    batch = decoding_batches(model, [SMALL], forbidden=CONTROL_IDS)()
    assert caplog.messages == ["decoding without slots for beam 5: no memory"]
    job = Job(0, (5, 6, 2), DecodingOptions(max_length=8))
    batch.join([job])
    assert_same(run_out(batch)[0], alone(model, job))


@asynchronous
@pytest.mark.parametrize("cuda_graphs", [True, False])
async def test_a_service_with_slots_answers_alike(
    cuda_graphs: bool, tiny_checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choice, "fits_slots", lambda model: True)
    seated: list[int] = []
    join = SlotSearch.join

    def note(self: SlotSearch, jobs: list[Job]) -> None:
        seated.append(len(jobs))
        join(self, jobs)

    monkeypatch.setattr(SlotSearch, "join", note)
    settings = Settings(
        checkpoints=(tiny_checkpoint,),
        precision="float32",
        max_running_rows=8,
        max_padded_tokens=400,
        max_segment_tokens=64,
        threads=1,
        cache_segments=0,
        cuda_graphs=cuda_graphs,
    )
    (served,) = (await load_registry(settings, NullObserver(), None)).served
    checkpoint = load_checkpoint(tiny_checkpoint)
    sources = [checkpoint.tokenizer.source_ids(text, "en") for text in ("Wo ist der Bahnhof?", "Zwei Hunde.")]
    options = checkpoint.decoding.model_copy(update={"max_length": 10})
    tickets = served.engine.submit([SegmentRequest(tuple(source), options) for source in sources])
    found = [(await ticket.result()).translation for ticket in tickets]
    assert await served.engine.drain(10)
    assert bool(seated) == cuda_graphs
    forbidden = CONTROL_IDS | {checkpoint.tokenizer.tag(language) for language in ("de", "en")}
    for source, translation in zip(sources, found, strict=True):
        batch = RunningBatch(checkpoint.model, forbidden=forbidden)
        batch.join([Job(0, tuple(source), options)])
        assert_same(translation, run_out(batch)[0], tolerance=1e-4)
