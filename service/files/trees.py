"""XML parts as trees, read without whatever XML can do beyond being XML."""

from __future__ import annotations

import re

from lxml import etree

from service.errors import UnreadableFile

Element = etree._Element
"""A node of a tree."""

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def parse_tree(data: bytes, what: str) -> etree._ElementTree:
    """The tree of ``data``; nothing is fetched or expanded.

    Args:
        data: a part of a package.
        what: its name, for the message.

    Raises:
        UnreadableFile: it is no well-formed XML, or declares a document type, which could declare entities.
    """
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_blank_text=False, strip_cdata=False
    )
    try:
        tree = etree.ElementTree(etree.fromstring(data, parser))
    except (etree.XMLSyntaxError, ValueError) as error:
        place = getattr(error, "lineno", None)
        raise UnreadableFile(
            f"file: {what} is no well-formed XML{f', at line {place}' if place else ''}"
        ) from None
    if tree.docinfo.internalDTD is not None or tree.docinfo.doctype:
        raise UnreadableFile(f"file: {what} declares a document type, which is not accepted")
    return tree


def write_tree(tree: etree._ElementTree) -> bytes:
    """``tree`` in its encoding, with a declaration."""
    info = tree.docinfo
    return etree.tostring(
        tree, encoding=info.encoding or "UTF-8", xml_declaration=True, standalone=info.standalone or None
    )


def writable(text: str) -> str:
    """``text`` without the characters that XML cannot have."""
    return _FORBIDDEN.sub("", text)


def local(element: Element) -> str:
    """The element's name without its namespace; empty for a comment and the like."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""
