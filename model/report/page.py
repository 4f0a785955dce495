"""The page: one HTML file with everything inside, which asks no host for anything."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jinja2 import Environment, PackageLoader, StrictUndefined

from model.report.analysis import Analysis


@dataclass(frozen=True)
class Picture:
    """An attention picture.

    Attributes:
        line: of the test set, from 1.
        svg: the file's content.
    """

    line: int
    svg: bytes

    @property
    def uri(self) -> str:
        """The picture itself, as an address."""
        return f"data:image/svg+xml;base64,{base64.b64encode(self.svg).decode()}"


@dataclass(frozen=True)
class Section:
    """A direction on the page.

    Attributes:
        analysis: of its test set.
        files: the names of source and reference.
        pictures: attention of some of the examples.
    """

    analysis: Analysis
    files: tuple[str, str]
    pictures: Sequence[Picture]


@dataclass(frozen=True)
class Page:
    """What is on it.

    Attributes:
        name: the checkpoint's.
        other: the name of the one that it is compared with.
        facts: what the checkpoint is, by label.
        sections: one a test set.
        card: the first lines of the model card.
        command: what wrote the page.
    """

    name: str
    other: str | None
    facts: Mapping[str, str]
    sections: Sequence[Section]
    card: str
    command: str


def render_page(page: Page) -> str:
    """``page`` as HTML; all text in it is escaped."""
    environment = Environment(
        loader=PackageLoader("model.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html").render(page=page)
