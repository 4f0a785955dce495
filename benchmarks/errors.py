"""Why a measurement cannot be taken."""

from __future__ import annotations


class BenchmarkError(Exception):
    """A measurement that cannot be taken; the message says what is needed."""
