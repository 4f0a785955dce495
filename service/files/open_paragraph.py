"""A paragraph of OpenDocument: its text with what is around it and in it, and the way back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lxml import etree

from service.files.inline import Fixed, Node, Tag, annotate
from service.files.levels import Gathering
from service.files.restoring import restore
from service.files.trees import Element, writable
from service.text.annotated import AnnotatedText, AnnotatedTranslation

TEXT = "urn:oasis:names:tc:opendocument:xmlns:text:1.0"
PARAGRAPHS = (f"{{{TEXT}}}p", f"{{{TEXT}}}h")

_WRAPPERS = frozenset(["span", "a", "meta", "meta-field", "ruby", "ruby-base"])
_CHARACTERS = {"tab": "\t", "line-break": "\n"}
_ELEMENTS = {"\t": "tab", "\n": "line-break"}
_DROPPED = "soft-page-break"
_PAIR = re.compile(
    r"(bookmark|reference-mark|change|alphabetical-index-mark|toc-mark|user-index-mark)-(start|end)"
)
_PAIR_NAMES = (f"{{{TEXT}}}name", f"{{{TEXT}}}id", f"{{{TEXT}}}change-id")
_COUNT = f"{{{TEXT}}}c"
_MOST_SPACES = 1000
_WHITE_SPACE = re.compile(r"[ \t\r\n]+")
_WRITTEN = re.compile(r"([\t\n]| +)")


@dataclass(frozen=True, slots=True)
class _Wrapper:
    """An element around text."""

    element: Element


class OpenParagraph:
    """A ``text:p`` or ``text:h``.

    Attributes:
        text: what is to be translated.

    Args:
        element: changed by ``write`` only.
    """

    def __init__(self, element: Element) -> None:
        self._element = element
        self._gathering = Gathering()
        self._after_space = True
        self._gather(element)
        self._nodes = self._gathering.nodes()
        self.text: AnnotatedText = annotate(self._nodes)

    def write(self, translation: AnnotatedTranslation) -> None:
        """Put the translation into the element."""
        self._after_space = True
        _fill(self._element, list(self._build(restore(self._nodes, translation))))

    def _gather(self, parent: Element) -> None:
        self._add_text(parent.text)
        for child in parent:
            self._gather_one(child)
            self._add_text(child.tail)

    def _add_text(self, text: str | None) -> None:
        """Text whose white space counts once, as readers of the format have it."""
        collapsed = _WHITE_SPACE.sub(" ", text or "")
        if self._after_space:
            collapsed = collapsed.lstrip(" ")
        if collapsed:
            self._after_space = collapsed.endswith(" ")
            self._gathering.text(collapsed)

    def _add_characters(self, text: str) -> None:
        self._after_space = False
        self._gathering.text(text)

    def _gather_one(self, element: Element) -> None:
        name = _name(element)
        pair = _PAIR.fullmatch(name)
        if name in _WRAPPERS:
            self._gathering.open(_Wrapper(element))
            self._gather(element)
            self._gathering.close()
        elif name in _CHARACTERS:
            self._add_characters(_CHARACTERS[name])
        elif name == "s":
            self._add_characters(" " * _spaces(element))
        elif pair is not None and pair[2] == "start":
            self._gathering.open(element, f"{pair[1]} {_pair_name(element)}")
        elif pair is not None:
            self._gathering.close_pair(f"{pair[1]} {_pair_name(element)}", element)
        elif name != _DROPPED:
            self._gather_object(element, name)

    def _gather_object(self, element: Element, name: str) -> None:
        """A field, whose text is computed, or something that is no text: a note, a picture."""
        text = _WHITE_SPACE.sub(" ", "".join(element.itertext())).strip()
        is_field = bool(name) and not any(one.tag in PARAGRAPHS for one in element.iter())
        self._after_space = self._after_space and not (is_field and text)
        self._gathering.fixed(element, text if is_field else "")

    def _build(self, nodes: Iterable[Node]) -> Iterator[str | Element]:
        for node in nodes:
            if isinstance(node, str):
                yield from self._written(node)
            elif isinstance(node, Fixed):
                self._after_space = False
                yield self._gathering.things[node.key]
            elif isinstance(node, Tag):
                yield from self._build_tag(node)

    def _build_tag(self, tag: Tag) -> Iterator[str | Element]:
        thing = self._gathering.things[tag.key]
        children = list(self._build(tag.children))
        if isinstance(thing, _Wrapper):
            _fill(thing.element, children)
            yield thing.element
        elif isinstance(thing, tuple):
            yield from (thing[0], *children, thing[1])
        else:
            yield from (thing, *children)

    def _written(self, text: str) -> Iterator[str | Element]:
        """``text`` with elements for what readers of the format would not see as text."""
        for part in _WRITTEN.split(writable(text)):
            if part in _ELEMENTS:
                yield self._make(_ELEMENTS[part])
                self._after_space = False
            elif part.startswith(" "):
                if not self._after_space:
                    yield " "
                if more := len(part) - (not self._after_space):
                    yield self._make("s", more)
                self._after_space = True
            elif part:
                yield part
                self._after_space = False

    def _make(self, name: str, count: int = 1) -> Element:
        made = self._element.makeelement(f"{{{TEXT}}}{name}", nsmap=self._element.nsmap)
        if count > 1:
            made.set(_COUNT, str(count))
        return made


def _fill(element: Element, content: list[str | Element]) -> None:
    """Have ``element`` hold ``content`` and nothing else."""
    for child in list(element):
        element.remove(child)
    element.text = None
    for piece in content:
        _append(element, piece)


def _append(parent: Element, piece: str | Element) -> None:
    if not isinstance(piece, str):
        piece.tail = None
        parent.append(piece)
    elif len(parent):
        parent[-1].tail = (parent[-1].tail or "") + piece
    else:
        parent.text = (parent.text or "") + piece


def _name(element: Element) -> str:
    """The element's name if it is one of text; of anything else a name that nothing here has."""
    if not isinstance(element.tag, str):
        return ""
    name = etree.QName(element)
    return name.localname if name.namespace == TEXT and name.localname != "note" else ""


def _pair_name(element: Element) -> str:
    return next((str(element.get(name)) for name in _PAIR_NAMES if element.get(name)), "")


def _spaces(element: Element) -> int:
    count = str(element.get(_COUNT, "1"))
    return min(int(count), _MOST_SPACES) if count.isdecimal() else 1
