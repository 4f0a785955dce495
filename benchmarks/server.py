"""The service as a process of its own, for as long as it is measured."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

from benchmarks.errors import BenchmarkError
from benchmarks.record import ROOT

PREFIX = "DRAGOMAN_"
_OURS = ("CHECKPOINTS", "HOST", "PORT")
_POLL_SECONDS = 0.2
_STOP_SECONDS = 60.0
_INTERRUPT_SECONDS = 20.0


def settings_of(environment: Mapping[str, str], **ours: str) -> dict[str, str]:
    """What the service is told besides where and what to serve: the environment's settings, then ``ours``.

    Args:
        environment: variables; only the service's are taken.
        ours: by the variable's name without its prefix, in lower case.
    """
    given = {name: value for name, value in environment.items() if name.startswith(PREFIX)}
    for name in _OURS:
        given.pop(PREFIX + name, None)
    return given | {PREFIX + name.upper(): value for name, value in ours.items()}


@dataclass(frozen=True, slots=True)
class StartedService:
    """A service that is ready.

    Attributes:
        url: where.
        pid: of its process.
        start_seconds: from before the process was started until it was ready, to ``_POLL_SECONDS``.
    """

    url: str
    pid: int
    start_seconds: float


@contextmanager
def running_service(
    checkpoint: Path, settings: Mapping[str, str], *, start_seconds: float = 180.0
) -> Iterator[str]:
    """The URL of a ``started_service``."""
    with started_service(checkpoint, settings, start_seconds=start_seconds) as service:
        yield service.url


@contextmanager
def started_service(
    checkpoint: Path, settings: Mapping[str, str], *, start_seconds: float = 180.0
) -> Iterator[StartedService]:
    """``python -m service`` on a free port of this machine, once it is ready.

    Args:
        checkpoint: what it serves.
        settings: its other variables, see ``settings_of``.
        start_seconds: how long it may take to get ready.

    Raises:
        BenchmarkError: it does not get ready, or does not end well; with the end of its log.
    """
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    environment |= settings
    environment |= {
        f"{PREFIX}CHECKPOINTS": str(checkpoint.resolve()),
        f"{PREFIX}HOST": "127.0.0.1",
        f"{PREFIX}PORT": str(port),
    }
    with running_process([sys.executable, "-m", "service"], environment, port, start_seconds) as service:
        yield service


@contextmanager
def running_process(
    command: Sequence[str],
    environment: Mapping[str, str],
    port: int,
    start_seconds: float = 180.0,
    *,
    interrupt: bool = False,
) -> Iterator[StartedService]:
    """A server of this machine with ``/ready``, once it is; ended as an operator would.

    Args:
        command: what to run, in the repository's root.
        environment: all of its variables.
        port: where it listens.
        start_seconds: how long it may take to get ready.
        interrupt: whether it is ended as by Ctrl-C, and all it has begun with it, however that ends: not
            every server ends well otherwise.

    Raises:
        BenchmarkError: it does not get ready, or does not end well; with the end of its log.
    """
    begin = time.monotonic()
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for the benchmark, which then ends the service
        )
        try:
            url = f"http://127.0.0.1:{port}"
            _wait(process, url, start_seconds)
            yield StartedService(url, process.pid, time.monotonic() - begin)
        except _ServiceFailed as error:
            raise BenchmarkError(
                f"the service {error}; its log ends:\n{_tail(process, log.fileno())}"
            ) from None
        finally:
            status = _interrupt(process) if interrupt else _stop(process)
    if status != 0:
        raise BenchmarkError(f"the service ended with status {status} instead of 0")


class _ServiceFailed(Exception):
    pass


def _wait(process: subprocess.Popen[bytes], url: str, seconds: float) -> None:
    give_up = time.monotonic() + seconds
    with httpx.Client(base_url=url, timeout=5.0, trust_env=False) as http:
        while time.monotonic() < give_up:
            if process.poll() is not None:
                raise _ServiceFailed(f"ended with status {process.returncode} when it was started")
            try:
                if http.get("/ready").is_success:
                    return
            except httpx.TransportError:
                pass  # it does not listen yet
            time.sleep(_POLL_SECONDS)
    raise _ServiceFailed(f"was not ready after {seconds:g} s")


def _stop(process: subprocess.Popen[bytes]) -> int:
    """End it as an operator would; the status it ended with."""
    if process.poll() is None:
        process.terminate()
    try:
        return process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def _interrupt(process: subprocess.Popen[bytes]) -> int:
    """End it and whatever it has begun."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
    with suppress(subprocess.TimeoutExpired):
        process.wait(_INTERRUPT_SECONDS)
    with suppress(ProcessLookupError):  # then all have ended
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return 0


def _tail(process: subprocess.Popen[bytes], log: int, lines: int = 5) -> str:
    _stop(process)
    content = os.pread(log, os.fstat(log).st_size, 0)
    return "\n".join(content.decode(errors="replace").splitlines()[-lines:])


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
