"""Documents that are packages with parts of XML, in which paragraphs are translated one by one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from service.files.package import Package
from service.files.splicing import is_unchanged
from service.files.trees import Element, parse_tree, write_tree
from service.text.annotated import AnnotatedText, AnnotatedTranslation


class Paragraph(Protocol):
    """An element with text."""

    @property
    def text(self) -> AnnotatedText:
        """What is to be translated."""
        ...

    def write(self, translation: AnnotatedTranslation) -> None:
        """Put the translation into the element."""
        ...


class PackagedDocument:
    """A ``Document``. Parts in which no text changes stay as they are, byte for byte.

    Args:
        package: the file.
        names: of the parts with text, in the order in which they are read.
        paragraphs: finds those of a part, given its root.
    """

    def __init__(
        self, package: Package, names: Sequence[str], paragraphs: Callable[[Element], Sequence[Paragraph]]
    ) -> None:
        self._package = package
        self._trees = {name: parse_tree(package.parts[name], name) for name in names}
        self._paragraphs = [
            (name, paragraph)
            for name, tree in self._trees.items()
            for paragraph in paragraphs(tree.getroot())
            if any(map(str.isalpha, paragraph.text.text))
        ]

    @property
    def units(self) -> Sequence[AnnotatedText]:
        """See ``Document``."""
        return [paragraph.text for _, paragraph in self._paragraphs]

    def write(self, translations: Sequence[AnnotatedTranslation]) -> bytes:
        """See ``Document``; the trees are changed, so it is done once."""
        changed: set[str] = set()
        for (name, paragraph), translation in zip(self._paragraphs, translations, strict=True):
            if not is_unchanged(paragraph.text, translation):
                paragraph.write(translation)
                changed.add(name)
        return self._package.written({name: write_tree(self._trees[name]) for name in changed})
