"""The command ``python -m benchmarks.decode``, with a checkpoint as small as can be."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from benchmarks.counting import CountingModel
from benchmarks.decode import main
from benchmarks.decoder import DecodeResults
from benchmarks.record import Record
from benchmarks.reference import Reference
from benchmarks.texts import read_sentences
from model.checkpoint import load_checkpoint
from model.decoding import CONTROL_IDS, decode


def measure(capsys: pytest.CaptureFixture[str], checkpoint: Path, *arguments: str) -> Record[DecodeResults]:
    direction = ("--source-lang", "de", "--target-lang", "en")
    assert main([str(checkpoint), *direction, *arguments, "--json"]) == 0
    return Record[DecodeResults].model_validate_json(capsys.readouterr().out)


def test_every_combination_is_measured(quick_checkpoint: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record = measure(
        capsys,
        quick_checkpoint,
        "--batch",
        "1",
        "3",
        "--beam-size",
        "1",
        "2",
        "--limit",
        "4",
        "--repeats",
        "3",
    )
    results = record.results
    assert [(cell.batch, cell.beam_size) for cell in results.cells] == [(1, 1), (1, 2), (3, 1), (3, 2)]
    assert (results.device, results.precision, results.threads) == ("cpu", "float32", 1)
    for cell in results.cells:
        rate, wall = cell.sentences_per_second, cell.ms_per_sentence
        assert 0 < rate.low <= rate.median <= rate.high
        assert rate.median * wall.median == pytest.approx(1000.0)
        assert cell.target_tokens_per_second.median == pytest.approx(rate.median * cell.target_tokens / 4)
        # the reference is timed six times around three passes: the ratio lies within what these can give
        assert rate.low * results.reference_ms.low <= 1000 * cell.ratio.low
        assert 1000 * cell.ratio.high <= rate.high * results.reference_ms.high
        assert (cell.latency is not None) == (cell.batch == 1)
    assert results.cells[0].latency is not None
    assert results.cells[0].latency.count == 4 * 3
    assert record.provenance.checkpoint is not None
    assert record.provenance.checkpoint.name == "quick"


def test_counts_are_those_of_the_search(quick_checkpoint: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One sentence at a time, the batch takes the steps of its sentences, and nothing is padded."""
    cell = measure(
        capsys, quick_checkpoint, "--batch", "1", "--beam-size", "2", "--limit", "3", "--repeats", "1"
    ).results.cells[0]
    checkpoint = load_checkpoint(quick_checkpoint)
    tokenizer = checkpoint.tokenizer
    sources = [tokenizer.source_ids(text, "en") for text in read_sentences(None, "de", 3)]
    forbidden = CONTROL_IDS | {tokenizer.tag(language) for language in tokenizer.languages}
    translations = decode(checkpoint.model, sources, checkpoint.decoding, forbidden=forbidden)
    steps = sum(translation.steps for translation in translations)
    assert (cell.steps, cell.rows_per_step, cell.hypotheses) == (steps, 1.0, 2 * steps)
    assert cell.padding_ratio == 0.0
    assert cell.target_tokens == sum(len(translation.best.tokens) for translation in translations)


def test_padding_is_counted(quick_checkpoint: Path) -> None:
    model = CountingModel(load_checkpoint(quick_checkpoint).model)
    source = torch.tensor([[5, 6, 7, 8], [5, 0, 0, 0]])
    memory = model.encode(source, source > 0)
    state = model.init_state(memory, 3)
    for _ in range(2):
        state = model.step(torch.ones(2, 3, dtype=torch.int64), state, memory).state
    assert (model.steps, model.rows, model.hypotheses) == (2, 4, 12)
    assert (model.positions, model.real_positions) == (16, 10)


def test_a_file_is_the_input_and_a_table_the_output(
    quick_checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = tmp_path / "text.en"
    text.write_text("The old house.\n", encoding="utf-8")
    direction = ["--source-lang", "en", "--target-lang", "de"]
    options = ["--input", str(text), "--batch", "2", "--beam-size", "1", "--repeats", "1"]
    assert main([str(quick_checkpoint), *direction, *options]) == 0
    printed = capsys.readouterr()
    assert "en→de, text.en" in printed.out
    assert "batch 2, beam 1" in printed.err


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--target-lang", "fr"], "does not translate de→fr"),
        (["--target-lang", "en", "--beam-size", "65"], "less than or equal to 64"),
        (["--target-lang", "en", "--input", "/nowhere/text"], "cannot be read"),
    ],
)
def test_what_cannot_be_measured_is_said(
    quick_checkpoint: Path, arguments: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(quick_checkpoint), "--source-lang", "de", *arguments]) == 2
    assert reason in capsys.readouterr().err


def test_the_reference_takes_time() -> None:
    assert Reference().seconds() > 0.0
