from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from model.report.significance import compare
from tests.model.report.texts import made_test_set

METRICS = ["--metrics", "bleu", "chrf", "--width", "6", "--language-pair", "de-en"]
NUMBERS = re.compile(r"([\d.]+) \(([\d.]+) ± ([\d.]+)\)(?: \(p = ([\d.]+)\))?")


def sacrebleu(
    directory: Path, systems: dict[str, Sequence[str]], references: Sequence[str], *options: str
) -> str:
    """What sacreBLEU's own command prints."""
    (directory / "reference").write_text("\n".join(references) + "\n")
    for name, lines in systems.items():
        (directory / name).write_text("\n".join(lines) + "\n")
    files = [str(directory / "reference"), "--input", *(str(directory / name) for name in systems)]
    command = [sys.executable, "-m", "sacrebleu", *files, *METRICS, *options]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_intervals_are_those_of_sacrebleus_command(tmp_path: Path) -> None:
    test = made_test_set(compared=False)
    printed = sacrebleu(
        tmp_path, {"system": test.translations}, test.references, "--confidence", "--format", "json"
    )
    wanted = {row["name"]: row for row in json.loads(printed)}
    found = compare(test.translations, None, test.references, "en")
    assert {row.metric for row in found} == set(wanted)
    for row in found:
        theirs = wanted[row.metric]
        assert row.system.score == pytest.approx(theirs["score"], abs=1e-6)
        assert row.system.mean == pytest.approx(theirs["confidence_mean"], abs=1e-6)
        assert row.system.half_width == pytest.approx(theirs["confidence_var"], abs=1e-6)
        assert row.system.high - row.system.low == pytest.approx(2 * theirs["confidence_var"], abs=1e-6)
        assert (row.baseline, row.p_value, row.difference) == (None, None, None)
        assert "bs:1000" in row.signature


def test_the_paired_bootstrap_is_that_of_sacrebleus_command(tmp_path: Path) -> None:
    test = made_test_set()
    assert test.others is not None
    systems = {"baseline": test.others, "system": test.translations}
    # its JSON cannot hold its own float32
    printed = sacrebleu(tmp_path, systems, test.references, "--paired-bs", "--format", "latex")
    baseline, system = [found for line in printed.splitlines() if (found := NUMBERS.findall(line))]
    rows = compare(test.translations, test.others, test.references, "en")
    assert [row.metric for row in rows] == ["BLEU", "chrF2"]
    for row, theirs, other in zip(rows, system, baseline, strict=True):
        assert row.baseline is not None
        assert row.p_value is not None
        for ours, printed_numbers in ((row.system, theirs), (row.baseline, other)):
            wanted = [float(number) for number in printed_numbers[:3]]
            assert [ours.score, ours.mean, ours.half_width] == pytest.approx(wanted, abs=1e-6)
        assert row.p_value == pytest.approx(float(theirs[3]), abs=5e-5)
        assert 0.01 < row.p_value < 0.99
        assert row.difference == pytest.approx(float(theirs[0]) - float(other[0]), abs=1e-5)


def test_equal_translations_do_not_differ_significantly() -> None:
    test = made_test_set(20)
    assert {row.p_value for row in compare(test.translations, test.translations, test.references, "en")} == {
        1.0
    }


def test_chinese_is_counted_in_characters() -> None:
    [bleu, _] = compare(["我喜欢绿茶。"], None, ["我喜欢红茶。"], "zh")
    assert "tok:zh" in bleu.signature
    assert 0 < bleu.system.score < 100
