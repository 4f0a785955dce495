from __future__ import annotations

import io
import json
import math
import sys
from pathlib import Path

import pytest

from model.checkpoint import load_checkpoint
from model.cli import main
from model.config import DecodingOptions
from model.evaluation import translate_texts
from tests.conftest import TINY_TEXT

LINES = [*TINY_TEXT, "", "  ", "Zwei Häuser\u2028und ein Hund", "\ufeffDas"]


@pytest.fixture
def input_file(tmp_path: Path) -> Path:
    path = tmp_path / "input.txt"
    path.write_bytes("".join(f"{line}\n" for line in LINES).encode())
    return path


@pytest.fixture
def common(tiny_checkpoint: Path) -> list[str]:
    shared = ["translate", str(tiny_checkpoint), "--source-lang", "de", "--target-lang", "en"]
    return [*shared, "--max-length", "8", "--threads", "1"]


def expected(tiny_checkpoint: Path, lines: list[str], **options: int) -> list[str]:
    checkpoint = load_checkpoint(tiny_checkpoint)
    decoding = DecodingOptions(**{"beam_size": 2, "max_length": 8, **options})
    return translate_texts(checkpoint.model, checkpoint.tokenizer, lines, "en", decoding)


def translated(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().out.removesuffix("\n").split("\n")


def test_a_file_to_a_file(
    common: list[str],
    input_file: Path,
    tmp_path: Path,
    tiny_checkpoint: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    output = tmp_path / "output.txt"
    files = ["--input", str(input_file), "--output", str(output)]
    assert main([*common, *files, "--beam-size", "5"]) == 0
    wanted = expected(tiny_checkpoint, LINES, beam_size=5)
    assert output.read_bytes().decode() == "".join(f"{line}\n" for line in wanted)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("rows", [1, 2, 64])
def test_standard_input_to_standard_output_in_order_whatever_the_blocks(
    rows: int,
    common: list[str],
    tiny_checkpoint: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    lines = LINES * 4
    raw = "\r\n".join(lines).encode()  # CRLF, and no end of the last line
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
    assert main([*common, "--batch-rows", str(rows)]) == 0
    assert translated(capsys) == expected(tiny_checkpoint, lines)


def test_empty_input_gives_empty_output(
    common: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
    assert main(common) == 0
    assert capsys.readouterr().out == ""


def test_columns_come_in_the_documented_order(
    common: list[str], input_file: Path, tiny_checkpoint: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flags = ["--input", str(input_file), "--beam-size", "3", "--n-best", "2", "--scores", "--alignments"]
    assert main([*common, *flags]) == 0
    rows = [row.split("\t") for row in translated(capsys)]
    assert {len(row) for row in rows} == {6}
    best = {int(row[0]): row for row in rows if row[1] == "1"}
    wanted = expected(tiny_checkpoint, LINES, beam_size=3)
    assert [best[number][4] for number in range(1, len(LINES) + 1)] == wanted
    for row in rows:
        links = [tuple(map(int, pair.split("-"))) for pair in row[5].split()]
        source_words, target_words = len(LINES[int(row[0]) - 1].split()), len(row[4].split())
        assert all(0 <= i < source_words and 0 <= j < target_words for i, j in links)
        assert [j for _, j in links] == sorted({j for _, j in links})
    for number, line in enumerate(LINES, 1):
        ranked = [row for row in rows if row[0] == str(number)]
        assert [row[1] for row in ranked] == [str(rank) for rank in range(1, len(ranked) + 1)]
        assert len(ranked) == (2 if line.strip() else 1)
        assert [float(row[2]) for row in ranked] == sorted([float(row[2]) for row in ranked], reverse=True)


@pytest.mark.parametrize(
    ("flags", "columns"), [([], 1), (["--scores"], 3), (["--alignments"], 2), (["--n-best", "2"], 3)]
)
def test_only_the_columns_asked_for(
    flags: list[str], columns: int, common: list[str], input_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*common, "--input", str(input_file), *flags]) == 0
    assert {row.count("\t") + 1 for row in translated(capsys)} == {columns}


def test_json_lines_hold_what_the_columns_hold(
    common: list[str], input_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flags = ["--input", str(input_file), "--n-best", "2", "--alignments", "--scores"]
    assert main([*common, *flags]) == 0
    rows = [row.split("\t") for row in translated(capsys)]
    assert main([*common, *flags, "--json"]) == 0
    documents = [json.loads(line) for line in translated(capsys)]
    assert [document["line"] for document in documents] == list(range(1, len(LINES) + 1))
    assert [document["parts"] for document in documents] == [int(bool(line.strip())) for line in LINES]
    flat = [
        [
            str(document["line"]),
            str(rank),
            f"{found['score']:.6f}",
            f"{found['log_prob']:.6f}",
            found["text"],
            " ".join(f"{i}-{j}" for i, j in found["alignment"]),
        ]
        for document in documents
        for rank, found in enumerate(document["translations"], 1)
    ]
    assert flat == rows


def test_what_is_not_given_is_as_the_checkpoint_says(
    common: list[str], input_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*common, "--input", str(input_file), "--json"]) == 0
    default = capsys.readouterr().out
    assert main([*common, "--input", str(input_file), "--json", "--beam-size", "2"]) == 0
    assert capsys.readouterr().out == default


def test_samples_are_drawn_by_seed(
    common: list[str], input_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outputs = []
    for seed in ("1", "1", "2"):
        flags = ["--strategy", "sample", "--temperature", "1.5", "--top-k", "50", "--seed", seed]
        assert main([*common, "--input", str(input_file), *flags]) == 0
        outputs.append(capsys.readouterr().out)
    assert outputs[0] == outputs[1] != outputs[2]


def test_bfloat16_computes_nearly_the_same(
    common: list[str], input_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flags = ["--input", str(input_file), "--json", "--beam-size", "1"]
    totals = []
    for precision in ("float32", "bfloat16"):
        assert main([*common, *flags, "--precision", precision]) == 0
        documents = [json.loads(line) for line in translated(capsys)]
        totals.append(sum(document["translations"][0]["log_prob"] for document in documents))
    assert totals[0] != totals[1]
    assert math.isclose(totals[0], totals[1], rel_tol=0.05)


def test_a_line_that_is_split_or_cut_short_is_named(
    common: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "long.txt"
    path.write_text("Der Zug.\n" + "Der Zug ist alt. " * 20 + "\nDas Haus.\n")
    assert main([*common, "--input", str(path), "--max-source-tokens", "60"]) == 0
    captured = capsys.readouterr()
    assert captured.out.count("\n") == 3
    split = [line for line in captured.err.splitlines() if "parts" in line]
    assert len(split) == 1
    assert split[0].startswith(f"warning: {path}: line 2: over 60 tokens, translated in ")
    cut = [line for line in captured.err.splitlines() if "length limit" in line]
    assert any(line.startswith(f"warning: {path}: line 1: ") for line in cut)
    assert "Zug" not in captured.err


def test_the_bar_is_shown_when_asked_for_and_not_into_a_file(
    common: list[str], input_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*common, "--input", str(input_file), "--progress"]) == 0
    shown = capsys.readouterr()
    assert f"{len(LINES)} lines" in shown.err
    assert main([*common, "--input", str(input_file)]) == 0
    silent = capsys.readouterr()
    assert "lines" not in silent.err
    assert silent.out == shown.out


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (["--input", "none.txt"], "none.txt: No such file or directory"),
        (["--beam-size", "0"], "decoding options: beam_size: "),
        (["--beam-size", "2", "--n-best", "3"], "n_best (3) must be at most beam_size (2)"),
        (["--source-lang", "fr"], "tiny does not translate fr→en; it has de→en, en→de"),
        (["--target-lang", "fr"], "tiny does not translate de→fr"),
        (["--top-p", "1.5"], "decoding options: top_p: "),
        (["--output", "no/such/folder/out"], "no/such/folder/out: No such file or directory"),
    ],
)
def test_bad_arguments_are_explained(
    change: list[str],
    reason: str,
    common: list[str],
    input_file: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main([*common, "--input", str(input_file), *change]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: ")
    assert reason in captured.err


def test_a_missing_gpu_is_said_so(
    common: list[str], input_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert main([*common, "--input", str(input_file), "--device", "cuda"]) == 2
    assert "no CUDA device is available here" in capsys.readouterr().err


def test_the_input_is_not_overwritten(
    common: list[str], input_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = input_file.read_bytes()
    (tmp_path / "link").symlink_to(input_file)
    assert main([*common, "--input", str(input_file), "--output", str(tmp_path / "link")]) == 2
    assert "is the file that is read" in capsys.readouterr().err
    assert input_file.read_bytes() == before


def test_from_a_terminal_each_line_is_answered_before_the_next_is_read(
    common: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = tmp_path / "answers"
    seen: list[int] = []

    class Terminal(io.BytesIO):
        def isatty(self) -> bool:
            return True

        def readline(self, size: int | None = -1, /) -> bytes:
            seen.append(answers.read_bytes().count(b"\n"))
            return super().readline(size)

    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(Terminal(b"Der Zug.\nDas Haus.\nDer Hund.\n")))
    assert main([*common, "--output", str(answers)]) == 0
    assert seen == [0, 1, 2, 3]
