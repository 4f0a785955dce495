"""Roughened sources: a careless way of typing the same sentence, and the target as it was."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.cli import main
from model.training.corpus import ParallelText
from model.training.roughening import (
    in_lower_case,
    roughen,
    roughened_pairs,
    with_slips,
    without_final_mark,
)
from tests.model.training.preparing import PAIRS, write


def draws(seed: int) -> random.Random:
    return random.Random(seed)


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [("Wo ist er?", "Wo ist er"), ("So ...", "So "), ("他来了。", "他来了"), ("Ja", "Ja"), ("?!", "?!")],
)
def test_the_final_mark_goes(sentence: str, expected: str) -> None:
    assert without_final_mark(sentence, draws(0)) == expected


def test_capitals_go_and_with_them_often_the_mark_and_the_apostrophe() -> None:
    found = {in_lower_case("I don't know Tom.", draws(seed)) for seed in range(100)}
    assert found == {"i don't know tom.", "i don't know tom", "i dont know tom.", "i dont know tom"}


@given(sentence=st.text("abcdefgh ABC.,äß這", max_size=120), seed=st.integers(0, 1000))
def test_a_slip_is_one_letter_inside_a_word(sentence: str, seed: int) -> None:
    slipped = with_slips(sentence, draws(seed))
    runs = Counter(sentence) - Counter(slipped), Counter(slipped) - Counter(sentence)
    slips = 1 + len(sentence) // 25
    assert sum(runs[0].values()) <= slips
    assert sum(runs[1].values()) <= slips
    assert all(letter.islower() for letter in (runs[0] | runs[1]))
    kept = [letter for letter in sentence if not letter.islower()]
    assert [letter for letter in slipped if not letter.islower()] == kept
    if not any(
        all(map(str.islower, sentence[i : i + 3])) and len(sentence) >= i + 3 for i in range(len(sentence))
    ):
        assert slipped == sentence


def test_all_ways_are_taken_and_the_same_pair_always_takes_the_same(tmp_path: Path) -> None:
    text = write(tmp_path, "train", [(f"Der Hund {i} schläft noch.", f"The dog {i}.") for i in range(400)])
    pairs = list(roughened_pairs(text, 0.5))
    assert pairs == list(roughened_pairs(text, 0.5))
    assert 150 < len(pairs) < 250
    assert len(list(roughened_pairs(text, 0.0))) == 0
    lowered = sum(source.islower() for source, _ in pairs)
    unmarked = sum(not source.endswith(".") for source, _ in pairs)
    assert 0.35 < lowered / len(pairs) < 0.65
    assert unmarked > lowered / 2
    for source, target in pairs:
        number = target.removeprefix("The dog ").removesuffix(".")
        assert f" {number} " in source
        assert source != f"Der Hund {number} schläft noch."


def test_a_sentence_without_room_is_left_out(tmp_path: Path) -> None:
    text = write(tmp_path, "train", [("12", "12"), ("这", "this")], ("zh", "en"))
    assert list(roughened_pairs(text, 1.0)) == []
    assert roughen("这", draws(3)) == "这"


def test_the_command_writes_two_aligned_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = write(tmp_path, "train", PAIRS)
    files = [str(file) for file in text.files]
    assert main(["roughen", "de-en", *files, "--output", str(tmp_path / "rough"), "--share", "1"]) == 0
    written = [(tmp_path / f"rough.{code}").read_text(encoding="utf-8").splitlines() for code in ("de", "en")]
    expected = list(roughened_pairs(ParallelText(("de", "en"), text.files), 1.0))
    assert list(zip(*written, strict=True)) == expected
    assert f"{len(expected)} pairs" in capsys.readouterr().out


def test_a_missing_file_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = str(tmp_path / "nothing.de")
    assert main(["roughen", "de-en", missing, missing, "--output", str(tmp_path / "rough")]) == 2
    assert "nothing.de" in capsys.readouterr().err
