"""What is worked out when it is first asked for, if ever."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

Result = TypeVar("Result")


class Once(Generic[Result]):
    """Calls ``work`` when it is called first, and remembers what came of it.

    ``functools.cache`` does the same, but to make one takes longer than most work that is put off by it. Not
    thread-safe.

    Args:
        work: takes no arguments.
    """

    __slots__ = ("_found", "_work")

    def __init__(self, work: Callable[[], Result]) -> None:
        self._work = work
        self._found: list[Result] = []

    def __call__(self) -> Result:
        """What came of it."""
        if not self._found:
            self._found.append(self._work())
        return self._found[0]
