from __future__ import annotations

import gzip
import json
import shlex
from dataclasses import asdict
from pathlib import Path

import pytest
import torch

from model.build import build_model
from model.checkpoint import load_checkpoint, save_checkpoint
from model.cli import main
from model.config import DecodingOptions
from model.ensemble import EnsembleSeq2Seq
from model.evaluation import corpus_scores, translate_texts
from model.rouge import rouge_scores
from tests.conftest import TINY_TEXT


@pytest.fixture
def arguments(tiny_checkpoint: Path, tmp_path: Path) -> list[str]:
    (tmp_path / "test.de").write_text("".join(f"{line}\n" for line in TINY_TEXT[::2]))
    (tmp_path / "test.en").write_text("".join(f"{line}\n" for line in TINY_TEXT[1::2]))
    shared = ["evaluate", str(tiny_checkpoint), "--source-lang", "de", "--target-lang", "en"]
    files = ["--source", str(tmp_path / "test.de"), "--reference", str(tmp_path / "test.en")]
    return [*shared, *files, "--max-length", "10", "--threads", "1"]


def test_json_holds_the_scores_of_what_was_translated_and_how(
    arguments: list[str], tiny_checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [*arguments, "--json", "--beam-size", "3", "--output", str(tmp_path / "out")]
    assert main(arguments) == 0
    document = json.loads(capsys.readouterr().out)
    translations = (tmp_path / "out").read_text().splitlines()

    checkpoint = load_checkpoint(tiny_checkpoint)
    options = DecodingOptions(beam_size=3, max_length=10)
    wanted = translate_texts(checkpoint.model, checkpoint.tokenizer, TINY_TEXT[::2], "en", options)
    assert translations == wanted
    scores = corpus_scores(translations, TINY_TEXT[1::2], "en")
    for name in ("bleu", "chrf", "brevity_penalty", "length_ratio", "bleu_signature", "chrf_signature"):
        assert document[name] == getattr(scores, name)
    assert document["sentences"] == 4
    assert document["sentences_per_second"] == pytest.approx(4 / document["seconds"], rel=0.05)
    assert document["checkpoint"] == {"name": "tiny", "digest": checkpoint.digest}
    assert DecodingOptions(**document["decoding"]) == options
    assert shlex.split(document["command"]) == ["python", "-m", "model", *arguments]


def test_rouge_is_of_the_same_translations(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments, "--rouge", "--json", "--output", str(tmp_path / "out")]) == 0
    document = json.loads(capsys.readouterr().out)
    translations = (tmp_path / "out").read_text().split("\n")[:-1]
    assert document["rouge"] == asdict(rouge_scores(translations, TINY_TEXT[1::2]))
    assert main([*arguments, "--rouge"]) == 0
    shown = capsys.readouterr().out
    for name in ("ROUGE-1", "ROUGE-2", "ROUGE-L"):
        assert name in shown
    assert main([*arguments, "--json"]) == 0
    assert "rouge" not in json.loads(capsys.readouterr().out)


def test_an_ensemble_translates_together(
    arguments: list[str], tiny_checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = load_checkpoint(tiny_checkpoint)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        other = build_model(first.config.model)
    save_checkpoint(
        tmp_path / "other",
        model=other,
        config=first.config.model,
        tokenizer=first.tokenizer,
        directions=first.directions,
        name="other",
        dtype=torch.float32,
    )
    ensemble = ["--ensemble", str(tmp_path / "other")]
    assert main([*arguments, *ensemble, "--json", "--output", str(tmp_path / "out")]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["checkpoint"] == {"name": "tiny", "digest": first.digest}
    digest = load_checkpoint(tmp_path / "other").digest
    assert document["ensemble"] == [{"name": "other", "digest": digest}]
    network = EnsembleSeq2Seq([first.model, other.eval()])
    options = DecodingOptions(beam_size=2, max_length=10)
    wanted = translate_texts(network, first.tokenizer, TINY_TEXT[::2], "en", options)
    assert (tmp_path / "out").read_text().split("\n")[:-1] == wanted
    assert wanted != translate_texts(first.model, first.tokenizer, TINY_TEXT[::2], "en", options)
    assert main([*arguments, *ensemble]) == 0
    assert "tiny + other de→en" in capsys.readouterr().out


def test_the_references_themselves_score_100(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("model.cli.run_evaluate._translate", lambda *_: list(TINY_TEXT[1::2]))
    assert main([*arguments, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["bleu"], document["chrf"]) == pytest.approx((100.0, 100.0))


def test_the_table_has_every_score_and_what_it_is_of(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert main(arguments) == 0
    shown = capsys.readouterr().out
    cells = {
        label.strip(): value.strip()
        for label, value in (
            line.strip("│").split("│") for line in shown.splitlines() if line.count("│") == 3
        )
    }
    assert cells["BLEU"] == f"{document['bleu']:.2f}"
    assert cells["chrF"] == f"{document['chrf']:.2f}"
    assert cells["length ratio"] == f"{document['length_ratio']:.3f}"
    assert cells["beam size"] == "2"
    for line in (document["bleu_signature"], document["chrf_signature"], document["checkpoint"]["digest"]):
        assert line in shown


def test_compressed_files_are_read(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments, "--json"]) == 0
    plain = json.loads(capsys.readouterr().out)
    packed = tmp_path / "test.de.gz"
    packed.write_bytes(gzip.compress((tmp_path / "test.de").read_bytes()))
    assert main([*arguments, "--json", "--source", str(packed)]) == 0
    assert json.loads(capsys.readouterr().out)["bleu"] == plain["bleu"]


@pytest.mark.parametrize(
    ("source", "reference", "reason"),
    [
        (b"eins\nzwei\n", b"one\n", "{source} has 2 lines but {reference} has 1"),
        (b"", b"", "{source} and {reference} are empty"),
        (b"eins\n\xff\n", b"one\ntwo\n", "{source} or {reference}: line 2 is not UTF-8"),
        (None, b"one\n", "{source}: cannot be read: No such file"),
        (b"eins\n", None, "{reference}: cannot be read: No such file"),
    ],
)
def test_files_that_cannot_be_scored_are_named(
    source: bytes | None,
    reference: bytes | None,
    reason: str,
    arguments: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    paths = {"source": tmp_path / "s", "reference": tmp_path / "r"}
    for path, content in zip(paths.values(), (source, reference), strict=True):
        if content is not None:
            path.write_bytes(content)
    files = ["--source", str(paths["source"]), "--reference", str(paths["reference"])]
    assert main([*arguments, *files]) == 2
    assert f"error: {reason.format(**paths)}" in capsys.readouterr().err


def test_a_direction_the_checkpoint_does_not_have(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments, "--target-lang", "fr"]) == 2
    assert "tiny does not translate de→fr; it has de→en, en→de" in capsys.readouterr().err
