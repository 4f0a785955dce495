"""Subtitles, SubRip and WebVTT: what is said is translated; numbers, times, settings and notes stay.

The lines of a cue are one text where a sentence goes on from one to the next: the break is then put at the
nearest space.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from service.errors import UnreadableFile
from service.files.delimited import Delimiters, write_nodes
from service.files.document import Document
from service.files.encoding import decode
from service.files.inline import Fixed, Node, Soft, Tag, annotate, restore
from service.files.limits import FileLimits
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
_TURN = re.compile(r"\s*(?:[-\u2010-\u2015♪#\[(]|>>)")
"""What a new speaker's line, a song's or a sound's begins with; U+2010 to U+2015 are dashes."""


def read_srt(data: bytes, limits: FileLimits) -> Document:
    """SubRip; see ``Reader``."""
    source = decode(data)
    cues = list(_CUE.finditer(source.text))
    if not cues and source.text.strip():
        raise UnreadableFile(
            "file: no SubRip subtitles: there is no line such as 00:00:01,000 --> 00:00:02,000"
        )
    return SplicedDocument(source, [_slot(cue, str) for cue in cues])


def read_vtt(data: bytes, limits: FileLimits) -> Document:
    """WebVTT; see ``Reader``."""
    source = decode(data)
    if not re.match(r"WEBVTT(?:[ \t][^\r\n]*)?(?:\r\n|\n|\r|\Z)", source.text):
        raise UnreadableFile("file: no WebVTT subtitles: the first line must be WEBVTT")
    return SplicedDocument(source, [_slot(cue, _escape) for cue in _CUE.finditer(source.text)])


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("-->", "--&gt;")


def _slot(cue: re.Match[str], escape: Callable[[str], str]) -> Slot:
    text = cue.group(1).rstrip()
    payload = _Payload(text)

    def write(translation: AnnotatedTranslation) -> str:
        return payload.write(translation, escape)

    return Slot(cue.start(1), cue.start(1) + len(text), annotate(payload.nodes), write)


@dataclass(slots=True)
class _Open:
    """An element whose end has not come yet."""

    raw: str
    name: str
    nodes: list[Node] = field(default_factory=list)


class _Payload:
    """The text of a cue as nodes.

    Attributes:
        nodes: the text.
    """

    def __init__(self, text: str) -> None:
        self._delimiters: list[Delimiters] = []
        self._hard: list[str] = []
        self._stack = [_Open("", "")]
        position = 0
        for token in _TOKEN.finditer(text):
            self._add(text[position : token.start()])
            position = token.end()
            self._take(token, text)
        self._add(text[position:])
        while len(self._stack) > 1:
            self._unwrap()
        self.nodes = tuple(self._stack[0].nodes)

    def write(self, translation: AnnotatedTranslation, escape: Callable[[str], str]) -> str:
        """The translation as lines of a cue, none of them blank."""
        hard: Iterator[str] = iter(self._hard)

        def write(text: str) -> str:
            return "".join(next(hard, "\n") if one == "\n" else escape(one) for one in re.split("(\n)", text))

        written = write_nodes(restore(self.nodes, translation), self._delimiters.__getitem__, write)
        return re.sub(r"(?>(?>\r\n|\n|\r)[ \t]*)+(?=[\r\n])", "", written)

    def _add(self, *nodes: Node) -> None:
        self._stack[-1].nodes += [node for node in nodes if node != ""]

    def _key(self, opening: str, closing: str = "") -> int:
        self._delimiters.append(Delimiters(opening, closing))
        return len(self._delimiters) - 1

    def _take(self, token: re.Match[str], text: str) -> None:
        kind, raw = token.lastgroup, token.group()
        if token["open"]:
            self._stack.append(_Open(raw, token["name"].lower()))
        elif token["close"]:
            self._close(token["closed"].lower(), raw)
        elif token["newline"]:
            self._break(
                raw, text[max(0, token.start() - 200) : token.start()], text[token.end() : token.end() + 200]
            )
        else:
            self._add(Fixed(raw) if kind == "entity" else Tag(self._key(raw)))

    def _break(self, raw: str, before: str, after: str) -> None:
        """A line break: soft within a sentence, hard before the next sentence or speaker."""
        if _SENTENCE_END.search(re.sub(r"<[^<>]*>", "", before)) or _TURN.match(
            re.sub(r"<[^<>]*>", "", after)
        ):
            self._hard.append(raw)
            self._add("\n")
        else:
            self._add(Soft(self._key(raw)))

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
