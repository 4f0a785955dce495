"""The client is a package of its own."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import translate_client
from translate_client.calls import AGENT

ROOT = Path(__file__).parents[2]
HEAVY = ("torch", "numpy", "fastapi", "pydantic", "sentencepiece", "model", "service")


def test_importing_it_brings_nothing_heavy_along() -> None:
    code = f"import sys, translate_client.cli; print([one for one in {HEAVY} if one in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_it_is_shipped_whole() -> None:
    configuration = tomllib.loads((ROOT / "translate_client/pyproject.toml").read_text(encoding="utf-8"))
    folder = ROOT / "translate_client"
    packages = {
        ".".join(path.parent.relative_to(ROOT).parts)
        for path in folder.rglob("__init__.py")
        if "build" not in path.parts
    }
    assert set(configuration["tool"]["setuptools"]["packages"]) == packages
    assert f"translate-client/{configuration['project']['version']}" == AGENT
    assert (folder / "py.typed").is_file()


def test_everything_public_is_listed() -> None:
    assert translate_client.__all__ == sorted(translate_client.__all__)
    assert all(hasattr(translate_client, name) for name in translate_client.__all__)
