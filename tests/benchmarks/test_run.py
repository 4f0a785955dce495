"""The whole benchmark against the real service, for as short as it goes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchmarks.errors import BenchmarkError
from benchmarks.record import Record
from benchmarks.run import Effort, RunResults, build_parser, run
from benchmarks.server import running_service, settings_of


def test_it_measures_decoding_and_the_service(
    quick_checkpoint: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("DRAGOMAN_MAX_RUNNING_ROWS", "8")
    arguments = [str(quick_checkpoint), "--output", str(tmp_path / "result.json")]
    effort = Effort(limit=2, repeats=1, seconds=1.5, warmup_seconds=0.5)
    run(build_parser().parse_args(arguments), arguments, effort)
    written = (tmp_path / "result.json").read_text(encoding="utf-8")
    assert str(tmp_path) not in written
    record = Record[RunResults].model_validate_json(written)
    assert record.results.quick
    assert [(cell.batch, cell.beam_size) for cell in record.results.decode.cells] == [
        (batch, beam) for batch in (1, 8, 32) for beam in (1, 5)
    ]
    service = record.results.service
    assert service.settings["DRAGOMAN_MAX_RUNNING_ROWS"] == "8"
    assert service.settings["DRAGOMAN_CACHE_SEGMENTS"] == "0"
    assert service.beam_size == 2
    assert service.capacity.service is not None
    assert service.capacity.service.rows_per_step is not None
    assert 1.0 <= service.capacity.service.rows_per_step <= 8.0
    shares = [result.rate / service.capacity.requests_per_second for result in service.open_loop]
    assert shares == pytest.approx([0.2, 0.5, 0.8, 0.95, 1.2])
    assert all(set(result.statuses) <= {"200"} for result in service.open_loop)
    tables = capsys.readouterr().out
    assert all(re.search(title, tables) for title in ("decoding de→en", "closed loop", "open loop"))


def test_a_service_that_cannot_start_says_why(tmp_path: Path) -> None:
    reason = r"(?s)ended with status 2 when it was started.*there is no checkpoint in"
    with pytest.raises(BenchmarkError, match=reason), running_service(tmp_path, {}):
        pytest.fail("there is nothing to serve")


def test_settings_come_from_the_environment_but_for_where_and_what_to_serve() -> None:
    environment = {"DRAGOMAN_PORT": "1", "DRAGOMAN_CHECKPOINTS": "x", "DRAGOMAN_THREADS": "4", "HOME": "/"}
    assert settings_of(environment, device="cpu") == {"DRAGOMAN_THREADS": "4", "DRAGOMAN_DEVICE": "cpu"}
    assert settings_of(environment, threads="1") == {"DRAGOMAN_THREADS": "1"}
