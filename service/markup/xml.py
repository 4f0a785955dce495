"""XML as tokens, by expat."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.entities import html5
from itertools import groupby
from xml.parsers import expat

from service.markup.tokens import Kind, MarkupError, Token

_ROOT = b"<r>"
_ROOT_END = b"</r>"


def xml_tokens(document: str) -> list[Token]:
    """The tokens of ``document``, which need not have a root element; time is linear in its length.

    Nothing is fetched, and no entity is expanded except those of characters, which include HTML's.

    Raises:
        MarkupError: it is not well-formed, declares entities, or uses one that nobody knows.
    """
    encoded = document.encode()
    try:
        events = _parse(encoded, b"", b"")
    except _Malformed as whole:
        try:
            events = _parse(encoded, _ROOT, _ROOT_END)
        except _Malformed as fragment:
            raise _explained(encoded, max(fragment, whole, key=lambda error: error.position)) from None
    return list(_joined(_tokens(encoded, events)))


class _Malformed(Exception):
    """What expat found, and at which byte of the document."""

    def __init__(self, reason: str, position: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.position = position


@dataclass(slots=True)
class _Event:
    """What begins at byte ``start``; in a CDATA section ``text`` may still grow."""

    start: int
    kind: Kind
    name: str = ""
    text: str = ""
    attributes: dict[str, str] = field(default_factory=dict)


class _Listener:
    """Collects events of one parse.

    Args:
        offset: bytes before the document.
    """

    def __init__(self, offset: int) -> None:
        self.events: list[_Event] = []
        self._offset = offset
        self._parser = parser = expat.ParserCreate("utf-8")
        parser.UseForeignDTD(True)  # an unknown entity is skipped, and told, instead of an error
        parser.StartElementHandler = self._start
        parser.EndElementHandler = lambda name: self._add(Kind.END, name)
        parser.CharacterDataHandler = lambda text: self._add(Kind.TEXT, text=text)
        parser.SkippedEntityHandler = self._entity
        parser.StartCdataSectionHandler = lambda: self._add(Kind.TEXT)
        parser.EndCdataSectionHandler = lambda: self._add(Kind.TEXT)
        parser.CommentHandler = lambda _: self._add(Kind.OTHER)
        parser.ProcessingInstructionHandler = lambda *_: self._add(Kind.OTHER)
        parser.XmlDeclHandler = lambda *_: self._add(Kind.OTHER)
        parser.StartDoctypeDeclHandler = self._doctype

    def parse(self, data: bytes) -> None:
        try:
            self._parser.Parse(data, True)
        except expat.ExpatError as error:
            raise _Malformed(
                expat.ErrorString(error.code), self._parser.ErrorByteIndex - self._offset
            ) from None

    def _add(self, kind: Kind, name: str = "", text: str = "") -> None:
        self.events.append(_Event(self._parser.CurrentByteIndex - self._offset, kind, name, text))

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._add(Kind.START, name)
        self.events[-1].attributes = attributes

    def _entity(self, name: str, is_parameter: bool) -> None:
        text = html5.get(f"{name};")
        if text is None:
            raise _Malformed("undefined entity", self._parser.CurrentByteIndex - self._offset)
        self._add(Kind.TEXT, text=text)

    def _doctype(self, name: str, system: str | None, public: str | None, has_internal_subset: int) -> None:
        if has_internal_subset:
            raise MarkupError("a document type with declarations of its own is not accepted")
        self._add(Kind.OTHER)


def _parse(document: bytes, before: bytes, after: bytes) -> list[_Event]:
    listener = _Listener(len(before))
    listener.parse(before + document + after)
    return listener.events[1:-1] if before else listener.events


def _tokens(document: bytes, events: list[_Event]) -> Iterator[Token]:
    starts = [*(event.start for event in events), len(document)]
    if starts[0]:
        yield Token(Kind.OTHER, document[: starts[0]].decode())
    is_childless = False
    for event, end in zip(events, starts[1:], strict=True):
        source = document[event.start : end].decode()
        if is_childless:  # this is the end of <x/>, and what follows the root element
            is_childless = False
            if source:
                yield Token(Kind.OTHER, source)
            continue
        is_childless = event.kind is Kind.START and source.endswith("/>")
        yield Token(event.kind, source, event.name, event.text, event.attributes, is_childless, is_childless)


def _joined(tokens: Iterator[Token]) -> Iterator[Token]:
    """``tokens`` with neighbouring ones of text as one."""
    for kind, group in groupby(tokens, key=lambda token: token.kind):
        if kind is Kind.TEXT:
            texts = list(group)
            yield Token(
                kind,
                "".join(token.source for token in texts),
                text="".join(token.text for token in texts),
            )
        else:
            yield from group


def _explained(document: bytes, error: _Malformed) -> MarkupError:
    before = document[: max(0, error.position)]
    line = before.count(b"\n") + 1
    column = len(before[before.rfind(b"\n") + 1 :].decode(errors="ignore")) + 1
    return MarkupError(f"{error.reason} at line {line}, character {column}")
