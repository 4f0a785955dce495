"""The service with an engine that runs a batch to its end before the next starts."""

from __future__ import annotations

import sys
from functools import partial

from benchmarks.request_level import RequestLevel
from model.checkpoint import Checkpoint, load_checkpoint
from model.decoding import CONTROL_IDS, RunningBatch
from model.inference import decoding_network, trained_dtype
from model.word_boundaries import word_boundaries
from service.engine.engine import Engine
from service.engine.limits import EngineLimits
from service.loading import choose_device, find_checkpoints
from service.server import serve
from service.settings import Settings, read_settings


def main() -> int:
    """Serve the checkpoint that the environment names, until told to end."""
    settings = read_settings()
    (path,) = find_checkpoints(settings.checkpoints)
    dtype = trained_dtype(settings.precision)
    return serve(
        settings, _engine(load_checkpoint(path, device=choose_device(settings), dtype=dtype), settings)
    )


def _engine(checkpoint: Checkpoint, settings: Settings) -> Engine:
    tokenizer = checkpoint.tokenizer
    network = decoding_network(checkpoint.model, settings.precision, checkpoint.shortlists)
    forbidden = CONTROL_IDS | {tokenizer.tag(language) for language in tokenizer.languages}
    limits = EngineLimits(
        max_queue_segments=settings.max_queue_segments,
        max_queue_tokens=settings.max_queue_tokens,
        max_running_rows=settings.max_running_rows,
        max_padded_tokens=settings.max_padded_tokens,
    )
    return Engine(
        partial(RunningBatch, network, forbidden=forbidden, boundaries=word_boundaries(tokenizer)),
        tokenizer.source_ids("a", checkpoint.directions[0][1]),
        limits,
        torch_threads=settings.threads,
        scheduler=RequestLevel(limits),
    )


if __name__ == "__main__":
    sys.exit(main())
