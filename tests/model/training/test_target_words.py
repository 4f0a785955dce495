from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from model.build import build_model
from model.checkpoint import load_checkpoint, save_checkpoint
from model.cli import main
from model.config import ModelConfig
from model.tokenizer import EOS
from model.training.prepared import PreparedCorpus
from model.training.target_words import target_words
from tests.model.training.preparing import clean_options, run


@pytest.fixture
def corpus(tmp_path: Path) -> PreparedCorpus:
    run(clean_options(tmp_path))
    return PreparedCorpus.load(tmp_path / "prepared")


def test_every_piece_on_a_languages_target_side_is_in_its_list(corpus: PreparedCorpus) -> None:
    found = target_words(corpus)
    assert found.keys() == {"de", "en"}
    dataset, tokenizer = corpus.dataset, corpus.tokenizer
    seen: dict[str, set[int]] = {"de": set(), "en": set()}
    for _, target, tag in dataset.pairs:
        first, last = dataset.sentence_offsets[target : target + 2]
        language = "de" if tag == tokenizer.tag("de") else "en"
        for segmentation in range(first, last):
            seen[language].update(dataset.segmentation(segmentation).tolist())
    for language, ids in found.items():
        assert list(ids) == sorted(set(ids))
        extra = set(ids) - seen[language]
        assert seen[language] <= set(ids)
        assert EOS in extra
        assert all(len(piece.strip("▁")) <= 1 for piece in tokenizer.pieces(sorted(extra - {EOS})))
    assert seen["de"] - set(found["en"])  # words of one language alone


def test_the_command_stores_what_it_finds(
    corpus: PreparedCorpus, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    directory = tmp_path / "checkpoint"
    config = ModelConfig(
        vocabulary_size=corpus.tokenizer.vocabulary_size, embedding_size=16, hidden_size=16, attention_heads=2
    )
    save_checkpoint(
        directory,
        model=build_model(config),
        config=config,
        tokenizer=corpus.tokenizer,
        directions=[("de", "en")],
        name="small",
    )
    arguments = ["narrow", str(directory), "--data", str(corpus.directory)]
    assert main(arguments) == 0
    assert load_checkpoint(directory).shortlists == {}
    assert main([*arguments, "--write"]) == 0
    tag = corpus.tokenizer.tag("en")
    assert load_checkpoint(directory).shortlists == {tag: target_words(corpus)["en"]}
    shown = capsys.readouterr().out
    assert f"en: {len(target_words(corpus)['en'])} of" in shown
    assert "de:" not in shown


def test_a_corpus_of_another_vocabulary_is_refused(
    corpus: PreparedCorpus, tiny_checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    directory = Path(shutil.copytree(tiny_checkpoint, tmp_path / "tiny"))
    assert main(["narrow", str(directory), "--data", str(corpus.directory), "--write"]) == 2
    assert "another vocabulary" in capsys.readouterr().err
