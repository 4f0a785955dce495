"""A step is what a CUDA graph can hold: fixed operations on fixed memory that the host does not look into."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from model.config import DecodingOptions
from model.decoding import Job
from model.decoding.candidates import Words
from model.decoding.running import CONTROL_IDS
from model.slots import SlotSearch
from model.slots.buffers import Slots
from model.slots.step import advance_slots
from model.slots.tree import leaves, mapped
from tests.model.decoding.samples import sources
from tests.model.slots.samples import SMALL, VOCABULARY, network

ATTENDING = ["lstm-multi_head", "lstm-additive-deep", "gru-general", "rnn-scaled_dot", "lstm-dot-forward"]


class Overheard(TorchDispatchMode):
    """On which devices the results of operations were."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # of a private module
        self.devices: set[str] = set()

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        out = func(*args, **(kwargs or {}))
        results = out if isinstance(out, (tuple, list)) else (out,)
        self.devices |= {each.device.type for each in results if isinstance(each, Tensor)}
        return out


@pytest.mark.parametrize("name", ATTENDING)
def test_the_host_decides_and_makes_nothing(name: str) -> None:
    """On the device "meta" tensors have no numbers: whatever reads one fails, as it would in a recording."""
    model = network(name).float().to("meta")
    with torch.inference_mode():
        slots = Slots.blank(model, SMALL).repeated(SMALL.rows)
        words = Words.of(VOCABULARY, CONTROL_IDS, model.device)
        with Overheard() as heard:
            advance_slots(model, words, slots.first(8, 16))
        assert heard.devices == {"meta"}
        with pytest.raises(NotImplementedError):
            slots.search.length[slots.resting]
        with pytest.raises(RuntimeError):
            slots.resting.any().item()


def running_slots(model_name: str = "lstm-multi_head") -> tuple[SlotSearch, Slots]:
    """A search that has taken some steps of ten sentences, and its slots."""
    search = SlotSearch(network(model_name), SMALL, CONTROL_IDS)
    jobs = [
        Job(index, source, DecodingOptions(beam_size=1 + index % 5, max_length=9))
        for index, source in enumerate(sources(10, VOCABULARY))
    ]
    with torch.inference_mode():
        search.join(jobs)
        search.step()
    return search, search._slots


def test_every_tensor_stays_where_it_is() -> None:
    search, slots = running_slots()
    before = [(x.data_ptr(), x.shape, x.stride()) for x in leaves(slots)]
    with torch.inference_mode():
        while search.jobs:
            search.step()
        search.join([Job(99, (5, 6, 2), DecodingOptions(max_length=4))])
        search.step()
    assert [(x.data_ptr(), x.shape, x.stride()) for x in leaves(search._slots)] == before


def test_a_view_of_the_first_slots_shares_their_memory() -> None:
    _, slots = running_slots()
    part = slots.first(8, 16)
    for whole, some in zip(leaves(slots), leaves(part), strict=True):
        assert some.untyped_storage().data_ptr() == whole.untyped_storage().data_ptr()
        assert len(some) == 8
    assert part.memory.mask.shape == (8, 16)
    assert part.search.coverage.shape == (8, SMALL.beam, 16)


def test_free_slots_rest_whatever_numbers_are_in_them() -> None:
    search, slots = running_slots()
    with torch.inference_mode():
        for x in (slots.state.slots, *slots.memory.projected):
            x[15:] = torch.nan
        free = mapped(slots, lambda x: x[15:].clone())
        for _ in range(6):  # until all ten sentences have ended
            search._advance(20, 16)
        assert slots.resting.all()
        after = mapped(slots, lambda x: x[15:])
    assert torch.equal(after.search.length, free.search.length)
    assert not after.unusable.any()
    for kept, was in zip(leaves(after.search.shortlist), leaves(free.search.shortlist), strict=True):
        assert torch.equal(kept, was)


def test_a_tree_without_tensors_is_refused() -> None:
    with pytest.raises(TypeError, match="str holds no tensors"):
        leaves("text")
