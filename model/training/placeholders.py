"""Sentence pairs that teach a network to copy: what both sides share is replaced by placeholders.

"Tom arrived at 5:30." and "Tom kam um 5:30 an." become "\ue003 arrived at \ue000." and "\ue003 kam um \ue000
an." Whoever translates may then put anything in place of a name, a number or a variable, and gets it back
where it belongs. The placeholders of a pair are drawn: none of them has a fixed place or meaning.
"""

from __future__ import annotations

import random
import re
import zlib
from collections import Counter
from dataclasses import dataclass

from model.tokenizer import placeholder
from model.training.corpus import Pair

_COPIED = re.compile(
    r"""
    (?:https?://|www\.)[^\s<>"'()\uff08\uff09\u3002\uff0c]+      # addresses of pages
    | [\w.+-]+@[\w-]+(?:\.[\w-]+)+                              # and of people
    | \{\{?[\w.\ ]*\}?\} | \$\{\w+\} | %\(\w+\)[sdif] | %[1-9]?\$?[sdif](?![a-z])  # variables
    | </?[A-Za-z][^<>]{0,80}>                                   # tags
    | ``?[^`\n]{1,60}``? | (?<!\w):[\w.+-]+:(?:`[^`\n]{1,60}`)? | --?[a-z][\w-]+       # code
    | (?<![A-Za-z0-9_])(?:\d+(?:[.,:/-]\d+)*)(?![A-Za-z0-9_])     # numbers, times, dates
    | (?<![^\W\d_])[A-Z\u00c0-\u00de][^\W\d_]+(?![^\W\d_])   # capitalised words
    """,
    re.VERBOSE,
)


@dataclass(frozen=True)
class PlaceholderMaker:
    """Makes variants of sentence pairs. The result depends on the pair alone.

    Attributes:
        count: placeholders that the vocabulary has; none: no variants.
        share: of the pairs that have something in common, as many get a variant.
        kept: the probability that a common word, where there are several, is left as it is.
    """

    count: int
    share: float = 0.5
    kept: float = 0.3

    def variant(self, first: str, second: str) -> Pair | None:
        """The pair with what its sides share replaced, or None."""
        shared = _once(first) & _once(second) if self.count else set()
        if not shared:
            return None
        draw = random.Random(zlib.crc32(f"{first}\t{second}".encode(errors="replace")))  # noqa: S311 - no secret
        if draw.random() >= self.share:
            return None
        chosen = self._choose(sorted(shared), draw)
        numbers = draw.sample(range(self.count), len(chosen))
        table = {text: placeholder(number) for text, number in zip(chosen, numbers, strict=True)}
        one, other = _replace(first, table), _replace(second, table)
        return None if _bare(one) or _bare(other) else (one, other)

    def _choose(self, shared: list[str], draw: random.Random) -> list[str]:
        draw.shuffle(shared)
        chosen = [text for i, text in enumerate(shared) if i == 0 or draw.random() >= self.kept]
        return chosen[: self.count]


def _once(text: str) -> set[str]:
    """What of ``text`` may be copied and occurs exactly once in it."""
    found = Counter(match.group() for match in _COPIED.finditer(text))
    return {piece for piece, count in found.items() if count == 1}


def _replace(text: str, table: dict[str, str]) -> str:
    return _COPIED.sub(lambda match: table.get(match.group(), match.group()), text)


def _bare(text: str) -> bool:
    """Whether no word is left to translate."""
    return not any(map(str.isalpha, text))
