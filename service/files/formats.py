"""The kinds of files that are translated."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from pathlib import PurePath

from service.errors import UnreadableFile
from service.files.document import Reader


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file.

    Attributes:
        name: for metrics.
        extensions: of file names, with the dot; the first is the usual one.
        media_type: what HTTP calls it.
        reader: the module and its function that read it; imported where it is needed, since the libraries
            behind some are large.
    """

    name: str
    extensions: tuple[str, ...]
    media_type: str
    reader: str

    def load(self) -> Reader:
        """The function that reads such files."""
        module, _, name = self.reader.partition(":")
        reader: Reader = getattr(importlib.import_module(f"service.files.{module}"), name)
        return reader


FORMATS = (
    Format("text", (".txt",), "text/plain", "plain_text:read"),
    Format("markdown", (".md", ".markdown"), "text/markdown", "markdown:read"),
    Format("html", (".html", ".htm"), "text/html", "web_page:read"),
    Format("srt", (".srt",), "application/x-subrip", "subtitles:read_srt"),
    Format("vtt", (".vtt",), "text/vtt", "subtitles:read_vtt"),
    Format("gettext", (".po", ".pot"), "text/x-gettext-translation", "gettext:read"),
    Format("json", (".json",), "application/json", "json_values:read"),
    Format("yaml", (".yaml", ".yml"), "application/yaml", "yaml_values:read"),
    Format(
        "docx",
        (".docx",),
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "word:read",
    ),
    Format("odt", (".odt",), "application/vnd.oasis.opendocument.text", "open_document:read"),
    Format("epub", (".epub",), "application/epub+zip", "book:read"),
)
EXTENSIONS = tuple(extension for one in FORMATS for extension in one.extensions)


def format_of(file_name: str) -> Format:
    """The format that the extension of ``file_name`` stands for; case does not count.

    Raises:
        UnreadableFile: it is none that is known.
    """
    extension = PurePath(file_name).suffix.lower()
    for one in FORMATS:
        if extension in one.extensions:
            return one
    raise UnreadableFile(f"file: files of this kind are not translated; accepted are {', '.join(EXTENSIONS)}")


def format_named(name: str) -> Format:
    """The format of that name."""
    return next(one for one in FORMATS if one.name == name)
