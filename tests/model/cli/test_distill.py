from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from model.checkpoint import load_checkpoint, save_checkpoint
from model.cli import main
from model.tokenizer import EOS
from tests.conftest import TINY_TEXT


@pytest.fixture
def teacher(tiny_checkpoint: Path, tmp_path: Path) -> Path:
    """The tiny checkpoint, made to end its translations."""
    checkpoint = load_checkpoint(tiny_checkpoint)
    with torch.no_grad():
        checkpoint.model.output_bias[EOS] += 3.0
    save_checkpoint(
        tmp_path / "teacher",
        model=checkpoint.model,
        config=checkpoint.config.model,
        tokenizer=checkpoint.tokenizer,
        directions=checkpoint.directions,
        name="teacher",
    )
    return tmp_path / "teacher"


@pytest.fixture
def arguments(teacher: Path, tmp_path: Path) -> list[str]:
    (tmp_path / "a.de").write_text("".join(f"{line}\n" for line in TINY_TEXT[::2]))
    return [
        *("distill", str(teacher), "--source-lang", "de", "--target-lang", "en"),
        *(
            "--source",
            str(tmp_path / "a.de"),
            "--output",
            str(tmp_path / "out"),
            "--threads",
            "1",
            "--min-length",
            "2",
        ),
    ]


def test_an_ensemble_of_one_network_distills_what_it_translates(
    arguments: list[str], teacher: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments, "--ensemble", str(teacher)]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'out.de'} {tmp_path / 'out.en'}\n"
    sources = (tmp_path / "out.de").read_text().split("\n")[:-1]
    targets = (tmp_path / "out.en").read_text().split("\n")[:-1]
    shared = [str(teacher), "--source-lang", "de", "--target-lang", "en", "--min-length", "2"]
    assert main(["translate", *shared, "--input", str(tmp_path / "a.de"), "--json"]) == 0
    lines = [json.loads(line)["translations"][0] for line in capsys.readouterr().out.splitlines()]
    expected = [
        (source, line["text"])
        for source, line in zip(TINY_TEXT[::2], lines, strict=True)
        if not line["truncated"]
    ]
    assert list(zip(sources, targets, strict=True)) == expected != []
    status = json.loads((tmp_path / "out.json").read_text())
    digest = load_checkpoint(teacher).digest
    assert status["origin"]["teacher"] == [{"name": "teacher", "digest": digest}] * 2
    assert str(tmp_path) not in (tmp_path / "out.json").read_text()


def test_it_is_not_done_twice_and_a_changed_option_is_noticed(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments, "--max-length", "9"]) == 0
    assert main([*arguments, "--max-length", "9"]) == 2
    assert "out.json: exists; go on with --resume" in capsys.readouterr().err
    assert main([*arguments, "--max-length", "9", "--resume"]) == 0
    assert main([*arguments, "--max-length", "8", "--resume"]) == 2
    assert "made from another decoding" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (["--n-best", "2"], "--n-best is for choosing by a --reference"),
        (["--source", "nowhere"], "nowhere"),
        (["--target-lang", "fr"], "teacher does not translate de→fr"),
    ],
)
def test_what_cannot_be_distilled_is_named(
    changes: list[str], reason: str, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments, *changes]) == 2
    assert reason in capsys.readouterr().err
