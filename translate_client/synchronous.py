"""The client for programs that wait."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from time import sleep
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
from translate_client.streams import TranslationStream

Result = TypeVar("Result")

_POLL_SECONDS = 0.1
"""Between two questions about a file; the service waits before it answers, too."""


class Client:
    """A service, asked over HTTP; used as a context, or closed in the end. Threads may share it.

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
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._address = Address.of(url, api_key, timeout_seconds)
        self._retries = retries or Retries()
        self._http = httpx.Client(transport=transport)
        self._settings: ServerSettings | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close its connections."""
        self._http.close()

    @overload
    def translate(self, texts: str, target: str, **options: Unpack[Options]) -> Translation: ...

    @overload
    def translate(
        self, texts: list[str] | tuple[str, ...], target: str, **options: Unpack[Options]
    ) -> list[Translation]: ...

    def translate(
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
        batches = self._batches([texts] if isinstance(texts, str) else texts, options)
        found: list[Translation] = []
        for batch in batches:
            call = translate_call([part.text for part in batch], target, options)
            found += read_translations(self._ask(call), len(batch))
        results = assemble([part for batch in batches for part in batch], found)
        return results[0] if one else results

    def stream(
        self, texts: str | list[str] | tuple[str, ...], target: str, **options: Unpack[Options]
    ) -> TranslationStream:
        """The same, sentence by sentence, each as soon as it and all before it are done.

        Args:
            texts: a text or a list of texts.
            target: code of the language to translate into.
            **options: see ``Options``.
        """
        is_one(texts)
        listed = [texts] if isinstance(texts, str) else texts
        return TranslationStream(
            lambda: self._batches(listed, options),
            lambda batch: self._open(
                translate_call([part.text for part in batch], target, options, stream=True)
            ),
        )

    def detect(self, text: str) -> Detection:
        """The language of ``text``, among those that can be translated from.

        Raises:
            TranslateError: see ``translate_client.errors``.
        """
        return read_detections(self._ask(detect_call(text)))

    def languages(self) -> tuple[Language, ...]:
        """What can be translated from, and into what.

        Raises:
            TranslateError: see ``translate_client.errors``.
        """
        return read_languages(self._ask(LANGUAGES))

    def settings(self) -> ServerSettings:
        """What the service takes; asked once.

        Raises:
            TranslateError: see ``translate_client.errors``.
        """
        if self._settings is None:
            self._settings = read_settings(self._ask(SETTINGS))
        return self._settings

    def translate_file(
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
        name, content = Path(path).name, Path(path).read_bytes()
        document = read_document(self._ask(upload_call(name, content, target, source)))
        try:
            while (progress := read_progress(self._ask(status_call(document)))) < 1.0:
                if on_progress is not None:
                    on_progress(progress)
                sleep(_POLL_SECONDS)
            return read_file(self._repeat(result_call(document), self._send), name)
        finally:
            with suppress(TranslateError):
                self._send(forget_call(document))

    def _batches(self, texts: Sequence[str], options: Options) -> list[Batch]:
        return make_batches(texts, self.settings(), cut=may_cut(options)) if texts else []

    def _ask(self, call: Call) -> Any:
        return read_json(self._repeat(call, self._send))

    def _open(self, call: Call) -> httpx.Response:
        return self._repeat(call, self._send_and_look)

    def _send(self, call: Call) -> httpx.Response:
        """A response that says yes, read."""
        with connection_errors():
            response = self._http.send(self._address.request(self._http, call))
        check_success(response)
        return response

    def _send_and_look(self, call: Call) -> httpx.Response:
        """A response that is a stream of events, not yet read."""
        with connection_errors():
            response = self._http.send(self._address.request(self._http, call), stream=True)
        try:
            if not response.is_success:
                with connection_errors():
                    response.read()
            check_events(response)
        except BaseException:
            response.close()
            raise
        return response

    def _repeat(self, call: Call, attempt: Callable[[Call], Result]) -> Result:
        number = 1
        while True:
            try:
                return attempt(call)
            except TranslateError as error:
                chance = random.random()  # noqa: S311 - spreads clients, hides nothing
                delay = self._retries.delay_after(error, number, chance, reads_only=call.reads_only)
                if delay is None:
                    raise
            sleep(delay)
            number += 1
