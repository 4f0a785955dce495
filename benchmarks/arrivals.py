"""When requests arrive and what they ask for: decided before the first is sent."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.errors import BenchmarkError

MAX_REQUESTS = 200_000
"""Of one run. Each is a small object that is kept until the run has been summarised."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A request to come.

    Attributes:
        at: seconds after the start of the run.
        texts: what it asks to be translated.
    """

    at: float
    texts: tuple[str, ...]


def poisson_times(rate: float, seconds: float, seed: int) -> list[float]:
    """Arrival times of a Poisson process: independent, exponentially distributed gaps of mean ``1 / rate``.

    Many independent users arrive so. Equal arguments give equal times.

    Args:
        rate: arrivals a second.
        seconds: only times before this.
        seed: of the random numbers.

    Raises:
        BenchmarkError: more than ``MAX_REQUESTS`` are to be expected.
    """
    if rate * seconds > MAX_REQUESTS:
        raise BenchmarkError(
            f"--rate {rate:g} for {seconds:g} s makes {rate * seconds:.0f} requests; "
            f"at most {MAX_REQUESTS} are sent in a run"
        )
    chance = random.Random(f"arrivals {seed} {rate}")
    times: list[float] = []
    now = chance.expovariate(rate)
    while now < seconds:
        times.append(now)
        now += chance.expovariate(rate)
    return times


class TextSource:
    """Draws what requests ask for: every sentence as likely as any other, so lengths are mixed.

    Args:
        sentences: to draw from; at least one.
        per_request: texts in a request.
        seed: of the random numbers.
    """

    def __init__(self, sentences: Sequence[str], per_request: int, seed: int) -> None:
        self._sentences = sentences
        self._per_request = per_request
        self._chance = random.Random(f"texts {seed}")

    def draw(self) -> tuple[str, ...]:
        """The texts of the next request."""
        return tuple(self._chance.choices(self._sentences, k=self._per_request))


def schedule(rate: float, seconds: float, seed: int, texts: TextSource) -> list[Arrival]:
    """Poisson arrivals, each with its texts.

    Raises:
        BenchmarkError: as ``poisson_times``.
    """
    return [Arrival(at, texts.draw()) for at in poisson_times(rate, seconds, seed)]
