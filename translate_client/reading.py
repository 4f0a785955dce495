"""JSON of the expected kind, or ``UnexpectedAnswer``; never quotes what was answered."""

from __future__ import annotations

from typing import Any

from translate_client.errors import UnexpectedAnswer

Object = dict[str, Any]


def unexpected(what: str) -> UnexpectedAnswer:
    """The exception for an answer that such a service would not give."""
    return UnexpectedAnswer(f"this is not the answer of a translation service: {what}")


def read_object(value: Any) -> Object:
    """``value`` if it is an object."""
    if not isinstance(value, dict):
        raise unexpected(f"{_kind(value)} instead of an object")
    return value


def read_list(value: Any) -> list[Any]:
    """``value`` if it is a list."""
    if not isinstance(value, list):
        raise unexpected(f"{_kind(value)} instead of a list")
    return value


def read_text(value: Any) -> str:
    """``value`` if it is a string."""
    if not isinstance(value, str):
        raise unexpected(f"{_kind(value)} instead of a string")
    return value


def read_number(value: Any) -> float:
    """``value`` if it is a number."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise unexpected(f"{_kind(value)} instead of a number")
    return float(value)


def _kind(value: Any) -> str:
    return "nothing" if value is None else type(value).__name__
