"""Work that would hold up the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")

INLINE_CHARACTERS = 2000
"""Up to so many characters are prepared on the event loop, which takes less than a few milliseconds; a thread
is used beyond."""


async def offload(characters: int, work: Callable[[], Result]) -> Result:
    """The result of ``work``, which has so many characters to do: done here, or on a thread."""
    return work() if characters <= INLINE_CHARACTERS else await asyncio.to_thread(work)
