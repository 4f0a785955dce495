"""Fields of WordprocessingML: what is computed, such as a page's number, between characters in runs."""

from __future__ import annotations

from collections.abc import Sequence

from service.files.trees import Element, local


def texts_in(element: Element, name: str = "t") -> list[str]:
    """The texts of the elements called ``name`` within ``element``."""
    return [one.text or "" for one in element.iter() if local(one) == name]


def field_character(run: Element) -> str:
    """Which character of a field the run has: begin, separate, end or none."""
    if local(run) != "r":
        return ""
    for child in run:
        if local(child) == "fldChar":
            kinds = [value for name, value in child.attrib.items() if str(name).endswith("}fldCharType")]
            return str(kinds[0]) if kinds else ""
    return ""


def is_field_part(element: Element) -> bool:
    """Whether it is a run with a part of a field's definition."""
    return local(element) == "r" and any(local(child) in ("fldChar", "instrText") for child in element)


def field_end(siblings: Sequence[Element], begin: int) -> int | None:
    """The index of the run that ends the field which begins at ``begin``, if it is a sibling."""
    depth = 0
    for index in range(begin, len(siblings)):
        kind = field_character(siblings[index])
        depth += {"begin": 1, "end": -1}.get(kind, 0)
        if depth == 0:
            return index
    return None
