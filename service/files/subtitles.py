"""Subtitles, SubRip and WebVTT: what is said is translated; numbers, times, settings and notes stay.

The lines of a cue are one text where a sentence goes on from one to the next: the break is then put at the
nearest space. The dash before a speaker's line is no part of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from service.errors import UnreadableFile
from service.files.delimited import Delimiters, write_nodes
from service.files.document import Document
from service.files.encoding import decode
from service.files.inline import Fixed, Node, Soft, Tag, annotate
from service.files.limits import FileLimits
from service.files.restoring import restore
from service.files.splicing import Slot, SplicedDocument
from service.text.annotated import AnnotatedTranslation

_TIME = r"(?:\d+:)?\d{1,2}:\d{1,2}[.,]\d{1,3}"
_CUE = re.compile(
    rf"^[ \t]*{_TIME}[ \t]*-->[ \t]*{_TIME}[^\r\n]*(?:\r\n|\n|\r)"  # times, then settings
    r"((?:[ \t]*[^\s][^\r\n]*(?:\r\n|\n|\r|\Z))+)",  # lines that are not blank
    re.MULTILINE,
)
_TOKEN = re.compile(
    r"(?P<open><(?P<name>[A-Za-z][A-Za-z0-9]*)(?P<rest>[^<>]*)>)|(?P<close></(?P<closed>[A-Za-z0-9]*)[^<>]*>)"
    r"|(?P<other><[\d:.]+>|\{\\[^{}]*\})|(?P<entity>&(?:[A-Za-z]+|\#\d+);)|(?P<newline>[ \t]*(?:\r\n|\n|\r))"
)
_SENTENCE_END = re.compile(r"[.!?…:;。\uff01\uff1f]['\"”\u2019»)\]]*\s*\Z|♪\s*\Z")
_TURN = re.compile(r"(?:\{\\[^{}]*\}|<[^<>]*>|[ \t])*(?:[-\u2010-\u2015♪#]|>>)+[ \t]*")
"""What a new speaker's line or a song's begins with, after formatting; U+2010 to U+2015 are dashes."""
_BEGINNING = re.compile(rf"{_TURN.pattern}|[ \t]*[\[(]")
_LINE = re.compile(r"[^\r\n]+")
_TAG = re.compile(r"<[^<>]*>")


def read_srt(data: bytes, limits: FileLimits) -> Document:
    """SubRip; see ``Reader``."""
    source = decode(data)
    cues = list(_CUE.finditer(source.text))
    if not cues and source.text.strip():
        raise UnreadableFile(
            "file: no SubRip subtitles: there is no line such as 00:00:01,000 --> 00:00:02,000"
        )
    return SplicedDocument(source, [slot for cue in cues for slot in _slots(cue, str)])


def read_vtt(data: bytes, limits: FileLimits) -> Document:
    """WebVTT; see ``Reader``."""
    source = decode(data)
    if not re.match(r"WEBVTT(?:[ \t][^\r\n]*)?(?:\r\n|\n|\r|\Z)", source.text):
        raise UnreadableFile("file: no WebVTT subtitles: the first line must be WEBVTT")
    return SplicedDocument(
        source, [slot for cue in _CUE.finditer(source.text) for slot in _slots(cue, _escape)]
    )


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("-->", "--&gt;")


def _slots(cue: re.Match[str], escape: Callable[[str], str]) -> Iterator[Slot]:
    """One for each sentence or speaker that begins on a line of its own."""
    text = cue.group(1).rstrip()
    lines = list(_LINE.finditer(text))
    first = 0
    for index in range(1, len(lines) + 1):
        if index == len(lines) or _ends(lines[index - 1].group(), lines[index].group()):
            turn = _TURN.match(lines[first].group())
            start = lines[first].start() + (turn.end() if turn else 0)
            yield _slot(text[start : lines[index - 1].end()], cue.start(1) + start, escape)
            first = index


def _ends(line: str, following: str) -> bool:
    """Whether nothing goes on from one line to the next."""
    return bool(_SENTENCE_END.search(_TAG.sub("", line)) or _BEGINNING.match(_TAG.sub("", following)))


def _slot(text: str, start: int, escape: Callable[[str], str]) -> Slot:
    payload = _Payload(text)

    def write(translation: AnnotatedTranslation) -> str:
        return payload.write(translation, escape)

    return Slot(start, start + len(text), annotate(payload.nodes), write)


@dataclass(slots=True)
class _Open:
    """An element whose end has not come yet."""

    raw: str
    name: str
    nodes: list[Node] = field(default_factory=list)


class _Payload:
    """Lines of a cue as nodes.

    Attributes:
        nodes: the text.
    """

    def __init__(self, text: str) -> None:
        self._delimiters: list[Delimiters] = []
        self._stack = [_Open("", "")]
        position = 0
        for token in _TOKEN.finditer(text):
            self._add(text[position : token.start()])
            position = token.end()
            self._take(token)
        self._add(text[position:])
        while len(self._stack) > 1:
            self._unwrap()
        self.nodes = tuple(self._stack[0].nodes)

    def write(self, translation: AnnotatedTranslation, escape: Callable[[str], str]) -> str:
        """The translation as lines of a cue, none of them blank."""
        written = write_nodes(restore(self.nodes, translation), self._delimiters.__getitem__, escape)
        return re.sub(r"(?>(?>\r\n|\n|\r)[ \t]*)+(?=[\r\n])", "", written)

    def _add(self, *nodes: Node) -> None:
        self._stack[-1].nodes += [node for node in nodes if node != ""]

    def _key(self, opening: str, closing: str = "") -> int:
        self._delimiters.append(Delimiters(opening, closing))
        return len(self._delimiters) - 1

    def _take(self, token: re.Match[str]) -> None:
        raw = token.group()
        if token["open"]:
            self._stack.append(_Open(raw, token["name"].lower()))
        elif token["close"]:
            self._close(token["closed"].lower(), raw)
        elif token["newline"]:
            self._add(Soft(self._key(raw)))
        else:
            self._add(Fixed(raw) if token["entity"] else Tag(self._key(raw)))

    def _close(self, name: str, raw: str) -> None:
        if not any(one.name == name for one in self._stack[1:]):
            self._add(Tag(self._key(raw)))
            return
        while self._stack[-1].name != name:
            self._unwrap()
        element = self._stack.pop()
        self._add(Tag(self._key(element.raw, raw), tuple(element.nodes)))

    def _unwrap(self) -> None:
        """An element without an end is a point; so is ``<v Name>``, which needs none."""
        element = self._stack.pop()
        self._add(Tag(self._key(element.raw)), *element.nodes)
