"""Which entries of a joint vocabulary a target language uses.

A vocabulary of many languages is mostly other languages' pieces. A translation into one of them never uses
those, so the softmax need not be computed for them: the probability that is left over is shared among the
language's own. What a sentence may use depends on its target language alone, and so on nothing else in a
batch.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Collection

import numpy as np


def pack_ids(ids: Collection[int], size: int) -> str:
    """A set of ids below ``size``, a bit for each, as base64.

    Raises:
        ValueError: an id is not from 0 to ``size - 1``.
    """
    if ids and (min(ids) < 0 or max(ids) >= size):
        raise ValueError(f"ids must be from 0 to {size - 1}")
    bits = np.zeros(size, dtype=bool)
    bits[list(ids)] = True
    return base64.b64encode(np.packbits(bits, bitorder="little").tobytes()).decode("ascii")


def unpack_ids(text: str, size: int) -> tuple[int, ...]:
    """The ids that ``pack_ids`` packed, ascending.

    Raises:
        ValueError: ``text`` is not such a set.
    """
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("a shortlist must be base64") from error
    bits = np.unpackbits(np.frombuffer(content, dtype=np.uint8), bitorder="little")
    if len(content) != -(-size // 8) or bits[size:].any():
        raise ValueError(f"a shortlist must have a bit for each of {size} vocabulary entries")
    return tuple(np.flatnonzero(bits).tolist())
