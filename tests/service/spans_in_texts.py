"""Texts full of things to protect, and a network that treats them badly."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from model.decoding.hypothesis import Hypothesis, Translation
from model.tokenizer import Tokenizer
from service.engine.request import SegmentRequest

SPANS = (
    *(
        "https://example.com/a_(b)?q=1&x=%20y#z",
        "www.example.de",
        "example.org/path",
        "max.muster@example.de",
    ),
    *(
        "😀",
        "👩\u200d🚀",
        "🇩🇪",
        "1\ufe0f\u20e3",
        "👍🏽",
        "❤\ufe0f",
        "😀😀🎉",
        ":smile:",
        "→",
        "\ue001",
        "\uf8ff",
    ),
    *("{name}", "{{ user.name }}", "%s", "%(count)d", "${total}", "%1$s", "{0:.2f}", "{}", "%{x}", "$HOME"),
    *("5 kg", "3,5 km/h", "20 °C", "50 %", "$5.50", "1.000 €", "1999", "12:30", "2024-05-01", "v1.2.3"),
    *('<x id="12"/>', "<b>", "</b>", "&nbsp;", "#hashtag", "@someone", "`rm -rf`", "/usr/local/bin", "a_b"),
    *("C:\\Temp\\x.txt", "~/.bashrc", "src/main.py", "+49 30 1234567", "0xFF", "obj.method()", "--force"),
)
WORDS = ("Der Hund läuft im Park und sieht ein grünes Haus", "Wo ist der Zug", "Ich habe ihn verpasst", "A B")
MARKS = (" ", " ", " ", ", ", ". ", "! ", "\n", " (", ") ", ": ", "  ")


def texts(count: int, seed: int) -> Iterator[str]:
    """So many texts of words, spans and punctuation."""
    draw = random.Random(seed)
    words = " ".join(WORDS).split()
    for _ in range(count):
        share = draw.choice([0.1, 0.3, 0.6])
        parts = []
        for _ in range(draw.randint(1, 10)):
            parts += [draw.choice(SPANS if draw.random() < share else words), draw.choice(MARKS)]
        yield "".join(parts)


@dataclass
class Vandal:
    """Translates by losing, doubling, swapping and making up tokens; often placeholders.

    Attributes:
        tokenizer: knows the placeholders.
        draw: decides.
        decoded: how many segments were translated.
    """

    tokenizer: Tokenizer
    draw: random.Random
    decoded: int = 0

    def __call__(self, request: SegmentRequest) -> Translation:
        self.decoded += 1
        hypotheses = [self._hypothesis(request) for _ in range(self.draw.randint(1, request.options.n_best))]
        return Translation(tuple(hypotheses), steps=1)

    def _hypothesis(self, request: SegmentRequest) -> Hypothesis:
        tokens = list(request.source[1:-1])
        for _ in range(self.draw.choice([0, 0, 1, 3])):
            self._harm(tokens)
        return Hypothesis(
            tuple(tokens),
            score=-1.0,
            log_prob=-1.0,
            coverage=(),
            truncated=False,
            attention=self._attention(len(tokens) + 1, len(request.source)) if request.attention else None,
        )

    def _harm(self, tokens: list[int]) -> None:
        place = self.draw.randrange(len(tokens) + 1)
        width = self.draw.randint(1, 6)
        harm = self.draw.choice(["lose", "double", "swap", "make up", "silence"])
        if harm == "lose":
            del tokens[place : place + width]
        elif harm == "double":
            tokens[place:place] = tokens[place : place + width]
        elif harm == "swap":
            tokens[:] = tokens[place:] + tokens[:place]
        elif harm == "make up" and self.tokenizer.placeholders:
            tokens[place:place] = self.tokenizer.encode(self.draw.choice(self.tokenizer.placeholders))
        elif self.draw.random() < 0.2:
            tokens.clear()

    def _attention(self, rows: int, columns: int) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
        weights = np.full((rows, columns), 0.01, dtype=np.float32)
        for row in range(rows):
            weights[row, self.draw.randrange(columns)] = 1.0
        normal: np.ndarray[tuple[int, int], np.dtype[np.float32]] = weights / weights.sum(1, keepdims=True)
        return normal
