"""Start tags with attributes to translate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_ESCAPES = str.maketrans({"&": "&amp;", '"': "&quot;", "<": "&lt;", ">": "&gt;", "\xa0": "&nbsp;"})


@dataclass(frozen=True, slots=True)
class Tag:
    """A start tag of HTML some of whose attributes are translated.

    Attributes:
        source: as the document has it.
        name: of the element.
        attributes: all of them, their character references resolved, in order.
        indices: which of the document's texts each translatable attribute is.
        slash: whether it ends in one.
    """

    source: str
    name: str
    attributes: Mapping[str, str]
    indices: Mapping[str, int]
    slash: bool


Written = str | Tag
"""A part of a document: as it is, or a tag to be written with translated attributes."""


def written(part: Written, translations: Sequence[str]) -> str:
    """``part`` with its share of a document's translated texts.

    A tag whose attributes stay the same stays the same, too; another one's attributes are all quoted anew,
    with the same values.
    """
    if isinstance(part, str):
        return part
    new = {name: translations[index] for name, index in part.indices.items()}
    if all(part.attributes[name] == value for name, value in new.items()):
        return part.source
    values = [f' {name}="{value.translate(_ESCAPES)}"' for name, value in {**part.attributes, **new}.items()]
    return f"<{part.name}{''.join(values)}{'/' if part.slash else ''}>"
