"""Sources as people type them: without capitals, without the last full stop, with slips of the fingers.

A network that has read only well-kept sentences stumbles over such ones; trained on copies of some of its
pairs whose source alone is roughened, it learns to write well whatever it reads (Belinkov & Bisk 2018 found
that noise of the kind to be met must be trained on). What is drawn depends on the pair alone.
"""

# ruff: noqa: RUF001 - the punctuation of other scripts looks like ours

from __future__ import annotations

import random
import re
import zlib
from collections.abc import Callable, Iterator

from model.training.corpus import Pair, ParallelText, Unreadable

_FINAL_MARKS = ".!?…。！？"
_APOSTROPHES = re.compile("(?<=\\w)['’](?=\\w)")
_LETTERS_A_SLIP = 25
"""A sentence of more letters may have a second slip, and so on."""


def roughened_pairs(text: ParallelText, share: float) -> Iterator[Pair]:
    """Pairs of ``text`` with roughened first sentences: about ``share`` of all, where roughening changes any.

    Raises:
        CorpusError: a file cannot be read.
    """
    for line in text.read():
        if isinstance(line, Unreadable):
            continue
        draw = random.Random(zlib.crc32("\t".join(line).encode(errors="replace")))  # noqa: S311 - no secret
        if draw.random() < share and (rough := roughen(line[0], draw)) != line[0]:
            yield rough, line[1]


def roughen(sentence: str, draw: random.Random) -> str:
    """``sentence`` in one of the ways that people are careless in; the same where there is no room."""
    [way] = draw.choices(_WAYS, weights=_SHARES)
    return way(sentence, draw)


def without_final_mark(sentence: str, _: random.Random) -> str:
    """No mark at the end."""
    return sentence.rstrip(_FINAL_MARKS) or sentence


def in_lower_case(sentence: str, draw: random.Random) -> str:
    """No capitals; mostly no mark at the end, and perhaps no apostrophes either."""
    lowered = sentence.lower()
    if draw.random() < 0.7:
        lowered = without_final_mark(lowered, draw)
    return _APOSTROPHES.sub("", lowered) if draw.random() < 0.3 else lowered


def with_slips(sentence: str, draw: random.Random) -> str:
    """A letter inside a word is left out, doubled, or changes places with the next: about one a sentence."""
    letters = list(sentence)
    places = [i for i in range(1, len(letters) - 1) if all(map(str.islower, letters[i - 1 : i + 2]))]
    count = min(1 + len(places) // _LETTERS_A_SLIP, len(places))
    for place in sorted(draw.sample(places, count), reverse=True):
        slip = draw.randrange(3)
        if slip == 0:
            del letters[place]
        elif slip == 1:
            letters.insert(place, letters[place])
        else:
            letters[place : place + 2] = reversed(letters[place : place + 2])
    return "".join(letters)


_WAYS: tuple[Callable[[str, random.Random], str], ...] = (without_final_mark, in_lower_case, with_slips)
_SHARES = (0.25, 0.5, 0.25)
