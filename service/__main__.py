"""``python -m service``: serve what the environment describes."""

from __future__ import annotations

import gc
import sys


def start() -> int:
    """Run the command, whose exit status it returns."""
    # Importing makes hundreds of thousands of objects that stay, and a collector that looks through them for
    # garbage again and again takes a fifth of the time until the service is ready. ``settle`` ends this.
    gc.disable()
    from service.command import main  # noqa: PLC0415 - it imports everything

    return main()


if __name__ == "__main__":
    sys.exit(start())
