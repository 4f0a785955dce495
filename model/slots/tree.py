"""Tensors in nested frozen values: all of them, or the value with each replaced."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from torch import Tensor

Value = TypeVar("Value")


def leaves(value: Any) -> list[Tensor]:
    """The tensors in ``value``: a tensor, or a dataclass or named tuple of such values, in order."""
    if isinstance(value, Tensor):
        return [value]
    return [leaf for part in _parts(value).values() for leaf in leaves(part)]


def mapped(value: Value, change: Callable[[Tensor], Tensor]) -> Value:
    """``value`` with every tensor in it changed."""
    if isinstance(value, Tensor):
        changed: Any = change(value)
        return changed  # type: ignore[no-any-return]  # a tensor for a tensor
    parts = {name: mapped(part, change) for name, part in _parts(value).items()}
    if isinstance(value, tuple):
        return type(value)(**parts)
    return replace(value, **parts)  # type: ignore[type-var]  # _parts has seen that it is a dataclass


def _parts(value: Any) -> dict[str, Any]:
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        named: dict[str, Any] = value._asdict()
        return named
    raise TypeError(f"{type(value).__name__} holds no tensors")
