"""The text of a sentence as it gathers from the parts of a document."""

from __future__ import annotations

import re

SPACE = " \t\n\f\r"
"""White space as HTML has it: a no-break space is none."""
_SPACES = re.compile(f"[{SPACE}]+")


class Flow:
    """Text without the white space around it.

    Args:
        collapse: whether a run of white space counts as one space.

    Attributes:
        lead: the white space before the text.
    """

    def __init__(self, collapse: bool) -> None:
        self.lead = ""
        self._collapse = collapse
        self._parts: list[str] = []
        self._end = 0
        self._pending = ""

    @property
    def end(self) -> int:
        """Where the text ends, without the white space that has come since."""
        return self._end

    @property
    def start(self) -> int:
        """Where what comes next will begin."""
        return self._end + len(self._gap())

    @property
    def tail(self) -> str:
        """The white space that has come since the text."""
        return self._pending

    def text(self) -> str:
        """What has gathered."""
        return "".join(self._parts)

    def append(self, text: str) -> None:
        """Add a part; white space at its ends is counted with its neighbours'."""
        content = text.strip(SPACE)
        if not content:
            self._pending += text
            return
        start = text.index(content[0])
        self._pending += text[:start]
        self._flush()
        self._add(_SPACES.sub(" ", content) if self._collapse else content)
        self._pending = text[start + len(content) :]

    def append_whole(self, text: str) -> None:
        """Add a part as it is."""
        self._flush()
        self._add(text)

    def _gap(self) -> str:
        if not self._end:
            return ""
        return " " if self._collapse and self._pending else self._pending

    def _flush(self) -> None:
        if not self._end:
            self.lead = self._pending
        self._add(self._gap())
        self._pending = ""

    def _add(self, text: str) -> None:
        self._parts.append(text)
        self._end += len(text)
