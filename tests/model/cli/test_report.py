from __future__ import annotations

import base64
from pathlib import Path
from xml.etree import ElementTree

import pytest
import torch
from lxml import html

from model.build import build_model
from model.checkpoint import load_checkpoint, save_checkpoint
from model.cli import main
from model.config import DecodingOptions
from model.evaluation import corpus_scores, translate_texts
from tests.conftest import TINY_TEXT

GERMAN, ENGLISH = list(TINY_TEXT[::2]), list(TINY_TEXT[1::2])


@pytest.fixture
def arguments(tiny_checkpoint: Path, tmp_path: Path) -> list[str]:
    (tmp_path / "test.de").write_text("".join(f"{line}\n" for line in GERMAN))
    (tmp_path / "test.en").write_text("".join(f"{line}\n" for line in ENGLISH))
    files = [str(tmp_path / "test.de"), str(tmp_path / "test.en")]
    tests = ["--test", "de-en", *files, "--test", "en-de", *files[::-1]]
    decoding = ["--max-length", "8", "--threads", "1", "--examples", "2", "--pictures", "1"]
    return ["report", str(tiny_checkpoint), *tests, *decoding, "--output", str(tmp_path / "page.html")]


@pytest.fixture
def other_checkpoint(tiny_checkpoint: Path, tmp_path: Path) -> Path:
    first = load_checkpoint(tiny_checkpoint)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        network = build_model(first.config.model)
    save_checkpoint(
        tmp_path / "other",
        model=network,
        config=first.config.model,
        tokenizer=first.tokenizer,
        directions=first.directions,
        name="tiny",
        dtype=torch.float32,
    )
    return tmp_path / "other"


def test_each_direction_has_its_scores_and_pictures(
    arguments: list[str], tiny_checkpoint: Path, tmp_path: Path
) -> None:
    assert main(arguments) == 0
    tree = html.parse(str(tmp_path / "page.html")).getroot()
    checkpoint = load_checkpoint(tiny_checkpoint)
    assert checkpoint.digest in tree.text_content()
    sections = tree.xpath("//section[h2]")
    texts = {"de→en": (GERMAN, ENGLISH, "en"), "en→de": (ENGLISH, GERMAN, "de")}
    assert [section.xpath("./h2")[0].text for section in sections] == list(texts)
    options = DecodingOptions(beam_size=2, max_length=8)
    for section, (sources, references, target) in zip(sections, texts.values(), strict=True):
        translations = translate_texts(checkpoint.model, checkpoint.tokenizer, sources, target, options)
        scores = corpus_scores(translations, references, target)
        shown = [cell.text for cell in section.xpath(".//table[@class='scores']//td/b")]
        assert shown == [f"{scores.bleu:.2f}", f"{scores.chrf:.2f}"]
        [picture] = section.xpath(".//img/@src")
        assert ElementTree.fromstring(base64.b64decode(picture.partition(",")[2])).tag.endswith("svg")
        assert len(section.xpath(".//dl")) == 4


def test_the_other_checkpoint_stands_beside_it(
    arguments: list[str], other_checkpoint: Path, tmp_path: Path
) -> None:
    assert main([*arguments, "--against", str(other_checkpoint)]) == 0
    tree = html.parse(str(tmp_path / "page.html")).getroot()
    other = load_checkpoint(other_checkpoint)
    [first, *_] = tree.xpath("//table[@class='scores']")
    assert [cell.text for cell in first.xpath("./thead/tr/th")][1:] == [
        "tiny", f"tiny {other.digest[:8]}", "difference", "p"
    ]  # fmt: skip
    options = DecodingOptions(beam_size=other.decoding.beam_size, max_length=8)
    wanted = translate_texts(other.model, other.tokenizer, GERMAN, "en", options)
    shown = [node.text_content() for node in tree.xpath("//section[1]//dl/dd[3]")]
    assert len(shown) == 4
    for text in shown:
        assert text.removeprefix(f"tiny {other.digest[:8]}").strip() in {line.strip() for line in wanted}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (["--test", "de_en", "a", "b"], "'de_en' is not two different language codes"),
        (["--test", "de-en", "missing.de", "missing.en"], "missing.de: cannot be read"),
    ],
)
def test_mistakes_are_named_before_anything_is_loaded(
    arguments: list[str], change: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([arguments[0], "no-checkpoint", *arguments[2:], *change]) == 2
    assert reason in capsys.readouterr().err


def test_a_direction_the_checkpoint_does_not_have(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments, "--test", "de-fr", arguments[4], arguments[5]]) == 2
    assert "tiny does not translate de→fr" in capsys.readouterr().err
    assert not (tmp_path / "page.html").exists()
