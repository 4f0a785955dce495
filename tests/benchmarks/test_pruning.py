"""The record of pruning: each network has the zeros, bytes and scores that `prune` would give it."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import pruning
from benchmarks.pruning import PruningResults
from benchmarks.record import Record
from model.checkpoint.manifest import WEIGHTS_FILE
from model.cli import main as model_main


def test_each_network_is_scored_and_weighed(
    tiny_checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, reference = tmp_path / "test.de", tmp_path / "test.en"
    source.write_text("Wo ist der Bahnhof?\nIch habe den Zug verpasst.\n", encoding="utf-8")
    reference.write_text("Where is the station?\nI missed the train.\n", encoding="utf-8")
    assert (
        model_main(["prune", str(tiny_checkpoint), "--share", "0.5", "--output", str(tmp_path / "half")]) == 0
    )
    output = tmp_path / "pruning.json"
    tests = ["--test", "de-en", str(source), str(reference)]
    shares = ["--shares", "0", "0.5", "--trained-on", str(tmp_path / "half")]
    assert pruning.main([str(tiny_checkpoint), *tests, *shares, "--output", str(output)]) == 0
    capsys.readouterr()
    results = Record[PruningResults].model_validate_json(output.read_text(encoding="utf-8")).results
    whole, pruned, loaded = results.networks
    assert [network.trained_on for network in results.networks] == [False, False, True]
    assert whole.zeros < 0.01
    assert pruned.zeros == pytest.approx(0.5, abs=0.01)
    assert (pruned.zeros, pruned.tests) == (loaded.zeros, loaded.tests)
    assert pruned.weights_bytes < 0.7 * whole.weights_bytes
    assert (tmp_path / "half" / WEIGHTS_FILE).stat().st_size > pruned.weights_bytes  # float32, as it was
    assert str(tmp_path) not in output.read_text(encoding="utf-8")
