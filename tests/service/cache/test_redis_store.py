"""A real Redis that is there, goes away, hangs, comes back, or is none."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from service.cache.codec import MAX_VALUE_BYTES, PREFIX, Codec
from service.cache.observer import Lookup, NullCacheObserver, Tier, Write
from service.cache.outage import Outage
from service.cache.redis_store import MAX_WAITING, RedisStore
from tests.redis_server import RedisServer, free_port, running_redis
from tests.service.cache.test_store import key, translation
from tests.service.engine.harness import ManualClock
from tests.service.harness import asynchronous

CODEC = Codec(b"a secret of replicas")
TIMEOUT = 0.3


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with running_redis(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture
def server(shared_server: RedisServer) -> RedisServer:
    with shared_server.client() as client:
        client.flushall()
    return shared_server


@dataclass
class Counts(NullCacheObserver):
    """What was looked up and written."""

    lookups: Counter[Lookup] = field(default_factory=Counter)
    writes: Counter[Write] = field(default_factory=Counter)
    outages: list[bool] = field(default_factory=list)

    def looked_up(self, tier: Tier, result: Lookup, segments: int) -> None:
        assert tier is Tier.REDIS
        self.lookups[result] += segments

    def written(self, result: Write, segments: int) -> None:
        self.writes[result] += segments

    def outage(self, is_on: bool) -> None:
        self.outages.append(is_on)


class Store(RedisStore):
    """A store whose pauses end when the test says so."""

    def __init__(self, url: str, codec: Codec = CODEC, timeout_seconds: float = TIMEOUT) -> None:
        self.counts = Counts()
        self.clock = ManualClock()
        super().__init__(url, codec, 60, timeout_seconds, self.counts, Outage(self.clock))

    async def stored(self, segments: int) -> None:
        while self.counts.writes[Write.STORED] < segments:
            await asyncio.sleep(0.005)


@asynchronous
async def test_what_one_replica_has_written_another_one_finds(server: RedisServer) -> None:
    writer, reader, stranger = Store(server.url), Store(server.url), Store(server.url, Codec(b"other secret"))
    for number in range(200):
        writer.put(key(number), translation(number))
    await writer.stored(200)
    asked = [key(number) for number in range(300)]
    assert await reader.fetch(asked) == {key(number): translation(number) for number in range(200)}
    assert reader.counts.lookups == {Lookup.HIT: 200, Lookup.MISS: 100}
    assert await stranger.fetch(asked) == {}
    for store in (writer, reader, stranger):
        await store.close()


@asynchronous
async def test_names_have_the_prefix_and_values_an_end(server: RedisServer) -> None:
    store = Store(server.url)
    store.put(key(5), translation(8))
    await store.close()  # writes first
    with server.client() as client:
        [name] = client.keys(f"{PREFIX}*")
        assert 0 < client.ttl(name) <= 60


@asynchronous
async def test_what_is_damaged_or_of_another_kind_is_an_error_and_no_answer(server: RedisServer) -> None:
    store = Store(server.url)
    with server.client() as client:
        client.set(CODEC.name(key(1)), b"\x80\x04 not ours")
        client.set(CODEC.name(key(2)), CODEC.encode(CODEC.name(key(3)), translation(8)))
        client.rpush(CODEC.name(key(4)), "a list")
    assert await store.fetch([key(1), key(2), key(4)]) == {}
    assert store.counts.lookups == {Lookup.ERROR: 2, Lookup.MISS: 1}
    assert store.counts.outages == []
    await store.close()


@asynchronous
async def test_killed_it_costs_a_moment_once_and_brought_back_it_is_used_again(
    server: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "service.cache")
    store = Store(server.url)
    store.put(key(5), translation(8))
    await store.stored(1)
    server.kill()
    begin = time.monotonic()
    answers = await asyncio.gather(*(store.fetch([key(number)]) for number in range(50)))
    store.put(key(6), translation(8))
    assert time.monotonic() - begin < 10 * TIMEOUT
    assert answers == [{}] * 50
    assert store.counts.writes[Write.SKIPPED] == 1
    store.clock.now += 1.0
    assert await store.fetch([key(5)]) == {}
    server.start()
    assert await store.fetch([key(5)]) == {}, "it is asked during a pause"
    assert store.counts.lookups[Lookup.SKIPPED] == 1
    store.clock.now += 10.0
    assert await store.fetch([key(5)]) == {}, "it has forgotten"
    store.put(key(5), translation(8))
    await store.stored(2)
    assert await store.fetch([key(5)]) == {key(5): translation(8)}
    assert store.counts.outages == [True, False]
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]
    assert server.url not in caplog.text
    await store.close()


@asynchronous
async def test_held_up_it_costs_its_timeout_once(server: RedisServer) -> None:
    store = Store(server.url)
    await store.fetch([key(1)])
    server.hold_up()
    begin = time.monotonic()
    assert await store.fetch([key(number) for number in range(1000)]) == {}
    assert await store.fetch([key(1)]) == {}
    assert TIMEOUT * 0.9 < time.monotonic() - begin < TIMEOUT * 3
    store.put(key(1), translation(8))
    server.go_on()
    store.clock.now += 1.0
    assert await store.fetch([key(1)]) == {}
    assert store.counts.lookups[Lookup.MISS] == 2
    await store.close()


@asynchronous
async def test_writes_that_fail_are_dropped(server: RedisServer) -> None:
    store = Store(server.url)
    server.hold_up()
    for number in range(MAX_WAITING + 10):
        store.put(key(number), translation(8))
    while store.counts.writes.total() < MAX_WAITING + 10:
        await asyncio.sleep(0.01)
    assert store.counts.writes.keys() == {Write.ERROR, Write.SKIPPED}
    server.go_on()
    await store.close()


@asynchronous
async def test_what_is_too_large_is_not_written(server: RedisServer) -> None:
    store = Store(server.url)
    store.put(key(5), translation(MAX_VALUE_BYTES))
    assert store.counts.writes == {Write.SKIPPED: 1}
    await store.close()


@asynchronous
async def test_whoever_leaves_meanwhile_mixes_no_answers_up_and_costs_no_connection(
    server: RedisServer,
) -> None:
    store, draw = Store(server.url, timeout_seconds=5.0), random.Random(1)
    for number in range(50):
        store.put(key(number), translation(number))
    await store.stored(50)
    for _ in range(40):
        asked = [key(draw.randrange(50)) for _ in range(20)]
        tasks = [asyncio.create_task(store.fetch([one])) for one in asked]
        for _ in range(draw.randrange(12)):
            await asyncio.sleep(0)
        for task in tasks[::2]:
            task.cancel()
        for one, found in zip(asked[1::2], await asyncio.gather(*tasks[1::2]), strict=True):
            assert found == {one: translation(one.work.source[0])}
    assert store.counts.lookups.keys() == {Lookup.HIT}
    await store.close()


@asynchronous
async def test_a_redis_that_wants_a_password_is_an_outage(tmp_path: Path) -> None:
    with running_redis(tmp_path, "--requirepass", "secret") as server:
        store = Store(server.url)
        assert await store.fetch([key(1)]) == {}
        assert store.counts.outages == [True]
        await store.close()
        allowed = Store(server.url.replace("redis://", "redis://:secret@"))
        assert await allowed.fetch([key(1)]) == {}
        assert allowed.counts.lookups == {Lookup.MISS: 1}
        await allowed.close()


@asynchronous
async def test_what_is_no_redis_at_all_is_an_outage() -> None:
    async def chatter(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 \xff\xfe\r\n\r\n" * 10)
        await writer.drain()
        writer.close()

    port = free_port()
    async with await asyncio.start_server(chatter, "127.0.0.1", port):
        store = Store(f"redis://127.0.0.1:{port}")
        assert await store.fetch([key(1)]) == {}
        assert store.counts.outages == [True]
        await store.close()
    nowhere = Store(f"redis://127.0.0.1:{port}")
    assert await nowhere.fetch([key(1)]) == {}
    assert nowhere.counts.lookups == {Lookup.ERROR: 1}
    await nowhere.close()
