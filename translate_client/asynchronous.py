"""The client for programs with an event loop."""

from __future__ import annotations

import random
from asyncio import sleep, to_thread
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar, Unpack, overload

import httpx

from translate_client.batching import Batch, assemble, make_batches
from translate_client.calls import (
    DEFAULT_TIMEOUT_SECONDS,
    DEFAULT_URL,
    LANGUAGES,
    SETTINGS,
    Address,
    Call,
    detect_call,
    forget_call,
    is_one,
    result_call,
    status_call,
    translate_call,
    upload_call,
)
from translate_client.errors import TranslateError
from translate_client.failures import check_success, connection_errors
from translate_client.protocol import (
    Options,
    check_events,
    may_cut,
    read_detections,
    read_document,
    read_file,
    read_json,
    read_languages,
    read_progress,
    read_settings,
    read_translations,
)
from translate_client.results import (
    Detection,
    Language,
    ServerSettings,
    TranslatedFile,
    Translation,
)
from translate_client.retrying import Retries
from translate_client.streams import AsyncTranslationStream

Result = TypeVar("Result")

_POLL_SECONDS = 0.1
"""Between two questions about a file; the service waits before it answers, too."""


class AsyncClient:
    """A service, asked over HTTP; used as an asynchronous context, or closed in the end. Tasks may share it.

    Args:
        url: the service's address.
        api_key: if the service wants one.
        timeout_seconds: after which a silent service is given up.
        retries: when to try again.
        transport: what httpx sends with, instead of its own.

    Raises:
        ValueError: ``url`` is no address.
    """

    def __init__(
        self,
        url: str = DEFAULT_URL,
        *,
        api_key: str | None = None,
        timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS,
        retries: Retries | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._address = Address.of(url, api_key, timeout_seconds)
        self._retries = retries or Retries()
        self._http = httpx.AsyncClient(transport=transport)
        self._settings: ServerSettings | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close its connections."""
        await self._http.aclose()

    @overload
    async def translate(self, texts: str, target: str, **options: Unpack[Options]) -> Translation: ...

    @overload
    async def translate(
        self, texts: list[str] | tuple[str, ...], target: str, **options: Unpack[Options]
    ) -> list[Translation]: ...

    async def translate(
        self, texts: str | list[str] | tuple[str, ...], target: str, **options: Unpack[Options]
    ) -> Translation | list[Translation]:
        """A text's translation, or those of a list, whatever its size.

        What is more than the service takes at once is sent as several requests, one after the other. A text
        that is too long by itself is cut where a paragraph, a line, a sentence or at least a word ends,
        unless alternatives are wanted or it is HTML.

        Args:
            texts: a text or a list of texts.
            target: code of the language to translate into.
            **options: see ``Options``.

        Raises:
            TranslateError: see ``translate_client.errors``.
        """
        one = is_one(texts)
        batches = await self._batches([texts] if isinstance(texts, str) else texts, options)
        found: list[Translation] = []
        for batch in batches:
            call = translate_call([part.text for part in batch], target, options)
            found += read_translations(await self._ask(call), len(batch))
        results = assemble([part for batch in batches for part in batch], found)
        return results[0] if one else results

    def stream(
        self, texts: str | list[str] | tuple[str, ...], target: str, **options: Unpack[Options]
    ) -> AsyncTranslationStream:
        """The same, sentence by sentence, each as soon as it and all before it are done.

        Args:
            texts: a text or a list of texts.
            target: code of the language to translate into.
            **options: see ``Options``.
        """
        is_one(texts)
        listed = [texts] if isinstance(texts, str) else texts
        return AsyncTranslationStream(
            lambda: self._batches(listed, options),
            lambda batch: self._open(
                translate_call([part.text for part in batch], target, options, stream=True)
            ),
        )

    async def detect(self, text: str) -> Detection:
        """The language of ``text``, among those that can be translated from.

        Raises:
            TranslateError: see ``translate_client.errors``.
        """
        return read_detections(await self._ask(detect_call(text)))

    async def languages(self) -> tuple[Language, ...]:
        """What can be translated from, and into what.

        Raises:
            TranslateError: see ``translate_client.errors``.
        """
        return read_languages(await self._ask(LANGUAGES))

    async def settings(self) -> ServerSettings:
        """What the service takes; asked once.

        Raises:
            TranslateError: see ``translate_client.errors``.
        """
        if self._settings is None:
            self._settings = read_settings(await self._ask(SETTINGS))
        return self._settings

    async def translate_file(
        self,
        path: str | Path,
        target: str,
        *,
        source: str = "auto",
        on_progress: Callable[[float], None] | None = None,
    ) -> TranslatedFile:
        """A file's translation, its structure kept; ``settings().file_extensions`` has the kinds of files.

        The service works on it in the background and forgets it afterwards, also if this is broken off.

        Args:
            path: the file, which is read at once.
            target: code of the language to translate into.
            source: code of its language, or ``auto``.
            on_progress: told how much is done, from 0 to 1.

        Raises:
            OSError: it cannot be read.
            TranslateError: see ``translate_client.errors``.
        """
        name, content = Path(path).name, await to_thread(Path(path).read_bytes)
        document = read_document(await self._ask(upload_call(name, content, target, source)))
        try:
            while (progress := read_progress(await self._ask(status_call(document)))) < 1.0:
                if on_progress is not None:
                    on_progress(progress)
                await sleep(_POLL_SECONDS)
            return read_file(await self._repeat(result_call(document), self._send), name)
        finally:
            with suppress(TranslateError):
                await self._send(forget_call(document))

    async def _batches(self, texts: Sequence[str], options: Options) -> list[Batch]:
        return make_batches(texts, await self.settings(), cut=may_cut(options)) if texts else []

    async def _ask(self, call: Call) -> Any:
        return read_json(await self._repeat(call, self._send))

    async def _open(self, call: Call) -> httpx.Response:
        return await self._repeat(call, self._send_and_look)

    async def _send(self, call: Call) -> httpx.Response:
        """A response that says yes, read."""
        with connection_errors():
            response = await self._http.send(self._address.request(self._http, call))
        check_success(response)
        return response

    async def _send_and_look(self, call: Call) -> httpx.Response:
        """A response that is a stream of events, not yet read."""
        with connection_errors():
            response = await self._http.send(self._address.request(self._http, call), stream=True)
        try:
            if not response.is_success:
                with connection_errors():
                    await response.aread()
            check_events(response)
        except BaseException:
            await response.aclose()
            raise
        return response

    async def _repeat(self, call: Call, attempt: Callable[[Call], Awaitable[Result]]) -> Result:
        number = 1
        while True:
            try:
                return await attempt(call)
            except TranslateError as error:
                chance = random.random()  # noqa: S311 - spreads clients, hides nothing
                delay = self._retries.delay_after(error, number, chance, reads_only=call.reads_only)
                if delay is None:
                    raise
            await sleep(delay)
            number += 1
