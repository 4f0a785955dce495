"""EPUB books: chapters and tables of contents are translated; styles, pictures and metadata stay."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from urllib.parse import unquote

from service.errors import UnreadableFile
from service.files.document import Document
from service.files.encoding import EncodedText, decode
from service.files.limits import FileLimits
from service.files.package import Package, read_package
from service.files.splicing import is_unchanged
from service.files.trees import Element, local, parse_tree
from service.markup.document import Document as Markup
from service.markup.document import xml_document
from service.markup.elements import FOREIGN, SPLITTING, UNTOUCHED, UNTOUCHED_WORDS
from service.markup.rules import Rules
from service.markup.tokens import MarkupError
from service.text.annotated import AnnotatedText, AnnotatedTranslation

_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_CHAPTER = "application/xhtml+xml"
_CONTENTS = "application/x-dtbncx+xml"
_RULES: Mapping[str, Rules] = {
    _CHAPTER: Rules(
        ignored=UNTOUCHED | UNTOUCHED_WORDS, splitting=SPLITTING | (UNTOUCHED - FOREIGN), outline=False
    ),
    _CONTENTS: Rules(ignored=frozenset(["head"]), splitting=frozenset(["text"])),
}
_DECLARED = re.compile(rb"<\?xml[^>]*encoding\s*=\s*[\"']([A-Za-z0-9_-]+)")


def read(data: bytes, limits: FileLimits) -> Document:
    """See ``Reader``."""
    package = read_package(data, limits)
    names = dict(_texts(package))
    if not any(kind == _CHAPTER for kind in names.values()):
        raise UnreadableFile("file: an EPUB book without chapters")
    if protected := set(_encrypted(package)) & set(names):
        raise UnreadableFile(f"file: {len(protected)} chapters of the book are protected against copying")
    return Book(package, {name: _read_text(package.parts[name], name, kind) for name, kind in names.items()})


class Book:
    """A ``Document``. Parts in which no text changes stay as they are, byte for byte.

    Args:
        package: the file.
        texts: its parts with text, taken apart.
    """

    def __init__(self, package: Package, texts: Mapping[str, tuple[EncodedText, Markup]]) -> None:
        self._package = package
        self._texts = texts

    @property
    def units(self) -> Sequence[AnnotatedText]:
        """See ``Document``."""
        return [text for _, markup in self._texts.values() for text in markup.texts]

    def write(self, translations: Sequence[AnnotatedTranslation]) -> bytes:
        """See ``Document``."""
        waiting = iter(translations)
        changed: dict[str, bytes] = {}
        for name, (source, markup) in self._texts.items():
            own = list(islice(waiting, len(markup.texts)))
            if not all(map(is_unchanged, markup.texts, own)):
                changed[name] = source.encode(markup.write(own), "xmlcharrefreplace")
        return self._package.written(changed)


def _read_text(data: bytes, name: str, kind: str) -> tuple[EncodedText, Markup]:
    declared = _DECLARED.match(data)
    source = decode(data, declared.group(1).decode() if declared else None)
    try:
        return source, xml_document(source.text, _RULES[kind], collapse=True)
    except MarkupError as error:
        raise UnreadableFile(f"file: {name} is no well-formed XHTML: {error}") from None


def _texts(package: Package) -> Iterator[tuple[str, str]]:
    """The parts with text, in the order of reading, and what each is."""
    manifest: dict[str, tuple[str, str]] = {}
    order: list[str] = []
    path = _package_document(package)
    for element in parse_tree(package.parts[path], path).getroot().iter():
        if local(element) == "item":
            name = _resolve(posixpath.dirname(path), str(element.get("href", "")))
            manifest[str(element.get("id", ""))] = (name, str(element.get("media-type", "")))
        elif local(element) == "itemref":
            order.append(str(element.get("idref", "")))
    for one in dict.fromkeys([*order, *manifest]):
        name, kind = manifest.get(one, ("", ""))
        if kind in _RULES and name in package.parts:
            yield name, kind


def _package_document(package: Package) -> str:
    """The name of the part that lists all others."""
    if _CONTAINER not in package.parts:
        raise UnreadableFile("file: a ZIP package, but no EPUB book")
    roots: list[Element] = [
        one
        for one in parse_tree(package.parts[_CONTAINER], _CONTAINER).getroot().iter()
        if local(one) == "rootfile"
    ]
    path = str(roots[0].get("full-path", "")) if roots else ""
    if path not in package.parts:
        raise UnreadableFile("file: an EPUB book whose package document is missing")
    return path


def _encrypted(package: Package) -> Iterator[str]:
    """The names of the parts that are; fonts often are, which does not matter."""
    if _ENCRYPTION in package.parts:
        for element in parse_tree(package.parts[_ENCRYPTION], _ENCRYPTION).getroot().iter():
            if local(element) == "CipherReference":
                yield _resolve("", str(element.get("URI", "")))


def _resolve(folder: str, reference: str) -> str:
    return posixpath.normpath(posixpath.join(folder, unquote(reference.partition("#")[0])))
