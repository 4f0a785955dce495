"""``python -m model prepare``, from arguments to the folder."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from model.cli import main
from model.training.prepared import PreparedCorpus
from tests.conftest import TINY_TEXT

PAIRS = [f"{german}\t{english}" for german, english in zip(TINY_TEXT[::2], TINY_TEXT[1::2], strict=True)]


@pytest.fixture
def arguments(tmp_path: Path) -> list[str]:
    corpus, valid = tmp_path / "corpus.tsv.gz", tmp_path / "valid.tsv"
    corpus.write_bytes(gzip.compress("\n".join([*PAIRS, PAIRS[0]]).encode()))
    valid.write_text("Guten Morgen!\tGood morning!\n", encoding="utf-8")
    words = f"prepare --output {tmp_path / 'out'} --corpus de-en {corpus} --valid de-en {valid}"
    return words.split(" ")


def test_it_writes_the_folder_and_says_what_was_dropped(
    arguments: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    size = ["--vocabulary-size", "300", "--segmentations", "2", "--placeholders", "0"]
    assert main([*arguments, *size, "--direction", "en-de"]) == 0
    corpus = PreparedCorpus.load(tmp_path / "out")
    assert corpus.directions == (("en", "de"),)
    assert corpus.tokenizer.vocabulary_size == 300
    assert len(corpus.dataset) == len(PAIRS)
    shown = capfd.readouterr()
    assert "duplicate pair" in shown.out
    assert "4 training rows of 8 sentences" in shown.out
    assert shown.err == ""


def test_text_for_one_direction_gives_no_rows_back(arguments: list[str], tmp_path: Path) -> None:
    made = tmp_path / "made.tsv"
    made.write_text("Wo ist der Zug?\tWhere is the train?\n", encoding="utf-8")
    size = ["--vocabulary-size", "300", "--placeholders", "0"]
    assert main([*arguments, *size, "--one-way", "de-en", str(made)]) == 0
    corpus = PreparedCorpus.load(tmp_path / "out")
    assert corpus.corpora == ("de-en corpus.tsv.gz", "de-en made.tsv")
    assert len(corpus.dataset) == 2 * len(PAIRS) + 1


def test_options_reach_the_preparation(arguments: list[str], tmp_path: Path) -> None:
    given = "--vocabulary-size 310 --character-coverage 0.99 --tokenizer-sentences 7 --segmentations 2"
    copying = "--placeholders 3 --placeholder-share 0.25 --simplify-chinese"
    limits = "--max-characters 90 --max-tokens 80 --max-length-ratio 2.5 --length-slack 4 --keep-copies"
    assert main([*arguments, *given.split(), *copying.split(), *limits.split()]) == 0
    options = json.loads((tmp_path / "out" / "corpus.json").read_text(encoding="utf-8"))["options"]
    assert options == {
        "vocabulary_size": 310,
        "character_coverage": 0.99,
        "tokenizer_sentences": 7,
        "placeholders": 3,
        "simplify_chinese": True,
        "threads": 1,
        "placeholder_share": 0.25,
        "segmentations": 2,
        "max_characters": 90,
        "max_tokens": 80,
        "max_length_ratio": 2.5,
        "length_slack": 4,
        "keep_copies": True,
    }


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        (["--vocabulary-size", "9999"], "vocabulary size 9999 is too large"),
        (["--direction", "de"], "'de' is not two different language codes"),
        (["--corpus", "de-en"], "two aligned files or one tab-separated file"),
        (["--tokenizer", "nowhere.model"], "nowhere.model: cannot be read"),
    ],
)
def test_what_cannot_be_used_is_explained(
    arguments: list[str], extra: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments, *extra]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    "extra",
    [
        ["--vocabulary-size", "0"],
        ["--character-coverage", "1.5"],
        ["--max-length-ratio", "0.5"],
        ["--length-slack", "-1"],
        ["--tokenizer", "a.model", "--vocabulary-size", "300"],
    ],
)
def test_impossible_values_name_their_option(
    arguments: list[str], extra: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main([*arguments, *extra])
    assert caught.value.code == 2
    assert f"argument {extra[-2]}" in capsys.readouterr().err
