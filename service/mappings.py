"""The parts of libraries in memory that only a start needs."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterator
from pathlib import Path

MAPPINGS = Path("/proc/self/smaps")
_DONTNEED = 4
"""Linux's ``MADV_DONTNEED``."""
_CODE = re.compile(r"(?P<start>[0-9a-f]+)-(?P<end>[0-9a-f]+) r-xp \S+ \S+ \S+ +/\S*\.so[.\d]*")


def release_code() -> None:
    """Unmap the pages of libraries' code; those that are needed come back, one by one, as they are used.

    Importing PyTorch runs through tens of megabytes of code that translating never comes to again. They stay
    in the kernel's cache of files, from where a page comes back in about a microsecond.
    """
    try:
        listing = MAPPINGS.read_text(encoding="utf-8", errors="replace")
    except OSError:  # not on Linux
        return
    advise = ctypes.CDLL(None).madvise
    for start, end in code_ranges(listing):
        advise(ctypes.c_void_p(start), ctypes.c_size_t(end - start), _DONTNEED)


def code_ranges(listing: str) -> Iterator[tuple[int, int]]:
    """Addresses of libraries' code that is as it is in its files, so that nothing is lost with the pages.

    Args:
        listing: what ``/proc/PID/smaps`` says: for each mapping a line with its addresses, then one for each
            of its properties.
    """
    found: re.Match[str] | None = None
    for line in listing.splitlines():
        if "-" in line.partition(" ")[0]:
            found = _CODE.fullmatch(line)
        elif found and line.split() == ["Anonymous:", "0", "kB"]:  # no page of it has been written to
            yield int(found["start"], 16), int(found["end"], 16)
