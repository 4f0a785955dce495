"""docs/reports.md: its commands exist, and what it says about the page is so."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from model.cli import build_parser
from model.report.significance import RESAMPLES

TEXT = (Path(__file__).parents[3] / "docs" / "reports.md").read_text(encoding="utf-8")


def test_commands_are_accepted() -> None:
    blocks = re.findall(r"```console\n\$ (.*?)```", TEXT, flags=re.DOTALL)
    commands = [shlex.split(block.replace("\\\n", " ")) for block in blocks]
    assert len(commands) == 4
    for program, flag, package, *arguments in commands:
        assert [program, flag, package] == ["python", "-m", "model"]
        build_parser(arguments).parse_args(arguments)


def test_the_number_of_resamples_is_the_one_used() -> None:
    assert f"{RESAMPLES:,} resamples" in TEXT
