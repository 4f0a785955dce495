"""Watching a process."""

from __future__ import annotations

import os
import re
import sys
import time
from pathlib import Path

import pytest

from benchmarks.errors import BenchmarkError
from benchmarks.follow import cpu_seconds, follow

ENVIRONMENT = {"PYTHONUNBUFFERED": "1"}
DONE = re.compile(r"^done$")


def python(code: str) -> list[str]:
    return [sys.executable, "-S", "-c", code]


def test_both_streams_are_read_up_to_the_line_and_the_process_is_ended() -> None:
    begin = time.perf_counter()
    code = (
        "import sys, time; print('a'); print('b', file=sys.stderr); print('done'); time.sleep(60); print('c')"
    )
    stamps = follow(python(code), environment=ENVIRONMENT, last=DONE)
    assert [stamp.line for stamp in stamps] == ["a", "b", "done"]
    assert time.perf_counter() - begin < 30


def test_time_is_when_the_line_came() -> None:
    code = "import time; print('a'); time.sleep(0.3); print('done')"
    first, last = follow(python(code), environment=ENVIRONMENT, last=DONE)
    assert last.seconds - first.seconds >= 0.29


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="only Linux tells")
def test_processor_time_is_work_and_not_waiting() -> None:
    code = (
        "import time\nprint('a')\ntime.sleep(0.4)\nprint('b')\ntime.sleep(0.4)\n"
        "end = time.process_time() + 0.4\nwhile time.process_time() < end: pass\nprint('done')"
    )
    stamps = follow(python(code), environment=ENVIRONMENT, last=DONE)
    start, slept, worked = (stamp.cpu_seconds or 0.0 for stamp in stamps)
    assert slept - start < 0.1
    assert 0.35 < worked - slept < 0.55


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="only Linux tells")
def test_processor_time_agrees_with_the_process_itself() -> None:
    assert cpu_seconds(os.getpid()) == pytest.approx(time.process_time(), abs=0.1)


def test_a_process_that_is_not_there_has_no_processor_time() -> None:
    assert cpu_seconds(2**22 + 1) is None


def test_a_process_that_ends_too_early_is_an_error_with_its_last_lines() -> None:
    code = "import sys; print('one'); print('what went wrong'); sys.exit(3)"
    with pytest.raises(BenchmarkError, match=r"status 3 before it was done(.|\n)*what went wrong"):
        follow(python(code), environment=ENVIRONMENT, last=DONE)


def test_a_program_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BenchmarkError, match="nothing cannot be started"):
        follow([str(tmp_path / "nothing")], environment=ENVIRONMENT, last=DONE)
