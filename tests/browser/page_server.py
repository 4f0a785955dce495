"""The page over a real socket, with an engine that translates by a phrase book."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

import httpx
import numpy as np
import uvicorn

from model.decoding.hypothesis import Attention, Hypothesis, Translation
from model.tokenizer import Tokenizer
from service.app import create_app
from service.engine.request import SegmentRequest
from service.settings import Settings
from tests.service.fakes import EchoEngine

PHRASES = {
    "Wo ist der Bahnhof?": ("Where is the station?", "Where is the train?", "Where are the stations?"),
    "Where is the station?": ("Wo ist der Bahnhof?", "Wo ist der Zug?"),
    "Das alte Haus ist grün.": ("The old house is green.", "The green house is old."),
    "Guten Tag!": ("Good day!", "Hello!"),
    "Ich habe den Zug verpasst.": ("I missed the train.", "I have missed the train."),
}
"""A sentence, and its translations, best first. Any other sentence stays as it is."""
START_SECONDS = 60.0
SETTINGS = {"max_request_characters": 400, "max_alternatives": 2}


def phrase_book(tokenizer: Tokenizer) -> EchoEngine:
    """An engine that knows ``PHRASES``."""

    def translate(request: SegmentRequest) -> Translation:
        text = tokenizer.decode(request.source[1:-1])
        known = PHRASES.get(text, (text,))[: request.options.n_best]
        return Translation(tuple(_hypothesis(tokenizer, request, text) for text in known), steps=1)

    return EchoEngine(translate)


def _hypothesis(tokenizer: Tokenizer, request: SegmentRequest, text: str) -> Hypothesis:
    tokens = tuple(tokenizer.encode(text))
    log_prob = -0.1 * (len(tokens) + 1)
    read = read_word_by_word(tokenizer, request.source, tokens)
    coverage = tuple(map(float, read.sum(0)))
    attention = read if request.attention else None
    return Hypothesis(tokens, log_prob, log_prob, coverage, truncated=False, attention=attention)


def read_word_by_word(tokenizer: Tokenizer, source: Sequence[int], target: Sequence[int]) -> Attention:
    """Attention of a network for which the n-th word comes from the n-th; the last words belong together.

    Returns:
        float32 ``[target tokens + 1, source tokens]``: the last row is EOS, and so is the last column; the
        first column is the language tag.
    """
    read_from, reading = _word_numbers(tokenizer, source[1:-1]), _word_numbers(tokenizer, target)
    last = min(read_from[-1], reading[-1])
    attention = np.zeros((len(target) + 1, len(source)), np.float32)
    attention[:-1, 1:-1] = np.equal.outer(np.minimum(reading, last), np.minimum(read_from, last))
    attention[-1, -1] = 1.0
    attention /= attention.sum(1, keepdims=True)
    return attention


def _word_numbers(tokenizer: Tokenizer, ids: Sequence[int]) -> list[int]:
    """Which word of the text each token belongs to; the first one begins with the text."""
    starts = [piece.startswith("\u2581") for piece in tokenizer.pieces(ids)]
    return [max(0, number - 1) for number in accumulate(starts)]


@dataclass
class PageServer:
    """A running server.

    Attributes:
        engine: owned by the server's thread; its switches may be set from any.
    """

    url: str
    engine: EchoEngine
    loop: asyncio.AbstractEventLoop

    def release(self) -> None:
        """Answer everything that the engine has held back."""
        self.engine.holding = False
        self.loop.call_soon_threadsafe(self.engine.release)

    def finish(self, index: int) -> None:
        """Answer one segment that the engine has held back."""
        self.loop.call_soon_threadsafe(self.engine.finish, index)

    def open(self) -> None:
        """Let the engine start."""
        assert self.engine.opens is not None
        self.loop.call_soon_threadsafe(self.engine.opens.set)

    def wait_for_requests(self, count: int) -> None:
        """Return once the engine has had ``count`` segments in all."""
        deadline = time.monotonic() + START_SECONDS
        while len(self.engine.requests) < count:
            assert time.monotonic() < deadline, f"there are {len(self.engine.requests)} requests"
            time.sleep(0.01)


@contextmanager
def page_server(
    checkpoint: Path,
    tokenizer: Tokenizer,
    limits: Mapping[str, object] | None = None,
    opened: bool = True,
) -> Iterator[PageServer]:
    """A server on a free port, in a thread of its own; ready, or loading until it is opened."""
    engine = phrase_book(tokenizer)
    engine.opens = asyncio.Event()
    if opened:
        engine.opens.set()
    settings = Settings.model_validate({"checkpoints": (checkpoint,), **SETTINGS, **(limits or {})})
    config = uvicorn.Config(create_app(settings, engine), host="127.0.0.1", port=0, log_config=None)
    server = uvicorn.Server(config)
    loops: list[asyncio.AbstractEventLoop] = []

    async def serve() -> None:
        loops.append(asyncio.get_running_loop())
        await server.serve()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        url = _wait_until_up(server, httpx.codes.OK if opened else httpx.codes.SERVICE_UNAVAILABLE)
        yield PageServer(url, engine, loops[0])
    finally:
        server.should_exit = True
        thread.join()


def _wait_until_up(server: uvicorn.Server, readiness: int) -> str:
    deadline = time.monotonic() + START_SECONDS
    while not server.started:
        assert time.monotonic() < deadline, "the server does not start"
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    while httpx.get(f"{url}/ready").status_code != readiness:
        assert time.monotonic() < deadline, f"/ready does not answer {readiness}"
        time.sleep(0.01)
    return url
