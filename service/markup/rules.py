"""How the elements of a document are to be treated."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rules:
    """What a request says about elements, beyond what their language says.

    Attributes:
        ignored: names of elements that stay as they are.
        splitting: names of elements whose tags end a sentence.
        non_splitting: names of elements whose tags do not.
        outline: whether the structure of an XML document tells which of its other elements do.
        attributes: names of attributes that are translated, but in elements that stay; HTML only.
    """

    ignored: frozenset[str] = frozenset()
    splitting: frozenset[str] = frozenset()
    non_splitting: frozenset[str] = frozenset()
    outline: bool = True
    attributes: frozenset[str] = frozenset()
