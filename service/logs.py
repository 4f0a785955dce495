"""Logs: one JSON object a line on standard output, for machines; never a text, an address or a key.

The message of an exception may quote what it failed on, so a traceback is reduced to the kinds of exception
and the places they passed.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import Any, TextIO

FIELDS = "fields"
"""``logger.info(..., extra={FIELDS: {...}})`` adds to the object."""
_encode = json.JSONEncoder(ensure_ascii=False, default=str).encode


class JsonFormatter(logging.Formatter):
    """A record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """``timestamp``, ``level``, ``logger``, ``message``, then the record's own fields."""
        entry: dict[str, Any] = {
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, FIELDS, {}),
        }
        if record.exc_info and record.exc_info[1] is not None:
            entry["exception"] = describe_exception(record.exc_info[1])
        return _encode(entry)


def describe_exception(error: BaseException) -> list[str]:
    """The kinds of ``error`` and of its causes, outermost first, with the places they passed; no message."""
    lines: list[str] = []
    current: BaseException | None = error
    seen: set[int] = set()
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        lines.append(f"{type(current).__module__}.{type(current).__qualname__}")
        frames = traceback.extract_tb(current.__traceback__, limit=-20)
        lines += [f"  {frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
        current = current.__cause__ or current.__context__
    return lines


def configure_logging(level: str, stream: TextIO | None = None) -> None:
    """Send everything that is logged in this process to ``stream``, one line each.

    Args:
        level: least severe level that is written.
        stream: where to; default: standard output.
    """
    handler = logging.StreamHandler(stream or sys.stdout)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    logging.captureWarnings(capture=True)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "asyncio"):
        logger = logging.getLogger(name)
        logger.handlers = []
        logger.propagate = True
