"""YAML: string values are translated; keys, comments, anchors, styles and layout stay."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode

from service.errors import UnreadableFile
from service.files.document import Document
from service.files.encoding import decode
from service.files.json_values import check_unicode
from service.files.limits import FileLimits
from service.files.splicing import Slot, SplicedDocument
from service.text.annotated import AnnotatedText, AnnotatedTranslation

_STRING = "tag:yaml.org,2002:str"
_PROPERTIES = re.compile(r"(?:[&!][^\s\[\]{},]*\s+)*")
"""Anchor and tag, before a value."""
_HEADER = re.compile(r"[|>][^\r\n]*(\r\n|\r|\n)")
_PLAIN = re.compile(r"[^\W\d_](?:[\w .;!?()/'\"+*%&@…\u2013\u2014\u2019-]*[\w.;!?)'\"%…\u2019])?")
"""What needs no quotes anywhere, if it is none of ``_WORDS``: far less than the standard allows."""
_WORDS = frozenset(["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"])
_TRAILING = re.compile(r"(?:[ \t]*(?:\r\n|\r|\n))*\Z")


def read(data: bytes, limits: FileLimits) -> Document:
    """See ``Reader``."""
    source = decode(data)
    slots = [_slot(source.text, node) for node in _strings(source.text)]
    return SplicedDocument(source, sorted(slots, key=lambda slot: slot.start))


def _strings(text: str) -> list[ScalarNode]:
    try:
        documents = list(YAML(typ="safe", pure=True).compose_all(text))
        found = [node for document in documents for node in _values(document, set())]
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f" at line {mark.line + 1}, column {mark.column + 1}" if mark is not None else ""
        raise UnreadableFile(f"file: not valid YAML{place}") from None
    except RecursionError:
        raise UnreadableFile("file: the YAML is nested too deeply") from None
    except (ValueError, AttributeError, TypeError, AssertionError):  # what the library's scanner trips over
        raise UnreadableFile("file: not valid YAML") from None
    for node in found:
        check_unicode(node.value)
    return found


def _values(node: Any, seen: set[int]) -> Iterator[ScalarNode]:
    """The string values under ``node``; one that others refer to comes once."""
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, MappingNode):
        for _, value in node.value:
            yield from _values(value, seen)
    elif isinstance(node, SequenceNode):
        for value in node.value:
            yield from _values(value, seen)
    elif isinstance(node, ScalarNode) and node.tag == _STRING:
        yield node


def _slot(text: str, node: ScalarNode) -> Slot:
    start, end = node.start_mark.index, node.end_mark.index
    properties = _PROPERTIES.match(text, start, end)
    start += len(properties.group()) if properties else 0
    return Slot(start, end, AnnotatedText(node.value), _writer(text[start:end], node.style))


def _writer(raw: str, style: str | None) -> Callable[[AnnotatedTranslation], str]:
    def write(translation: AnnotatedTranslation) -> str:
        value = translation.text
        if style in ("|", ">") and (block := _block(raw, style, value)) is not None:
            return block
        if style in ("|", ">"):
            return _quoted(value) + (_TRAILING.search(raw) or [""])[0]
        if style == "'" and "\n" not in value and _is_printable(value):
            return "'" + value.replace("'", "''") + "'"
        if style is None and _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
            return value
        return _quoted(value)

    return write


def _quoted(value: str) -> str:
    """In double quotes, whose escapes are JSON's and more."""
    quoted = json.dumps(value, ensure_ascii=False)
    return "".join(one if _is_printable(one) else f"\\U{ord(one):08x}" for one in quoted)


def _is_printable(value: str) -> bool:
    return all(one.isprintable() or one == " " for one in value)


def _block(raw: str, style: str, value: str) -> str | None:
    """``value`` as a block like ``raw``, or None where it cannot be one."""
    header = _HEADER.match(raw)
    lines = value.rstrip("\n").split("\n")
    if header is None or not _fits_block(lines, style):
        return None
    body = raw[header.end() :]
    indent = re.match(r"(?:[ \t]*[\r\n]+)*( *)", body)
    margin, newline = (indent.group(1) if indent else ""), header.group(1)
    separator = newline * 2 if style == ">" else newline
    written = separator.join(margin + line if line else "" for line in lines)
    if style == ">":
        written = re.sub(
            f"(?:{newline}){{4,}}", lambda run: newline * (len(run.group()) // len(newline) // 2 + 1), written
        )
    return header.group() + written + (_TRAILING.search(body) or [""])[0]


def _fits_block(lines: list[str], style: str) -> bool:
    """Whether lines can stand in a block: none begins with white space, and nothing needs an escape."""
    return all(line == line.lstrip() and _is_printable(line.replace("\t", " ")) for line in lines) and any(
        lines
    )
