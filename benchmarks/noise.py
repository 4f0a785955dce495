"""Text as careless people write it, made of text as it should be. The same seed, the same noise."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

TYPO_RATE = 0.04
LIST_ITEMS = 12
RUN_ON_SENTENCES = 3

_EMOJI = ("🙂", "😂", "👍", "❤️", "🎉", "😭", "👩‍🚀", "🇩🇪")
_ENDS = ".!?…"
_NEIGHBOURS = {
    "a": "s", "b": "vn", "c": "xv", "d": "sf", "e": "wr", "f": "dg", "g": "fh", "h": "gj", "i": "uo",
    "j": "hk", "k": "jl", "l": "k", "m": "n", "n": "bm", "o": "ip", "p": "o", "q": "w", "r": "et",
    "s": "ad", "t": "rz", "u": "yi", "v": "cb", "w": "qe", "x": "yc", "y": "xu", "z": "tu",
}  # fmt: skip
"""On German and English keyboards."""


def capitals(text: str, dice: random.Random) -> str:
    """All of it in capitals."""
    return text.upper()


def small(text: str, dice: random.Random) -> str:
    """No capitals, no full stop."""
    return text.lower().rstrip(_ENDS)


def unpunctuated(text: str, dice: random.Random) -> str:
    """Letters, digits and spaces only."""
    kept = "".join(character if character.isalnum() or character == "'" else " " for character in text)
    return " ".join(kept.split())


def typos(text: str, dice: random.Random) -> str:
    """About one letter in twenty-five swapped, doubled, dropped, or taken for the one beside it."""
    result: list[str] = []
    index = 0
    while index < len(text):
        character = text[index]
        if not character.isalpha() or dice.random() >= TYPO_RATE:
            result.append(character)
        elif (kind := dice.randrange(4)) == 0 and index + 1 < len(text):
            result += [text[index + 1], character]
            index += 1
        elif kind == 1:
            result += [character, character]
        elif kind == 2:
            result.append(dice.choice(_NEIGHBOURS.get(character.lower(), character)))
        index += 1
    return "".join(result)


def emoji(text: str, dice: random.Random) -> str:
    """One to four emoji between its words and behind it."""
    words = text.split(" ")
    for _ in range(dice.randint(1, 4)):
        words.insert(dice.randint(1, len(words)), dice.choice(_EMOJI))
    return " ".join(words)


def stretched(text: str, dice: random.Random) -> str:
    """A word said five times, and the punctuation at the end as often."""
    words = text.split(" ")
    place = dice.randrange(len(words))
    words[place : place + 1] = [words[place].rstrip(_ENDS)] * 5
    joined = " ".join(words)
    return joined + joined[-1] * 4 if joined[-1:] in tuple(_ENDS) else joined


def clean(text: str, dice: random.Random) -> str:
    """The text itself."""
    return text


OF_ONE: dict[str, Callable[[str, random.Random], str]] = {
    "clean": clean,
    "capitals": capitals,
    "small": small,
    "unpunctuated": unpunctuated,
    "typos": typos,
    "emoji": emoji,
    "stretched": stretched,
}
"""What is made of one sentence."""


def long_list(texts: Sequence[str], dice: random.Random) -> str:
    """A list, separated by commas, of the longest words of several sentences."""
    chosen = dice.sample(texts, min(LIST_ITEMS, len(texts)))
    return ", ".join(max(unpunctuated(text, dice).split() or ["-"], key=len) for text in chosen)


def run_on(texts: Sequence[str], dice: random.Random) -> str:
    """Sentences one after the other with nothing between them but a space."""
    chosen = dice.sample(texts, min(RUN_ON_SENTENCES, len(texts)))
    return " ".join(text.rstrip(_ENDS) for text in chosen)


OF_SEVERAL: dict[str, Callable[[Sequence[str], random.Random], str]] = {"list": long_list, "run_on": run_on}
"""What is made of several sentences."""

KINDS = (*OF_ONE, *OF_SEVERAL)


def noisy(texts: Sequence[str], kind: str, count: int, seed: int = 0) -> list[str]:
    """``count`` texts of one of ``KINDS``; sentences are used in turn, all of them before any again."""
    dice = random.Random(f"{kind} {seed}")
    if kind in OF_ONE:
        return [OF_ONE[kind](texts[index % len(texts)], dice) for index in range(count)]
    return [OF_SEVERAL[kind](texts, dice) for _ in range(count)]
