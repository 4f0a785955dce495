"""OpenDocument texts: body, headers, footers and notes are translated; comments and deleted text stay."""

from __future__ import annotations

from service.errors import UnreadableFile
from service.files.document import Document
from service.files.limits import FileLimits
from service.files.open_paragraph import PARAGRAPHS, TEXT, OpenParagraph
from service.files.package import read_package
from service.files.parts import PackagedDocument
from service.files.trees import Element

_KINDS = (b"application/vnd.oasis.opendocument.text", b"application/vnd.oasis.opendocument.text-template")
_MANIFEST = "META-INF/manifest.xml"
_OFFICE = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"
_LEFT_ALONE = frozenset([f"{{{TEXT}}}tracked-changes", f"{{{_OFFICE}}}annotation"])


def read(data: bytes, limits: FileLimits) -> Document:
    """See ``Reader``."""
    package = read_package(data, limits)
    if package.parts.get("mimetype", b"").strip() not in _KINDS or "content.xml" not in package.parts:
        raise UnreadableFile("file: a ZIP package, but no OpenDocument text")
    if b"encryption-data" in package.parts.get(_MANIFEST, b""):
        raise UnreadableFile("file: the document is encrypted; send it without a password")
    names = [name for name in ("content.xml", "styles.xml") if name in package.parts]
    return PackagedDocument(package, names, _paragraphs)


def _paragraphs(root: Element) -> list[OpenParagraph]:
    found: list[OpenParagraph] = []
    stack = [root]
    while stack:
        element = stack.pop()
        if element.tag in _LEFT_ALONE:
            continue
        if element.tag in PARAGRAPHS:
            found.append(OpenParagraph(element))
        stack += reversed(element)
    return found
