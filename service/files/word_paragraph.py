"""A paragraph of WordprocessingML: its text with what is around it and in it, and the way back.

Runs of the same look are one; what most of the text looks like is the text's own look, any other is a tag.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from lxml import etree

from service.files.inline import Fixed, Node, Tag, annotate
from service.files.levels import Gathering, most_common_style
from service.files.restoring import restore
from service.files.trees import Element, local, writable
from service.files.word_fields import field_character, field_end, is_field_part, texts_in
from service.text.annotated import AnnotatedText, AnnotatedTranslation

_WRAPPERS = frozenset(["hyperlink", "ins", "moveTo", "smartTag", "customXml", "dir", "bdo", "sdt"])
_PROPERTIES = frozenset(["rPr", "pPr", "sdtPr", "sdtEndPr", "smartTagPr", "customXmlPr"])
_DROPPED = frozenset(["proofErr", "lastRenderedPageBreak", "softHyphen"])
"""What the program that opens the file makes anew, and what says where a word of the original may be cut."""
_FIELDS = frozenset(["fldSimple", "oMath", "oMathPara"])
_CHARACTERS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "\u2011"}
_ELEMENTS = {"\t": "tab", "\n": "br", "\u2011": "noBreakHyphen"}
_INVISIBLE = frozenset(["lang", "noProof", "rPrChange"])
"""What of a run's properties makes no difference to its look."""
_PAIRS = {
    "bookmarkStart": "bookmarkEnd",
    "commentRangeStart": "commentRangeEnd",
    "permStart": "permEnd",
    "moveToRangeStart": "moveToRangeEnd",
    "moveFromRangeStart": "moveFromRangeEnd",
}
_XML_SPACE = "{http://www.w3.org/XML/1998/namespace}space"


@dataclass(frozen=True, slots=True)
class _Style:
    """The look of runs."""

    properties: Element | None


@dataclass(frozen=True, slots=True)
class _InRun:
    """Something in a run that is no text."""

    properties: Element | None
    element: Element


@dataclass(frozen=True, slots=True)
class _Wrapper:
    """An element around runs; they are in ``content``, which may be the element itself."""

    element: Element
    content: Element


@dataclass(frozen=True, slots=True)
class _Around:
    """Runs before and after the text of a field that is a link."""

    before: tuple[Element, ...]
    after: tuple[Element, ...]


class WordParagraph:
    """A ``w:p``.

    Attributes:
        text: what is to be translated.

    Args:
        element: changed by ``write`` only.
    """

    def __init__(self, element: Element) -> None:
        self._element = element
        self._namespace = etree.QName(element).namespace
        self._gathering = Gathering()
        self._styles: dict[bytes, int] = {}
        self._bases: dict[int, int | None] = {}
        self._gather(element)
        nodes = self._gathering.nodes()
        self._base = most_common_style(nodes, self._style_keys)
        self._nodes = self._unstyled(nodes, self._base)
        self.text: AnnotatedText = annotate(self._nodes)

    def write(self, translation: AnnotatedTranslation) -> None:
        """Put the translation into the element."""
        built = list(self._build(restore(self._nodes, translation), self._base))
        _replace_content(self._element, built)

    @property
    def _style_keys(self) -> frozenset[int]:
        return frozenset(self._styles.values())

    def _gather(self, parent: Element) -> None:
        children = [child for child in parent if local(child) not in _PROPERTIES]
        position = 0
        while position < len(children):
            child = children[position]
            if field_character(child) == "begin" and (end := field_end(children, position)) is not None:
                self._gather_field(children[position : end + 1])
                position = end + 1
            elif is_field_part(child):
                last = position
                while last + 1 < len(children) and is_field_part(children[last + 1]):
                    last += 1
                self._gathering.point(tuple(children[position : last + 1]))
                position = last + 1
            else:
                self._gather_one(child)
                position += 1

    def _gather_one(self, element: Element) -> None:
        name = local(element)
        if name == "r":
            self._gather_run(element)
        elif name in _WRAPPERS:
            content = next((one for one in element if local(one) == "sdtContent"), element)
            self._gathering.open(_Wrapper(element, content))
            self._gather(content)
            self._gathering.close()
        elif name in _FIELDS:
            self._gathering.fixed((element,), "".join(texts_in(element)))
        elif name in _PAIRS:
            self._gathering.open(element, f"{_PAIRS[name]} {_id(element)}")
        elif name in _PAIRS.values():
            self._gathering.close_pair(f"{name} {_id(element)}", element)
        elif name not in _DROPPED:
            self._gathering.point((element,))

    def _gather_run(self, run: Element) -> None:
        properties = next((child for child in run if local(child) == "rPr"), None)
        style = self._style_of(properties)
        for child in run:
            name = local(child)
            if name == "t":
                self._gathering.styled(style, child.text or "")
            elif name in _CHARACTERS and not child.attrib:
                self._gathering.styled(style, _CHARACTERS[name])
            elif name and name not in _PROPERTIES and name not in _DROPPED:
                self._gathering.point(_InRun(properties, child))

    def _gather_field(self, runs: Sequence[Element]) -> None:
        """A field: a link's text is translated; what any other field says is computed, and stays."""
        separate = next((index for index, run in enumerate(runs) if field_character(run) == "separate"), None)
        instruction = "".join(text for run in runs for text in texts_in(run, "instrText"))
        if separate is None or not instruction.strip().upper().startswith("HYPERLINK"):
            shown = runs[separate + 1 :] if separate is not None else ()
            self._gathering.fixed(tuple(runs), "".join(text for run in shown for text in texts_in(run)))
            return
        self._gathering.open(_Around(tuple(runs[: separate + 1]), (runs[-1],)))
        for run in runs[separate + 1 : -1]:
            self._gather_one(run)
        self._gathering.close()

    def _style_of(self, properties: Element | None) -> int:
        look = b"" if properties is None else _look(properties)
        if look not in self._styles:
            self._styles[look] = self._gathering.key(_Style(properties))
        return self._styles[look]

    def _unstyled(self, nodes: Sequence[Node], base: int | None) -> tuple[Node, ...]:
        """``nodes`` without the tags of their own look; in elements, that of the text in there."""
        result: list[Node] = []
        for node in nodes:
            if not isinstance(node, Tag):
                result.append(node)
            elif node.key == base:
                result += node.children
            elif node.key in self._style_keys:
                result.append(node)
            else:
                inner = most_common_style(node.children, self._style_keys)
                self._bases[node.key] = inner
                result.append(Tag(node.key, self._unstyled(node.children, inner)))
        return tuple(result)

    def _build(self, nodes: Iterable[Node], style: int | None) -> Iterator[Element]:
        for node in nodes:
            if isinstance(node, str):
                yield self._run(self._properties(style), self._content(node))
            elif isinstance(node, Fixed):
                yield from self._gathering.things[node.key]
            elif isinstance(node, Tag):
                yield from self._build_tag(node, style)

    def _build_tag(self, tag: Tag, style: int | None) -> Iterator[Element]:
        thing = self._gathering.things[tag.key]
        if isinstance(thing, _Style):
            yield from self._build(tag.children, tag.key)
            return
        inner = self._bases.get(tag.key)
        children = list(self._build(tag.children, style if inner is None else inner))
        if isinstance(thing, _Wrapper):
            _replace_content(thing.content, children)
            yield thing.element
        elif isinstance(thing, _InRun):
            yield self._run(thing.properties, [thing.element])
            yield from children
        elif isinstance(thing, _Around):
            yield from (*thing.before, *children, *thing.after)
        elif isinstance(thing, tuple):
            first, *rest = thing
            yield from (first, *children, *rest)
        else:
            yield from (thing, *children)

    def _properties(self, style: int | None) -> Element | None:
        found: Element | None = None if style is None else self._gathering.things[style].properties
        return found

    def _run(self, properties: Element | None, content: Iterable[Element]) -> Element:
        run = self._make("r")
        if properties is not None:
            run.append(copy.deepcopy(properties))
        run.extend(content)
        return run

    def _content(self, text: str) -> Iterator[Element]:
        for part in re.split("([\t\n\u2011])", writable(text)):
            if part in _ELEMENTS:
                yield self._make(_ELEMENTS[part])
            elif part:
                element = self._make("t")
                element.text = part
                element.set(_XML_SPACE, "preserve")
                yield element

    def _make(self, name: str) -> Element:
        return self._element.makeelement(f"{{{self._namespace}}}{name}", nsmap=self._element.nsmap)


def _replace_content(element: Element, content: Sequence[Element]) -> None:
    """Replace what is in ``element``, but for its properties."""
    for child in list(element):
        if local(child) not in _PROPERTIES:
            element.remove(child)
    element.extend(content)


def _look(properties: Element) -> bytes:
    visible = copy.deepcopy(properties)
    visible.tail = None
    for child in list(visible):
        if local(child) in _INVISIBLE:
            visible.remove(child)
    return etree.tostring(visible, method="c14n") if len(visible) else b""


def _id(element: Element) -> str:
    return next((value for name, value in element.attrib.items() if str(name).endswith("}id")), "")
