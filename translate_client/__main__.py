"""``python -m translate_client`` is ``translate-client``."""

from __future__ import annotations

import sys

from translate_client.cli import main

if __name__ == "__main__":
    sys.exit(main())
