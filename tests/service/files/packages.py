"""Packages as tests make and read them."""

from __future__ import annotations

import io
import zipfile
from collections import Counter
from collections.abc import Mapping

from lxml import etree


def unpacked(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(parts: Mapping[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", compression) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return output.getvalue()


def elements(part: bytes, but: frozenset[str]) -> Counter[bytes]:
    """The elements of a part by their start tags, without those whose local names are ``but``."""
    return Counter(
        etree.tostring(etree.Element(element.tag, element.attrib), method="c14n")
        for element in etree.fromstring(part).iter()
        if isinstance(element.tag, str) and etree.QName(element).localname not in but
    )
