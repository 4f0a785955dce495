"""Texts whose line breaks mean nothing."""

from __future__ import annotations


def join_lines(text: str) -> str:
    """``text`` with each run of line breaks within it, and the white space around them, as one space.

    White space at both ends is kept. Time is linear in the length.
    """
    core = text.strip()
    start = len(text) - len(text.lstrip())
    joined = " ".join(filter(None, map(str.strip, core.splitlines())))
    return text[:start] + joined + text[start + len(core) :]
