"""The client: every way an answer can look, over real sockets."""

from __future__ import annotations

import asyncio

import pytest

from benchmarks.client import check_ready, connect, read_metrics
from benchmarks.errors import BenchmarkError
from benchmarks.guard import check_target
from benchmarks.outcome import CONNECTION, INVALID_ANSWER, TRANSLATED
from tests.benchmarks.fake_service import FakeService, serving

NOWHERE = "http://127.0.0.1:9"  # the discard port, on which nothing listens


async def ask(url: str, times: int = 1, connections: int = 4) -> list[str]:
    async with connect(url, "de", "en", connections) as client:
        return [await client.send(("Guten Tag.", "Wo?")) for _ in range(times)]


def test_requests_are_as_the_api_wants_them() -> None:
    service = FakeService()
    with serving(service) as url:
        assert asyncio.run(ask(url)) == [TRANSLATED]
    assert service.bodies == [{"q": ["Guten Tag.", "Wo?"], "source": "de", "target": "en"}]


def test_a_connection_is_kept_alive_and_used_again() -> None:
    service = FakeService()
    with serving(service) as url:
        assert asyncio.run(ask(url, times=5)) == [TRANSLATED] * 5
    assert len(service.clients) == 1


def test_a_closed_connection_is_replaced() -> None:
    service = FakeService(close=True)
    with serving(service) as url:
        assert asyncio.run(ask(url, times=3)) == [TRANSLATED] * 3
    assert len(service.clients) == 3


@pytest.mark.parametrize("status", [400, 429, 500, 503])
def test_an_error_is_its_status(status: int) -> None:
    with serving(FakeService(status=status, answer=b"{}")) as url:
        assert asyncio.run(ask(url, times=2)) == [str(status)] * 2


@pytest.mark.parametrize(
    "answer", [b"x", b"[]", b"{}", b'{"translatedText": "one"}', b'{"translatedText": ["one"]}', b"\xff"]
)
def test_an_answer_that_is_no_translation_is_noticed(answer: bytes) -> None:
    with serving(FakeService(answer=answer)) as url:
        assert asyncio.run(ask(url)) == [INVALID_ANSWER]


def test_nobody_there() -> None:
    assert asyncio.run(ask(NOWHERE)) == [CONNECTION]
    assert asyncio.run(read_metrics(NOWHERE)) == ""
    with pytest.raises(BenchmarkError, match=r"no service answers at http://127\.0\.0\.1:9"):
        asyncio.run(check_ready(NOWHERE))


@pytest.mark.parametrize(
    "reply", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}", b"220 mail\r\n\r\n"]
)
def test_a_server_that_breaks_off_or_speaks_something_else(reply: bytes) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"}")
        writer.write(reply)
        writer.close()

    async def run() -> list[str]:
        async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            return await ask(f"http://127.0.0.1:{port}", times=2)

    assert asyncio.run(run()) == [CONNECTION, CONNECTION]


def test_a_request_that_is_given_up_frees_its_connection() -> None:
    async def run(url: str) -> str:
        async with connect(url, "de", "en", connections=1) as client:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(client.send(("slow",)), 0.1)
            service.delay = 0.0
            return await client.send(("fast",))

    service = FakeService(delay=1.0)
    with serving(service) as url:
        assert asyncio.run(run(url)) == TRANSLATED
    assert len(service.clients) == 2


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8000", "http://localhost", "http://[::1]:80/", "https://127.8.9.1"]
)
def test_this_machine_may_be_put_under_load(url: str) -> None:
    check_target(url, allow_remote=False)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org",
        "http://192.168.1.7:8000",
        "http://0.0.0.0:8000",
        "http://127.0.0.1.example.org",
        "http://localhost.example.org:8000",
        "http://127.0.0.1@example.org",
    ],
)
def test_another_machine_may_not_unless_it_is_said(url: str) -> None:
    with pytest.raises(BenchmarkError, match="--allow-remote"):
        check_target(url, allow_remote=False)
    check_target(url, allow_remote=True)


@pytest.mark.parametrize(
    "url", ["", "127.0.0.1:8000", "ftp://127.0.0.1", "http://", "http://127.0.0.1/x", "::"]
)
def test_what_is_no_address_of_a_service_is_refused(url: str) -> None:
    with pytest.raises(BenchmarkError, match="--url"):
        check_target(url, allow_remote=True)
