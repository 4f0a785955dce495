"""Processor time of a server's processes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.processor_time import session_seconds

BURN = "import time\nwhile time.process_time() < {seconds}: pass\nprint('done', flush=True)\ninput()"


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads what Linux says of processes")
def test_processes_of_the_session_count_and_others_do_not() -> None:
    children = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {BURN.format(seconds=0.3)!r}])"
    with subprocess.Popen(
        [sys.executable, "-c", children],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        used = session_seconds(process.pid)
        assert 0.29 <= used < 3.0
        assert session_seconds(process.pid + 10_000_000) == 0.0
        process.communicate(b"\n")


def test_a_name_with_brackets_and_spaces_is_no_trouble(tmp_path: Path) -> None:
    ticks = [100, 20, 3, 0]
    for number, session in ((1, 7), (2, 8)):
        (tmp_path / str(number)).mkdir()
        fields = ["S", "1", str(number), str(session), *["0"] * 7, *map(str, ticks), "0"]
        (tmp_path / str(number) / "stat").write_text(f"{number} (a) b (c)) {' '.join(fields)}\n")
    (tmp_path / "3").mkdir()  # has just ended

    assert session_seconds(7, tmp_path) == sum(ticks) / os.sysconf("SC_CLK_TCK")
