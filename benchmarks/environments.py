"""CTranslate2 in a virtual environment of its own; OpenNMT-py's is ``benchmarks.opennmt``'s."""

from __future__ import annotations

import os
import subprocess
import venv
from pathlib import Path

from benchmarks.errors import BenchmarkError
from benchmarks.opennmt import python_of

CTRANSLATE2 = "4.8.5"
_TIMEOUT_SECONDS = 600.0


def ctranslate2_environment(folder: Path | None = None) -> Path:
    """An environment that has CTranslate2, built unless it is there.

    Args:
        folder: where; default: in the user's cache folder.

    Raises:
        BenchmarkError: it cannot be built.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = folder or cache / "dragoman" / f"ctranslate2-{CTRANSLATE2}"
    if not python_of(folder).is_file():
        venv.create(folder, with_pip=True)
    install = ["-m", "pip", "--disable-pip-version-check", "install", "-q", f"ctranslate2=={CTRANSLATE2}"]
    try:
        subprocess.run(
            [str(python_of(folder)), *install],
            check=True,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_SECONDS,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise BenchmarkError(f"{folder.name} cannot be built: {type(error).__name__}") from error
    return folder
