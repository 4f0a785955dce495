"""What the events of one or several streams mean, whichever way they are read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from translate_client.batching import Batch, Part, assemble
from translate_client.errors import ConnectionBroken
from translate_client.failures import problem_error
from translate_client.protocol import read_event, read_translations
from translate_client.reading import read_number, read_text, unexpected
from translate_client.results import Segment, Translation


class Collector:
    """Puts together what is told about each of several requests, one after the other."""

    def __init__(self) -> None:
        self._parts: list[Part] | None = None
        self._whole = 0
        self._before = 0
        self._done: Batch | None = None
        self._translations: list[Translation] = []

    def begin(self, batches: Sequence[Batch]) -> None:
        """Know the texts of the requests."""
        self._parts = [part for batch in batches for part in batch]
        self._whole = sum(map(_weight, batches))

    def take(self, batch: Batch, name: str, data: str, headers: Mapping[str, str]) -> Segment | None:
        """What the event ``name`` of the request for ``batch`` tells; None if it is not about a segment.

        Raises:
            ServiceError: it tells of a failure.
            UnexpectedAnswer: it makes no sense.
        """
        if name == "segment":
            return self._segment(batch, data)
        if name == "error":
            body = read_event(data)
            raise problem_error(body, int(read_number(body.get("status"))), headers)
        if name == "done":
            self._translations += read_translations(read_event(data), len(batch))
            self._before += _weight(batch)
            self._done = batch
        return None  # `start`, and what later versions may add

    def check_done(self, batch: Batch) -> None:
        """Do nothing if the request for ``batch`` has been told to its end.

        Raises:
            ConnectionBroken: it has not.
        """
        if self._done is not batch:
            raise ConnectionBroken("the stream ended before the translation did")

    @property
    def results(self) -> list[Translation]:
        """The translation of each text.

        Raises:
            RuntimeError: not all of it has been read.
        """
        if self._parts is None or len(self._translations) < len(self._parts):
            raise RuntimeError("the stream has not been read to its end")
        return assemble(self._parts, self._translations)

    def _segment(self, batch: Batch, data: str) -> Segment:
        body = read_event(data)
        item = int(read_number(body.get("item")))
        if not 0 <= item < len(batch):
            raise unexpected("a segment of a text that was not sent")
        share = (read_number(body.get("index")) + 1) / max(1.0, read_number(body.get("total")))
        return Segment(
            item=batch[item].item,
            text=read_text(body.get("translatedText")),
            score=read_number(body.get("score")),
            progress=min(1.0, (self._before + share * _weight(batch)) / self._whole),
        )


def _weight(batch: Batch) -> int:
    """What it counts for in the progress: an empty text counts as well."""
    return sum(len(part.text) + 1 for part in batch)
