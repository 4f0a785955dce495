"""The command line, ``translate-client``."""

from __future__ import annotations

from translate_client.cli.main import main

__all__ = ["main"]
