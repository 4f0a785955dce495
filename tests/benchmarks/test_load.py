"""The command ``python -m benchmarks.load``, against a service of known behaviour."""

from __future__ import annotations

import pytest

from benchmarks.load import LoadResults, main
from benchmarks.record import CheckpointIdentity, Record
from tests.benchmarks.fake_service import FakeService, serving

QUICK = ["--duration", "0.8", "--warmup", "0.2"]


def measure(capsys: pytest.CaptureFixture[str], *arguments: str) -> Record[LoadResults]:
    assert main([*arguments, *QUICK, "--json"]) == 0
    return Record[LoadResults].model_validate_json(capsys.readouterr().out)


def test_open_loop(capsys: pytest.CaptureFixture[str]) -> None:
    service = FakeService(delay=0.05)
    with serving(service) as url:
        record = measure(capsys, "--url", url, "--rate", "20", "60", "--texts-per-request", "3")
    assert record.provenance.checkpoint == CheckpointIdentity(name="fake", digest="f00d")
    slow, fast = record.results.open_loop
    assert record.results.closed_loop is None
    assert (slow.rate, fast.rate) == (20.0, 60.0)
    assert fast.requests > slow.requests > 0
    for result in (slow, fast):
        assert result.statuses == {"200": result.requests}
        assert result.latency is not None
        assert result.latency.p50_ms >= 50.0
        assert result.service is not None
        assert result.service.rows_per_step == pytest.approx(6.0)
    assert {len(body["q"]) for body in service.bodies} == {3}


def test_closed_loop(capsys: pytest.CaptureFixture[str]) -> None:
    service = FakeService(delay=0.1)
    with serving(service) as url:
        record = measure(capsys, "--url", url, "--closed-loop", "--concurrency", "7")
    result = record.results.closed_loop
    assert record.results.open_loop == ()
    assert result is not None
    assert 0 < result.requests_per_second <= 7 / 0.1
    assert service.most_at_once == 7


def test_tables(capsys: pytest.CaptureFixture[str]) -> None:
    with serving(FakeService(status=429, answer=b"{}")) as url:
        assert main(["--url", url, "--rate", "30", *QUICK]) == 0
        assert main(["--url", url, "--closed-loop", "--concurrency", "2", *QUICK]) == 0
    table = capsys.readouterr().out
    assert "open loop" in table
    assert "closed loop" in table
    assert "x 429" in table


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--url", "http://example.org"], "--allow-remote"),
        (["--url", "http://127.0.0.1:9"], "no service answers"),
        (["--source-lang", "xx"], "no built-in sentences for 'xx'"),
        (["--input", "/nowhere/text"], "cannot be read"),
    ],
)
def test_what_cannot_be_measured_is_said(
    arguments: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments, *QUICK, "--json"]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert reason in printed.err


@pytest.mark.parametrize(
    "arguments", [["--rate", "0"], ["--rate", "nan"], ["--closed-loop", "--rate", "5"], ["--duration", "-1"]]
)
def test_arguments_that_make_no_sense_are_refused(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == 2
    assert arguments[0] in capsys.readouterr().err
