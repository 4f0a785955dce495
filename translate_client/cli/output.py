"""Results on standard output, for people or as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, TextIO

from translate_client.results import Detection, Language, Segment, Translation


class Writer:
    """Writes results.

    Args:
        output: where to.
        as_json: for programs.
        verbatim: a text is written as it is, without a line break of its own.
    """

    def __init__(self, output: TextIO, *, as_json: bool, verbatim: bool = False) -> None:
        self._output = output
        self._as_json = as_json
        self._end = "" if verbatim else "\n"
        self._item = 0

    def translations(self, translations: Sequence[Translation], *, one: bool) -> None:
        """Translations; as JSON, an object for one, else a list."""
        if self._as_json:
            found = [asdict(translation) for translation in translations]
            self._json(found[0] if one else found)
            return
        for translation in translations:
            self._text(translation.text + self._end)
            for other in translation.alternatives:
                self._text(f"    {other}\n")

    def segment(self, segment: Segment) -> None:
        """A sentence that has just been done."""
        if self._as_json:
            self._json({"segment": asdict(segment)})
        else:
            self._text(self._end * (segment.item - self._item) + segment.text)
            self._item = segment.item
        self._output.flush()

    def streamed(self, translations: Sequence[Translation], *, one: bool) -> None:
        """The end of what was written sentence by sentence."""
        if self._as_json:
            found = [asdict(translation) for translation in translations]
            self._json({"done": found[0] if one else found})
        elif translations:
            self._text(self._end)

    def detection(self, detection: Detection) -> None:
        """A language that was detected."""
        if self._as_json:
            self._json(asdict(detection))
        else:
            self._text(f"{detection.language} {detection.confidence:.0f}%\n")

    def languages(self, languages: Sequence[Language]) -> None:
        """What is served: code, name, targets."""
        if self._as_json:
            self._json([asdict(language) for language in languages])
            return
        width = max((len(language.name) for language in languages), default=0)
        for language in languages:
            targets = ", ".join(target for target in language.targets if target != language.code)
            self._text(f"{language.code:<5} {language.name:<{width}}  into {targets}\n")

    def _json(self, value: Any) -> None:
        self._text(json.dumps(value, ensure_ascii=False) + "\n")

    def _text(self, text: str) -> None:
        self._output.write(text)
