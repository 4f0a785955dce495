"""Segments as another process may read them: a name that hides the text, a value that proves itself.

The name of a segment is a keyed hash (BLAKE2b) of its ``SegmentKey``. Without the secret nobody can tell by a
name which text it stands for, not even by trying guesses. The value is compact JSON: token ids and numbers,
from which whoever has the checkpoint's vocabulary can read the translation. A second keyed hash in front of
it, over name and value, shows that a replica with the same secret wrote it, under this name: what is damaged,
was exchanged or comes from somewhere else is refused instead of being served.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import b64decode, b64encode
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

import numpy as np
from pydantic import BaseModel

from model.decoding.hypothesis import Attention, Hypothesis, Translation
from service.cache.store import SegmentKey

FORMAT = 1
"""Raised when names or values change; part of every name, so that formats live side by side."""
PREFIX = f"dragoman:{FORMAT}:"
MAX_VALUE_BYTES = 262_144

_PROOF_BYTES = 16


class DamagedValue(Exception):
    """Not a value that a replica with this secret wrote under this name."""


class Codec:
    """Names and values under one secret.

    Args:
        secret: the replicas' common one.
    """

    def __init__(self, secret: bytes) -> None:
        self._key = hashlib.sha256(secret).digest()

    def name(self, key: SegmentKey) -> bytes:
        """What the segment is kept under: equal for equal keys, in any process."""
        described = json.dumps([key.digest, _plain(key.work)], separators=(",", ":"), sort_keys=True)
        hashed = hashlib.blake2b(described.encode(), key=self._key, digest_size=24, person=b"name")
        return (PREFIX + hashed.hexdigest()).encode()

    def encode(self, name: bytes, translation: Translation) -> bytes:
        """The value to keep under ``name``; ``decode`` gives an equal translation."""
        body = [translation.steps, [_listed(one) for one in translation.hypotheses]]
        encoded = json.dumps(body, separators=(",", ":")).encode()
        return self._proof(name, encoded) + encoded

    def decode(self, name: bytes, value: bytes) -> Translation:
        """What ``encode`` made ``value`` of.

        Raises:
            DamagedValue: it did not, or not for ``name``.
        """
        proof, encoded = value[:_PROOF_BYTES], value[_PROOF_BYTES:]
        if not hmac.compare_digest(proof, self._proof(name, encoded)):
            raise DamagedValue
        try:
            steps, hypotheses = json.loads(encoded)
            return Translation(tuple(map(_hypothesis, hypotheses)), steps)
        except (TypeError, ValueError):  # written by a release that knew other members
            raise DamagedValue from None

    def _proof(self, name: bytes, encoded: bytes) -> bytes:
        hashed = hashlib.blake2b(key=self._key, digest_size=_PROOF_BYTES, person=b"value")
        hashed.update(len(name).to_bytes(8, "big") + name + encoded)
        return hashed.digest()


def _plain(value: Any) -> Any:
    """``value`` as JSON has it, with every field of what it consists of.

    Raises:
        TypeError: a kind of value that would have to be thought about first.
    """
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    raise TypeError(f"a {type(value).__name__} cannot be part of a key")


def _listed(hypothesis: Hypothesis) -> list[Any]:
    listed = [getattr(hypothesis, field.name) for field in fields(hypothesis) if field.name != "attention"]
    return [*listed, _packed(hypothesis.attention)]


def _hypothesis(listed: list[Any]) -> Hypothesis:
    tokens, score, log_prob, coverage, truncated, attention = listed
    return Hypothesis(
        tuple(tokens), score, log_prob, tuple(coverage), truncated, _unpacked(attention, len(coverage))
    )


def _packed(attention: Attention | None) -> str | None:
    """The numbers themselves, in the order of the rows: a tenth of their digits, and exact."""
    return None if attention is None else b64encode(attention.astype("<f4").tobytes()).decode()


def _unpacked(packed: str | None, src_len: int) -> Attention | None:
    """A read-only matrix whose rows have ``src_len`` numbers."""
    return None if packed is None else np.frombuffer(b64decode(packed), dtype="<f4").reshape(-1, src_len)
