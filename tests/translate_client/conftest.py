"""A running service for the client, which translates by a phrase book."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from model.tokenizer import Tokenizer
from tests.browser.page_server import PageServer, page_server

LIMITS = {"max_request_characters": 100, "max_request_items": 3}


@pytest.fixture(scope="session")
def small_server(tiny_checkpoint: Path, tiny_tokenizer: Tokenizer) -> Iterator[PageServer]:
    """It takes 100 characters and 3 texts at once."""
    with page_server(tiny_checkpoint, tiny_tokenizer, LIMITS) as running:
        yield running


@pytest.fixture
def small(small_server: PageServer) -> Iterator[PageServer]:
    """The same, as it was before."""
    yield small_server
    small_server.engine.refusal = None
    small_server.release()


@pytest.fixture(scope="session")
def closed_server(tiny_checkpoint: Path, tiny_tokenizer: Tokenizer) -> Iterator[PageServer]:
    """It wants the key ``secret``."""
    with page_server(tiny_checkpoint, tiny_tokenizer, {"api_keys": "secret"}) as running:
        yield running
