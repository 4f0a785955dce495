"""The translation of files as the settings want it."""

from __future__ import annotations

from service.files.isolation import FileParser
from service.files.job import State
from service.files.limits import FileLimits
from service.files.manager import FileManager
from service.files.store import FileStore, StoreLimits
from service.lifecycle import Lifecycle
from service.metrics import Metrics
from service.settings import Settings
from service.translator import Translator

INFLATION = 10
"""How much larger than a file its parts may be, inflated, and its translation with all else that is kept."""


def make_file_manager(settings: Settings, lifecycle: Lifecycle, metrics: Metrics) -> FileManager:
    """What translates files with what ``lifecycle`` serves; ``metrics`` are told of it."""
    store = FileStore(
        StoreLimits(
            folder=settings.files_folder,
            max_files=settings.max_kept_files,
            max_bytes=settings.max_file_bytes * INFLATION * 10,
            expiry_seconds=settings.file_expiry_seconds,
        )
    )
    limits = FileLimits(
        max_inflated_bytes=settings.max_file_bytes * INFLATION,
        max_characters=settings.max_file_characters,
        max_text_characters=settings.max_request_characters,
    )
    metrics.files.watch(lambda state: store.count(State(state)))
    return FileManager(
        store,
        FileParser(limits),
        lambda: Translator(lifecycle.registry, settings, metrics),
        metrics.files,
        settings.file_timeout_seconds,
    )
