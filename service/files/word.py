"""Word documents: body, headers, footers, footnotes and endnotes are translated; comments stay."""

from __future__ import annotations

from collections.abc import Iterator

from service.errors import UnreadableFile
from service.files.document import Document
from service.files.limits import FileLimits
from service.files.package import Package, read_package
from service.files.parts import PackagedDocument
from service.files.trees import Element, local, parse_tree
from service.files.word_paragraph import WordParagraph

_TYPES = "[Content_Types].xml"
_WORD = "wordprocessingml."
_MAIN = ("document.main+xml", "template.main+xml", "document.macroEnabled.main+xml")
_TEXTS = ("header+xml", "footer+xml", "footnotes+xml", "endnotes+xml")


def read(data: bytes, limits: FileLimits) -> Document:
    """See ``Reader``."""
    package = read_package(data, limits)
    kinds = dict(_kinds(package))
    main = [name for name, kind in kinds.items() if kind in _MAIN]
    if not main:
        raise UnreadableFile("file: a ZIP package, but no Word document")
    others = [name for name, kind in kinds.items() if kind in _TEXTS]
    return PackagedDocument(package, [*main, *sorted(others)], _paragraphs)


def _kinds(package: Package) -> Iterator[tuple[str, str]]:
    """The parts with WordprocessingML, and what each is."""
    if _TYPES not in package.parts:
        return
    for override in parse_tree(package.parts[_TYPES], _TYPES).getroot():
        name = str(override.get("PartName", "")).removeprefix("/")
        kind = str(override.get("ContentType", "")).rpartition(_WORD)[2]
        if local(override) == "Override" and name in package.parts:
            yield name, kind


def _paragraphs(root: Element) -> list[WordParagraph]:
    return [WordParagraph(one) for one in root.iter() if local(one) == "p" and _is_word(one, root)]


def _is_word(element: Element, root: Element) -> bool:
    """Whether it is of the root's language: drawings have paragraphs of another one."""
    return str(element.tag).rpartition("}")[0] == str(root.tag).rpartition("}")[0]
