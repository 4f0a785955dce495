"""OpenNMT-py in a virtual environment of its own, so that nothing of it touches ours.

Version 3.5.1, the last, asks for torch < 2.3 but trains with the torch that we use. It imports all of its
text transforms at its start, and with them libraries that training on ready token ids never calls; instead
of those the environment gets empty modules (``_STAND_INS``). Nothing else of it is changed.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import venv
from pathlib import Path

import torch

from benchmarks.errors import BenchmarkError

VERSION = "3.5.1"
TORCH_INDEX = "https://download.pytorch.org/whl/cpu"

_NEEDS = ("configargparse==1.7.7", "numpy", "pyonmttok==1.38.1", "pyyaml", "sacrebleu")
_STAND_INS = {"ahocorasick": "", "fasttext": "", "rapidfuzz": "fuzz = process = None\n", "spacy": ""}
_SHOWN = ("OpenNMT-py", "torch", "numpy", "pyonmttok")
_READY = "ready.json"
_TIMEOUT_SECONDS = 1800.0


def default_environment() -> Path:
    """Where the environment is built unless told otherwise: in the user's cache folder."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "dragoman" / f"opennmt-py-{VERSION}-torch-{torch_version()}"


def torch_version() -> str:
    """Of the torch that runs here, without the build's name."""
    return str(torch.__version__).partition("+")[0]


def python_of(environment: Path) -> Path:
    """The interpreter of a virtual environment."""
    return environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def ensure_environment(environment: Path) -> dict[str, str]:
    """Build the environment unless it is there; the versions of its packages that matter.

    Raises:
        BenchmarkError: something cannot be installed; or the folder holds something else.
    """
    ready = environment / _READY
    if not ready.is_file():
        if environment.exists() and not (environment / "pyvenv.cfg").is_file() and any(environment.iterdir()):
            raise BenchmarkError(
                f"{environment} is not empty and no virtual environment; name another folder"
            )
        _build(environment)
        ready.write_text(json.dumps(_versions(environment)) + "\n", encoding="utf-8")
    versions: dict[str, str] = json.loads(ready.read_text(encoding="utf-8"))
    if versions.get("torch", "").partition("+")[0] != torch_version():
        raise BenchmarkError(
            f"{environment} has torch {versions.get('torch')}, not {torch_version()}; remove it"
        )
    return versions


def _build(environment: Path) -> None:
    shutil.rmtree(environment, ignore_errors=True)
    venv.create(environment, with_pip=True)
    torch_pin = f"torch=={torch_version()}"
    _pip(environment, "--no-deps", "--retries", "1", "--extra-index-url", TORCH_INDEX, torch_pin)
    _pip(environment, torch_pin, *_NEEDS)
    _pip(environment, "--no-deps", f"OpenNMT-py=={VERSION}")
    packages = Path(_python(environment, "import sysconfig; print(sysconfig.get_path('purelib'))"))
    for name, text in _STAND_INS.items():
        (packages / f"{name}.py").write_text(f'"""Stands in for a library that is not called."""\n{text}')


def _versions(environment: Path) -> dict[str, str]:
    code = f"import json, importlib.metadata as m; print(json.dumps({{n: m.version(n) for n in {_SHOWN!r}}}))"
    versions: dict[str, str] = json.loads(_python(environment, code))
    return versions


def _pip(environment: Path, *arguments: str) -> None:
    _run(environment, "-m", "pip", "--disable-pip-version-check", "install", "-q", *arguments)


def _python(environment: Path, code: str) -> str:
    return _run(environment, "-c", code).strip()


def _run(environment: Path, *arguments: str) -> str:
    command = [str(python_of(environment)), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=_TIMEOUT_SECONDS)
    except subprocess.CalledProcessError as error:
        lines = error.stderr.strip().splitlines()[-3:]
        raise BenchmarkError(f"{environment.name}: {' '.join(arguments[:5])}: " + "; ".join(lines)) from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BenchmarkError(f"{environment.name} cannot be built: {type(error).__name__}") from error
    return done.stdout
