"""CTranslate2 and LitServe in virtual environments of their own; OpenNMT-py's is ``benchmarks.opennmt``'s."""

from __future__ import annotations

import os
import subprocess
import sysconfig
import venv
from pathlib import Path

from benchmarks.errors import BenchmarkError
from benchmarks.opennmt import python_of

CTRANSLATE2 = "4.8.5"
LITSERVE = "0.2.19"
_TIMEOUT_SECONDS = 600.0


def ctranslate2_environment(folder: Path | None = None) -> Path:
    """An environment that has CTranslate2, built unless it is there.

    Args:
        folder: where; default: in the user's cache folder.

    Raises:
        BenchmarkError: it cannot be built.
    """
    return _environment(folder or _cache() / f"ctranslate2-{CTRANSLATE2}", f"ctranslate2=={CTRANSLATE2}")


def litserve_environment(folder: Path | None = None) -> Path:
    """An environment that has LitServe, built unless it is there.

    What it does not have itself it finds in ours: PyTorch and whatever else the network needs, so that
    both compute by the same libraries.

    Args:
        folder: where; default: in the user's cache folder.

    Raises:
        BenchmarkError: it cannot be built.
    """
    folder = _environment(folder or _cache() / f"litserve-{LITSERVE}", f"litserve=={LITSERVE}")
    own = sysconfig.get_path("purelib", vars={"base": str(folder), "platbase": str(folder)}, scheme="venv")
    # A line of a .pth file is put after the environment's own packages, which so go first.
    Path(own, "shared.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return folder


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "dragoman"


def _environment(folder: Path, package: str) -> Path:
    """A virtual environment in ``folder`` with ``package``."""
    if not python_of(folder).is_file():
        venv.create(folder, with_pip=True)
    install = ["-m", "pip", "--disable-pip-version-check", "install", "-q", package]
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
