"""The cache that the settings describe, for as long as a service runs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from service.cache.codec import Codec
from service.cache.observer import CacheObserver
from service.cache.store import LruStore, SegmentStore
from service.cache.tiers import TieredStore
from service.settings import Settings, SettingsError, variable

if TYPE_CHECKING:
    from service.cache.redis_store import RedisStore


@asynccontextmanager
async def open_cache(settings: Settings, observer: CacheObserver) -> AsyncIterator[SegmentStore | None]:
    """The store of a service; None where the settings turn it off."""
    if not settings.cache_segments:
        yield None
        return
    remote = _redis_store(settings, observer)
    try:
        yield TieredStore(LruStore(settings.cache_segments), remote, observer)
    finally:
        if remote is not None:
            await remote.close()


def check_redis_url(settings: Settings) -> None:
    """Do nothing if the URL of Redis can be used, or there is none.

    Raises:
        SettingsError: it cannot; its text, which may hold a password, is not told.
    """
    if settings.redis_url is not None:
        from redis.asyncio.connection import parse_url  # noqa: PLC0415 - see ``_redis_store``

        try:
            parse_url(settings.redis_url.get_secret_value())
        except ValueError:
            raise SettingsError(f"{variable('redis_url')}: this is not a URL of a Redis") from None


def _redis_store(settings: Settings, observer: CacheObserver) -> RedisStore | None:
    if settings.redis_url is None or settings.redis_secret is None:
        return None
    # Importing the client takes 0.2 s, which a service without Redis need not wait for.
    from service.cache.redis_store import RedisStore  # noqa: PLC0415

    codec = Codec(settings.redis_secret.get_secret_value().encode())
    url = settings.redis_url.get_secret_value()
    return RedisStore(url, codec, settings.redis_ttl_seconds, settings.redis_timeout_seconds, observer)
