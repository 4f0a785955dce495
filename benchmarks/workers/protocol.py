"""What the benchmark says to a worker and hears from it: a line of JSON each."""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

FIRST_WORD = 20
"""Ids below are left to control symbols and tags, whatever these are."""


@dataclass(frozen=True)
class Workload:
    """What is translated.

    Attributes:
        sentences: how many.
        length: words of each source, and of each translation: it is forced.
        vocabulary: entries.
        options: what only one worker understands.
    """

    sentences: int
    length: int
    vocabulary: int
    options: dict[str, int | str]

    @classmethod
    def from_arguments(cls) -> Workload:
        """The one that the command line holds, as JSON."""
        return cls(**json.loads(sys.argv[1]))

    def sources(self) -> list[list[int]]:
        """Random word ids, the same for every worker."""
        dice = random.Random(1)
        words = range(FIRST_WORD, self.vocabulary)
        return [dice.choices(words, k=self.length) for _ in range(self.sentences)]

    def number(self, name: str) -> int:
        """An option that is a number."""
        return int(self.options[name])


def serve(version: str, parameters: int, translate: Callable[[int, int], None]) -> None:
    """Announce the worker, then translate once for each line read, and say how long it took.

    Args:
        version: of what translates.
        parameters: of its network.
        translate: called with sentences at a time and beam size; translates the whole workload.
    """
    print(json.dumps({"version": version, "parameters": parameters}), flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        begin, begin_cpu = time.perf_counter(), time.process_time()
        translate(asked["batch"], asked["beam"])
        seconds, cpu_seconds = time.perf_counter() - begin, time.process_time() - begin_cpu
        print(json.dumps({"seconds": seconds, "cpu_seconds": cpu_seconds}), flush=True)
