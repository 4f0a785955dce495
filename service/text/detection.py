"""Which language a text is in."""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

MAX_CHARACTERS = 2000
"""More than that of a text is not looked at: a sentence is mostly enough."""


@dataclass(frozen=True, slots=True)
class Detection:
    """A language and how sure it is.

    Attributes:
        language: code.
        confidence: from 0 to 100: the share of the probability that the language has among those that were
            possible; 0 for a guess without any evidence.
    """

    language: str
    confidence: float


class Detector:
    """Tells languages apart by the byte n-grams of a text, with a naive Bayes model (Lui and Baldwin 2012).

    The model, ``py3langid``'s, is loaded by the first text, which takes about a second. Any thread may ask.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._identifier: LanguageIdentifier | None = None

    def detect(self, text: str, languages: Sequence[str]) -> Detection | None:
        """The one of ``languages`` that ``text`` is most likely in.

        The model has learnt running text and knows many a word only with spaces around it, or in a phrase. So
        it is shown the text between spaces and, if that holds no n-gram it knows, twice and in lower case
        (decision 6).

        The model's log-probabilities are divided by the square root of the text's length before they are
        normalised, since its n-grams overlap and it would be sure of everything otherwise.

        Args:
            text: its beginning counts, ``MAX_CHARACTERS``.
            languages: codes of ISO 639-1; one that the model does not know is never found.

        Returns:
            None where there is nothing to go by: no letter, no known n-gram, or no known language.
        """
        start = text[:MAX_CHARACTERS].strip()
        if not any(map(str.isalpha, start)):
            return None
        scores = self._scores(f" {start} ") or self._scores(f" {start} {start} ".lower())
        known = {language: scores[language] for language in languages if language in scores}
        if not known:
            return None
        best = max(known, key=known.__getitem__)
        temperature = math.sqrt(len(start.encode()))
        total = sum(math.exp((score - known[best]) / temperature) for score in known.values())
        return Detection(best, round(100 / total, 1))

    def _scores(self, text: str) -> dict[str, float]:
        """The log-probability of each language the model knows; nothing if it knows no n-gram of ``text``."""
        scores = dict(self._load().rank(text))
        return scores if len(set(scores.values())) > 1 else {}

    def _load(self) -> LanguageIdentifier:
        with self._lock:
            if self._identifier is None:
                from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415 - see the class

                self._identifier = LanguageIdentifier.from_model_file(MODEL_FILE)
            return self._identifier


def fallback_language(languages: Sequence[str]) -> str:
    """What a text without any letter is taken for: English if it can be, else the first of ``languages``."""
    return "en" if "en" in languages else languages[0]
