from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PIL import Image

from model.checkpoint import load_checkpoint
from model.cli import main

SVG = "{http://www.w3.org/2000/svg}"


def attention(checkpoint: Path, text: str, *more: str) -> list[str]:
    languages = ["--source-lang", "de", "--target-lang", "en", "--threads", "1"]
    return ["plot", "attention", str(checkpoint), *languages, "--text", text, *more]


def test_attention_is_drawn_in_both_formats(tiny_checkpoint: Path, tmp_path: Path) -> None:
    files = [tmp_path / "a.svg", tmp_path / "a.png"]
    given = ["--translation", "Where is it?", "--output", *map(str, files)]
    assert main(attention(tiny_checkpoint, "Wo ist der Bahnhof?", *given)) == 0
    tokenizer = load_checkpoint(tiny_checkpoint).tokenizer
    source = tokenizer.pieces(tokenizer.source_ids("Wo ist der Bahnhof?", "en"))
    target = [*tokenizer.pieces(tokenizer.encode("Where is it?")), "</s>"]
    shown = [node.text for node in ElementTree.parse(files[0]).iter(f"{SVG}text")]
    assert shown[: len(source) + len(target)] == [*source, *target]
    with Image.open(files[1]) as image:
        assert image.width > 100


def test_words_are_drawn_if_asked_for(tiny_checkpoint: Path, tmp_path: Path) -> None:
    given = ["--words", "--translation", "Where is it?", "--output", str(tmp_path / "w.svg")]
    assert main(attention(tiny_checkpoint, "Wo ist er?", *given)) == 0
    shown = [node.text for node in ElementTree.parse(tmp_path / "w.svg").iter(f"{SVG}text")]
    assert shown[:9] == ["<2en>", "Wo", "ist", "er?", "</s>", "Where", "is", "it?", "</s>"]


def test_a_letter_without_a_font_is_said_for_the_png_alone(
    tiny_checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "Wo \U0001f9ff?"
    for name, warned in (("a.svg", False), ("a.png", True)):
        words = ["--words", "--max-length", "4", "--output", str(tmp_path / name)]
        assert main(attention(tiny_checkpoint, text, *words)) == 0
        assert ("no font on this machine" in capsys.readouterr().err) == warned


def test_curves_are_drawn(tmp_path: Path) -> None:
    records = [{"kind": "train", "update": n, "loss": 5.0 - n, "tokens_per_second": 9.0} for n in (1, 2)]
    (tmp_path / "metrics.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    assert main(["plot", "curves", str(tmp_path), "--output", str(tmp_path / "c.svg")]) == 0
    texts = [node.text for node in ElementTree.parse(tmp_path / "c.svg").iter(f"{SVG}text")]
    assert "training loss" in texts


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["curves", "{folder}", "--output", "c.pdf"], "c.pdf: a picture's name ends in .png or .svg"),
        (["curves", "{folder}/none", "--output", "c.svg"], "none: No such file or directory"),
    ],
)
def test_mistakes_are_named(
    arguments: list[str], reason: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plot", *(part.format(folder=tmp_path) for part in arguments)]) == 2
    assert reason in capsys.readouterr().err


def test_a_blank_text_is_refused_before_anything_is_written(
    tiny_checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(attention(tiny_checkpoint, "  ", "--output", str(tmp_path / "a.svg"))) == 2
    assert "the text is blank" in capsys.readouterr().err
    assert not (tmp_path / "a.svg").exists()
