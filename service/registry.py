"""Which checkpoint serves which direction."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from model.calibration import Calibration
from model.config import DecodingOptions
from model.tokenizer import Tokenizer
from service.engine.request import EngineLike
from service.errors import UnsupportedLanguage
from service.quality.assessment import Assessor
from service.text.truecasing import Truecaser

logger = logging.getLogger(__name__)

Direction = tuple[str, str]

FAVOURITE_PIVOT = "en"
"""The language that most text is translated from or into."""


@dataclass(frozen=True)
class Served:
    """A loaded checkpoint and the engine that computes with it.

    Attributes:
        name: what the checkpoint calls itself.
        digest: its identity: equal digests translate equally.
        directions: the (source, target) pairs it was trained for.
        tokenizer: text to ids and back.
        decoding: how to decode where a request asks for nothing else.
        engine: where its segments are translated.
        load_seconds: what loading and warming up took.
        calibration: what its probabilities are worth, if that is known.
        attends: whether the network has attention.
    """

    name: str
    digest: str
    directions: tuple[Direction, ...]
    tokenizer: Tokenizer
    decoding: DecodingOptions
    engine: EngineLike
    load_seconds: float = 0.0
    calibration: Calibration | None = None
    attends: bool = False

    @cached_property
    def assessor(self) -> Assessor:
        """Of translations by the checkpoint."""
        return Assessor(self.tokenizer, self.calibration, self.attends)

    @cached_property
    def truecaser(self) -> Truecaser:
        """Of the tokenizer; it remembers words."""
        return Truecaser(self.tokenizer)


class Registry:
    """All that is served. Immutable.

    Args:
        served: where two serve the same direction the first one does, and a line is logged.
    """

    def __init__(self, served: Sequence[Served]) -> None:
        self.served = tuple(served)
        self._by_direction: dict[Direction, Served] = {}
        for one in self.served:
            for direction in one.directions:
                self._add(direction, one)

    def _add(self, direction: Direction, served: Served) -> None:
        first = self._by_direction.setdefault(direction, served)
        if first is not served:
            source, target = direction
            logger.warning("%s>%s is served by %s, not by %s", source, target, first.name, served.name)

    @cached_property
    def directions(self) -> tuple[Direction, ...]:
        """Every direction, sorted."""
        return tuple(sorted(self._by_direction))

    @cached_property
    def languages(self) -> tuple[str, ...]:
        """Every source or target language, sorted."""
        return tuple(sorted({code for direction in self._by_direction for code in direction}))

    @cached_property
    def sources(self) -> tuple[str, ...]:
        """Every language that can be translated from, sorted."""
        return tuple(sorted({source for source, _ in self._by_direction}))

    def serves(self, source: str, target: str) -> bool:
        """Whether there is such a direction, by way of a third language or not.

        A language into itself changes nothing and is always served.
        """
        direct = source == target or (source, target) in self._by_direction
        return direct or self.pivot(source, target) is not None

    def targets(self, source: str) -> tuple[str, ...]:
        """What ``source`` can be translated into, sorted; includes itself, which changes nothing."""
        known = {target for _, target in self._by_direction}
        return tuple(sorted({source} | {target for target in known if self.serves(source, target)}))

    def pivot(self, source: str, target: str) -> str | None:
        """The language by way of which ``source`` is translated into ``target``.

        None where no way is needed, or none is there. English goes before all others.
        """
        if source == target or (source, target) in self._by_direction:
            return None
        ways = [
            two for one, two in self._by_direction if one == source and (two, target) in self._by_direction
        ]
        return min(ways, key=lambda way: (way != FAVOURITE_PIVOT, way), default=None)

    def language(self, code: str, field: str) -> str:
        """The served language that ``code`` means: case does not count, a region or script is dropped.

        Args:
            code: such as ``de``, ``EN-us`` or ``zh_Hans``.
            field: the parameter it came in, for the message.

        Raises:
            UnsupportedLanguage: there is none.
        """
        wanted = code.strip().lower().replace("_", "-")
        for candidate in (wanted, wanted.partition("-")[0]):
            if candidate in self.languages:
                return candidate
        available = ", ".join(self.languages)
        raise UnsupportedLanguage(f"{field}: this language is not served; available are {available}", field)

    def find(self, source: str, target: str) -> Served:
        """What serves the direction between two languages that ``language`` returned.

        Raises:
            UnsupportedLanguage: nothing does; names the directions there are.
        """
        try:
            return self._by_direction[source, target]
        except KeyError:
            available = ", ".join(f"{one}>{two}" for one, two in self.directions)
            raise UnsupportedLanguage(
                f"target: {source}>{target} is not served; available are {available}", "target"
            ) from None
