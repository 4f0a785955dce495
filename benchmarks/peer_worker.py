"""A translator in a process of its own, told what to do by lines of JSON."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any, Self

from benchmarks.errors import BenchmarkError
from benchmarks.peer_results import PeerPass
from benchmarks.record import ROOT


class Worker:
    """Runs ``benchmarks.workers.MODULE``; a context manager that ends the process.

    Args:
        name: what the table calls it.
        python: the interpreter of its environment.
        module: which program.
        workload: see ``benchmarks.workers.protocol.Workload``.
        folder: where its standard error is kept.

    Attributes:
        version: of what translates.
        parameters: of its network.
    """

    def __init__(self, name: str, python: Path, module: str, workload: dict[str, Any], folder: Path) -> None:
        self.name = name
        self.version, self.parameters = "", 0
        self._log = folder / f"{name}.log"
        self._command = [str(python), "-m", f"benchmarks.workers.{module}", json.dumps(workload)]

    def __enter__(self) -> Self:
        threads = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
        environment = {**os.environ, **threads, "PYTHONPATH": str(ROOT)}
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=environment,
                cwd=ROOT,
                text=True,
            )
        try:
            hello = self._read()
        except BenchmarkError:
            self.__exit__()
            raise
        self.version, self.parameters = hello["version"], hello["parameters"]
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.communicate()

    def translate(self, batch: int, beam: int) -> PeerPass:
        """Let it translate everything once.

        Raises:
            BenchmarkError: it has ended.
        """
        assert self._process.stdin is not None
        try:
            print(json.dumps({"batch": batch, "beam": beam}), file=self._process.stdin, flush=True)
        except OSError as error:
            raise self._ended() from error
        return PeerPass(**self._read())

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise self._ended()
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _ended(self) -> BenchmarkError:
        last = self._log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-2:]
        return BenchmarkError(f"{self.name} has ended: {'; '.join(last)}")
