"""From folders of checkpoints to a registry of warmed-up engines."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import torch

from model.checkpoint import MANIFEST_FILE, Checkpoint, load_checkpoint
from model.config import DecodingOptions
from model.decoding.job import default_max_length
from model.decoding.running import CONTROL_IDS
from model.inference import decoding_network, precision_of, trained_dtype
from model.interface import SearchingSeq2Seq
from model.slots import SlotShape, decoding_batches
from model.word_boundaries import word_boundaries
from service.cache.grace import Grace
from service.cache.sharing import SharingEngine
from service.cache.store import SegmentStore
from service.engine.engine import Engine
from service.engine.limits import EngineLimits
from service.engine.observer import Observer
from service.engine.request import EngineLike
from service.processors import available_processors, default_threads
from service.registry import Registry, Served
from service.settings import Settings, SettingsError, variable
from service.text.segmentation import segment

logger = logging.getLogger(__name__)


def find_checkpoints(paths: Sequence[Path]) -> list[Path]:
    """The folders of checkpoints in ``paths``, each of which is one or holds some; those sorted by name.

    Raises:
        SettingsError: there is none in one of ``paths``.
    """
    found: list[Path] = []
    for path in paths:
        inside = [path] if (path / MANIFEST_FILE).is_file() else _children(path)
        if not inside:
            raise SettingsError(f"{variable('checkpoints')}: there is no checkpoint in {path}")
        found += inside
    return found


def _children(path: Path) -> list[Path]:
    return sorted(manifest.parent for manifest in path.glob(f"*/{MANIFEST_FILE}"))


def choose_device(settings: Settings) -> torch.device:
    """Where to compute.

    Raises:
        SettingsError: a GPU is asked for and PyTorch finds none.
    """
    has_cuda = torch.cuda.is_available()
    if settings.device == "cuda" and not has_cuda:
        raise SettingsError(
            f"{variable('device')} is cuda, but PyTorch finds no CUDA device; use auto or cpu"
        )
    return torch.device("cuda" if has_cuda and settings.device != "cpu" else "cpu")


async def load_registry(
    settings: Settings, observer: Observer, engine: EngineLike | None, store: SegmentStore | None = None
) -> Registry:
    """Load every checkpoint, start its engine and warm it up; the event loop stays free meanwhile.

    Args:
        settings: which checkpoints, and how they are to compute.
        observer: told what happens in the engines.
        engine: used, as it is, for every checkpoint instead of one engine for each.
        store: remembers finished segments of all checkpoints.

    Raises:
        ModelError: a checkpoint cannot be used.
        NotReady: a network fails on its first sentence.
        SettingsError: see ``find_checkpoints`` and ``choose_device``.
    """
    device = choose_device(settings)
    served: dict[str, Served] = {}
    for path in find_checkpoints(settings.checkpoints):
        start = time.perf_counter()
        checkpoint = await asyncio.to_thread(
            load_checkpoint, path, device=device, dtype=trained_dtype(settings.precision, device)
        )
        if checkpoint.digest in served:
            logger.warning("%s is the same checkpoint as %s; skipped", path, served[checkpoint.digest].name)
            continue
        own = engine
        if own is None:  # packing the weights takes a moment
            own = await asyncio.to_thread(_build_engine, checkpoint, settings, observer, store)
        await own.start()
        await asyncio.to_thread(_warm_segmentation, checkpoint)
        seconds = time.perf_counter() - start
        served[checkpoint.digest] = _describe(checkpoint, settings, own, seconds)
        logger.info("%s is ready on %s after %.1f s", checkpoint.name, device, seconds)
    return Registry(list(served.values()))


def _build_engine(
    checkpoint: Checkpoint, settings: Settings, observer: Observer, store: SegmentStore | None
) -> EngineLike:
    tokenizer = checkpoint.tokenizer
    network = decoding_network(checkpoint.model, settings.precision, checkpoint.shortlists)
    forbidden = CONTROL_IDS | {tokenizer.tag(language) for language in tokenizer.languages}
    limits = EngineLimits(
        max_queue_segments=settings.max_queue_segments,
        max_queue_tokens=settings.max_queue_tokens,
        max_running_rows=settings.max_running_rows,
        max_padded_tokens=settings.max_padded_tokens,
        bulk_apart=checkpoint.model.device.type == "cpu",
    )
    threads = settings.threads or default_threads(available_processors())
    if isinstance(network, SearchingSeq2Seq):
        limits = limits.with_kernels(threads)
    new_batch = decoding_batches(
        network,
        _slot_shapes(checkpoint, settings),
        forbidden=forbidden,
        boundaries=word_boundaries(tokenizer),
    )
    own = Engine(
        new_batch,
        tokenizer.source_ids("a", checkpoint.directions[0][1]),
        limits,
        observer,
        torch_threads=threads,
    )
    grace = Grace(settings.cache_grace_seconds, max_segments=settings.max_running_rows)
    return SharingEngine(own, _identity(checkpoint, precision_of(network)), store, observer, grace=grace)


def _slot_shapes(checkpoint: Checkpoint, settings: Settings) -> tuple[SlotShape, ...]:
    """Slots for segments that are decoded as the service does by default; none where they are turned off."""
    if not settings.cuda_graphs:
        return ()
    length = settings.max_segment_tokens
    return (
        SlotShape(
            rows=settings.max_running_rows,
            beam=settings.beam_size or checkpoint.decoding.beam_size,
            src_len=length,
            tgt_len=default_max_length(length),
        ),
    )


def _identity(checkpoint: Checkpoint, precision: str) -> str:
    """Equal where segments are translated equally, in this process and in others of other releases."""
    return f"{checkpoint.digest} {precision} {version('dragoman')}"


def _warm_segmentation(checkpoint: Checkpoint) -> None:
    """The rules of a language are prepared when they are first used, which takes some milliseconds."""
    for source, _ in checkpoint.directions:
        segment("A sentence. Another.", source)


def _describe(checkpoint: Checkpoint, settings: Settings, engine: EngineLike, seconds: float) -> Served:
    chosen = {"beam_size": settings.beam_size, "length_penalty": settings.length_penalty}
    changes = {key: value for key, value in chosen.items() if value is not None}
    decoding = DecodingOptions.model_validate({**checkpoint.decoding.model_dump(), **changes, "n_best": 1})
    return Served(
        name=checkpoint.name,
        digest=checkpoint.digest,
        directions=checkpoint.directions,
        tokenizer=checkpoint.tokenizer,
        decoding=decoding,
        engine=engine,
        load_seconds=seconds,
        calibration=checkpoint.config.calibration,
        attends=checkpoint.config.model.attention != "none",
    )
