"""What goes into a running batch and what comes out of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from model.config import DecodingOptions
from model.decoding.hypothesis import Translation

DEFAULT_MAX_LENGTH_FACTOR = 2
DEFAULT_MAX_LENGTH_EXTRA = 20


def default_max_length(source_tokens: int) -> int:
    """Target tokens after which only EOS is allowed, where a job does not say."""
    return DEFAULT_MAX_LENGTH_FACTOR * source_tokens + DEFAULT_MAX_LENGTH_EXTRA


class Term(NamedTuple):
    """What a translation must hold, and for what.

    Attributes:
        tokens: to be held, one after the other.
        start: the first of the source tokens that it translates.
        end: the one after the last of them.
    """

    tokens: tuple[int, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Job:
    """One sentence to translate.

    Attributes:
        id: the caller's name for it, unique in the batch.
        source: token ids as the tokenizer's ``source_ids`` gives them; not empty.
        options: how to decode it.
        attention: whether hypotheses come with what they read at each step.
        terms: what a translation must hold; see ``model.decoding.constrained``.
    """

    id: int
    source: tuple[int, ...]
    options: DecodingOptions
    attention: bool = False
    terms: tuple[Term, ...] = ()

    @property
    def max_length(self) -> int:
        """Target tokens after which only EOS is allowed."""
        if self.options.max_length is not None:
            return self.options.max_length
        return default_max_length(len(self.source))


@dataclass(frozen=True, slots=True)
class Finished:
    """A job that is done, and its translation."""

    id: int
    translation: Translation
