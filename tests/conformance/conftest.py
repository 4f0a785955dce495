"""One running service for all clients, and one that wants a key."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.running_service import RunningService, running_service

KEY = "a-key"
SPENT_KEY = "another-key"
QUOTA = 60


@pytest.fixture(scope="session")
def service(tiny_checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """A service that anybody may use; its network is random, and always the same."""
    log = tmp_path_factory.mktemp("conformance") / "log"
    with running_service(tiny_checkpoint, log, {}) as service:
        yield service


@pytest.fixture(scope="session")
def guarded(tiny_checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """A service that wants a key, and translates ``QUOTA`` characters with each.

    A test uses up ``SPENT_KEY``.
    """
    log = tmp_path_factory.mktemp("guarded") / "log"
    settings = {"api_keys": f"{KEY},{SPENT_KEY}", "character_quota": QUOTA}
    with running_service(tiny_checkpoint, log, settings) as service:
        yield service
