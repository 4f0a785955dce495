"""Whether a network is decoded in slots."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Sequence
from functools import cache, partial
from typing import Any

import torch

from model.decoding.batch import Batch
from model.decoding.running import RunningBatch
from model.interface import Seq2Seq
from model.recurrent import RecurrentSeq2Seq
from model.slots.batch import SlotBatch
from model.slots.pool import SlotPool
from model.slots.search import SlotSearch
from model.slots.shape import SlotShape

logger = logging.getLogger(__name__)


def decoding_batches(
    network: Seq2Seq[Any, Any],
    shapes: Sequence[SlotShape],
    *,
    forbidden: Collection[int],
    boundaries: Collection[int] | None = None,
) -> Callable[[], Batch]:
    """What makes empty batches over ``network``: with slots on a GPU if it is recurrent and attends.

    The slots are made, and every kind of step is recorded, when the first batch is made.

    Args:
        network: in evaluation mode.
        shapes: the slots, for beams of several widths; none: decode without.
        forbidden: token ids never produced.
        boundaries: token ids that may follow a term.
    """
    if not (shapes and isinstance(network, RecurrentSeq2Seq) and fits_slots(network)):
        return partial(RunningBatch, network, forbidden=forbidden, boundaries=boundaries)
    pool = cache(partial(_pool, network, shapes, forbidden))
    return lambda: SlotBatch(network, pool(), forbidden=forbidden, boundaries=boundaries)


def fits_slots(network: RecurrentSeq2Seq) -> bool:
    """Whether ``network`` gains by slots and can be decoded in them.

    Without attention its memory has another shape, and it is there for comparison only.
    """
    return network.device.type == "cuda" and network.config.attention != "none"


def _pool(network: RecurrentSeq2Seq, shapes: Sequence[SlotShape], forbidden: Collection[int]) -> SlotPool:
    """Slots of those of ``shapes`` that can be had."""
    found = (_warmed_up(network, shape, forbidden) for shape in shapes)
    return SlotPool([search for search in found if search])


def _warmed_up(network: RecurrentSeq2Seq, shape: SlotShape, forbidden: Collection[int]) -> SlotSearch | None:
    """Slots that have taken every kind of step; None, and a line in the log, where they fail."""
    try:
        search = SlotSearch(network, shape, forbidden)
        with torch.inference_mode():
            search.warm_up()
    except RuntimeError as error:
        logger.warning("decoding without slots for beam %d: %s", shape.beam, error)
        return None
    return search
