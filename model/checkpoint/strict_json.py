"""JSON from a file that may be anything: bounded in size and depth, with each key once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NoReturn

from model.errors import CheckpointError

MAX_JSON_BYTES = 1 << 20


def parse_json(content: bytes, origin: Path) -> dict[str, Any]:
    """The JSON object in ``content``, which the caller has kept to ``MAX_JSON_BYTES``.

    Stricter than ``json.loads``: a repeated key, ``NaN`` and ``Infinity`` are errors.

    Raises:
        CheckpointError: it is not JSON, not UTF-8, nested too deeply, or not an object; names ``origin``.
    """
    try:
        document = json.loads(
            content.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_refuse_constant
        )
    except RecursionError as error:
        raise CheckpointError(f"{origin}: not valid JSON: nested too deeply") from error
    except ValueError as error:  # JSONDecodeError, UnicodeDecodeError, and numbers of too many digits
        raise CheckpointError(f"{origin}: not valid JSON: {error}") from error
    if not isinstance(document, dict):
        raise CheckpointError(f"{origin}: a JSON object is needed, not a {type(document).__name__}")
    return document


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    unique = dict(pairs)
    if len(unique) < len(pairs):
        repeated = next(key for key in unique if sum(key == other for other, _ in pairs) > 1)
        raise ValueError(f"key {repeated!r} appears twice")
    return unique


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")
