"""Inline Markdown as nodes, and nodes as inline Markdown of the same structure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from markdown_it import MarkdownIt

from service.files.delimited import Delimiters, write_nodes
from service.files.inline import Fixed, Node, Soft, Tag
from service.files.markdown_parser import Element, parse_inline, signature
from service.files.restoring import WHITE_EDGES, restore, split_edges
from service.text.annotated import AnnotatedTranslation

_SPECIAL = re.compile(r"[\\`*_\[\]<>~]|&(?=#?\w+;)")
_PLAIN_LABEL = re.compile(r"[^\\`*_\[\]<>&!\n]*")
_FIXED_LINE = re.compile(r"^:::+[^\n]*", re.MULTILINE)
_BLOCK_START = re.compile(
    r"(?:\d{1,9}[.)](?=\s|$)|[-+*](?=\s|$)|#{1,6}(?=\s|$)|>|=+\s*$|-+\s*$|`{3}|~{3}|\||:::)", re.MULTILINE
)
_HTML_NAME = re.compile(r"</?([A-Za-z][A-Za-z0-9-]*)")
_EMPHASIS = ("em", "strong", "s")
_PUNCTUATED_EDGES = re.compile(r"([\W_]*)(.*?)([\W_]*)", re.DOTALL)


@dataclass(slots=True)
class _Open:
    kind: str
    raw: str
    start: int = 0
    nodes: list[Node] = field(default_factory=list)


class InlineMarkdown:
    """The text of a paragraph, a heading or a cell.

    Attributes:
        nodes: what a translator is given.

    Args:
        parser: from ``make_parser``.
        content: the text, its lines without what stands before them in a list or a quotation.
        env: the parser's.
    """

    def __init__(self, parser: MarkdownIt, content: str, env: dict[str, Any]) -> None:
        self._parser = parser
        self._content = content
        self._env = env
        self._delimiters: list[Delimiters] = []
        self._kinds: list[str] = []
        self._hard: list[str] = []
        self._stack = [_Open("", "")]
        self._build(parse_inline(parser, content, env))
        while len(self._stack) > 1:
            self._unwrap()
        self.nodes = tuple(self._stack[0].nodes)

    def write(self, translation: AnnotatedTranslation) -> str | None:
        """The translation with the elements of the text, and no other; None where that cannot be written."""
        restored = restore(self.nodes, translation)
        wanted = signature(self._parser, self._content, self._env)
        for tidy, escape in ((WHITE_EDGES, str), (WHITE_EDGES, _escape), (_PUNCTUATED_EDGES, _escape)):
            lost: list[str] = []
            written = self._write(tuple(self._tidied(restored, tidy, lost)), escape)
            without = list(wanted)
            for kind in lost:  # there is nothing left to emphasise
                without.remove((f"{kind}_open", ""))
                without.remove((f"{kind}_close", ""))
            if signature(self._parser, written, self._env) == without and self._stays_block(written):
                return written
        return None

    def _stays_block(self, written: str) -> bool:
        """Whether no block is born, such as a list; what would be one by itself already may be."""
        return _is_paragraph(self._parser, written) or not _is_paragraph(self._parser, self._content)

    def _build(self, elements: Iterable[Element]) -> None:
        position = 0
        for element in elements:
            start = element.start
            if element.kind in ("softbreak", "hardbreak"):
                start -= len(self._content[:start]) - len(self._content[:start].rstrip(" "))
            if start < position:
                continue  # within an image's description or an address
            self._add_text(self._content[position:start])
            self._take(element, self._content[start : element.end])
            position = element.end
        self._add_text(self._content[position:])

    def _add(self, *nodes: Node) -> None:
        self._stack[-1].nodes += nodes

    def _add_text(self, text: str) -> None:
        position = 0
        for fixed in _FIXED_LINE.finditer(text):
            if fixed.start() > position:
                self._add(text[position : fixed.start()])
            self._add(Fixed(fixed.group()))
            position = fixed.end()
        if text[position:]:
            self._add(text[position:])

    def _key(self, kind: str, opening: str, closing: str = "") -> int:
        self._delimiters.append(Delimiters(opening, closing))
        self._kinds.append(kind)
        return len(self._kinds) - 1

    def _take(self, element: Element, raw: str) -> None:
        kind, _, side = element.kind.rpartition("_")
        if element.kind == "softbreak":
            self._add(Soft(self._key("softbreak", raw)))
        elif element.kind == "hardbreak":
            self._hard.append(raw)
            self._add("\n")
        elif element.kind == "image":
            self._add(self._image(raw, element.token.content))
        elif element.kind == "html_inline":
            self._take_html(raw)
        elif element.kind == "link_open" and element.token.markup == "autolink":
            self._add(Fixed(raw))
        elif side == "open":
            self._stack.append(_Open(kind, raw, element.end))
        elif side == "close":
            self._close(kind, raw, element.start)
        elif element.kind == "text_special" and element.token.content == raw:
            self._add_text(raw)  # a backslash that escapes nothing
        else:
            self._add(Fixed(raw))

    def _image(self, raw: str, description: str) -> Node:
        """Its description is text if it is plain, and no sentence is around it."""
        is_alone = raw == self._content and raw.startswith(f"![{description}](")
        if is_alone and _PLAIN_LABEL.fullmatch(description):
            closing = raw[2 + len(description) :]
            return Tag(self._key("image", "![", closing), (description,))
        return Tag(self._key("image", raw))

    def _take_html(self, raw: str) -> None:
        name = _HTML_NAME.match(raw)
        kind = f"html {name.group(1).lower()}" if name else "html"
        if name is None or raw.endswith("/>"):
            self._add(Tag(self._key("html", raw)))
        elif not raw.startswith("</"):
            self._stack.append(_Open(kind, raw))
        elif self._is_open(kind):
            self._close(kind, raw, 0)
        else:
            self._add(Tag(self._key("html", raw)))

    def _is_open(self, kind: str) -> bool:
        """Whether there is HTML of that kind to be closed, with nothing of Markdown begun within it."""
        for one in reversed(self._stack):
            if one.kind == kind:
                return True
            if not one.kind.startswith("html "):
                return False
        return False

    def _close(self, kind: str, raw: str, label_end: int) -> None:
        while self._stack[-1].kind != kind:
            self._unwrap()
        element = self._stack.pop()
        if kind == "link" and raw in ("]", "][]"):  # the text is the name of a definition
            raw = f"][{self._content[element.start : label_end]}]"
        self._add(Tag(self._key(kind, element.raw, raw), tuple(element.nodes)))

    def _unwrap(self) -> None:
        """HTML without an end is a point."""
        element = self._stack.pop()
        self._add(Tag(self._key("html", element.raw)), *element.nodes)

    def _tidied(self, nodes: Iterable[Node], edges: re.Pattern[str], lost: list[str]) -> Iterator[Node]:
        """``nodes`` with emphasis around what can have it; ``lost`` gets its kind where there is nothing."""
        for node in nodes:
            if not isinstance(node, Tag):
                yield node
                continue
            children = tuple(self._tidied(node.children, edges, lost))
            if self._kinds[node.key] not in _EMPHASIS:
                yield Tag(node.key, children)
                continue
            before, children, after = split_edges(children, edges)
            yield from before
            if children:
                yield Tag(node.key, children)
            else:
                lost.append(self._kinds[node.key])
            yield from after

    def _write(self, nodes: tuple[Node, ...], escape: Callable[[str], str]) -> str:
        hard = iter(self._hard)

        def write(text: str) -> str:
            return "".join(next(hard, "\n") if one == "\n" else escape(one) for one in re.split("(\n)", text))

        written = write_nodes(nodes, self._delimiters.__getitem__, write)
        return _guard(written, self._content)


def _is_paragraph(parser: MarkdownIt, content: str) -> bool:
    """Whether ``content`` by itself is a paragraph, and nothing else."""
    tokens = parser.parse(content)
    return len(tokens) == 3 and tokens[0].type == "paragraph_open" and tokens[1].content == content


def _escape(text: str) -> str:
    return _SPECIAL.sub(lambda found: "\\" + found.group(), text)


def _guard(written: str, original: str) -> str:
    """``written`` with no line that begins a block: a list, a heading, a quotation, a table."""
    lines = written.split("\n")
    begins = bool(_BLOCK_START.match(original))
    guarded = [lines[0] if begins else _guard_start(lines[0])]
    for line in lines[1:]:
        if _BLOCK_START.match(line.lstrip()):
            guarded[-1] = guarded[-1].rstrip("\\ ") + " " + line.lstrip()
        else:
            guarded.append(line)
    return "\n".join(guarded)


def _guard_start(line: str) -> str:
    found = _BLOCK_START.match(line)
    if found is None:
        return line
    digits = re.match(r"\d*", line)
    place = digits.end() if digits else 0
    return f"{line[:place]}\\{line[place:]}"
