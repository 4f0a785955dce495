"""What may be put under load."""

from __future__ import annotations

import ipaddress

import httpx

from benchmarks.errors import BenchmarkError


def check_target(url: str, *, allow_remote: bool) -> None:
    """Make sure that ``url`` may be put under load.

    Args:
        url: of a service.
        allow_remote: whether it may be another machine's. A load test looks like an attack to whoever
            did not ask for it.

    Raises:
        BenchmarkError: it is no HTTP URL, or of another machine, and that is not allowed.
    """
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise BenchmarkError(f"--url {url}: {error}") from error
    if parsed.scheme not in {"http", "https"} or not parsed.host:
        raise BenchmarkError(f"--url {url}: an http:// or https:// address is expected")
    if parsed.path not in {"", "/"} or parsed.query:
        raise BenchmarkError(f"--url {url}: without a path, such as http://127.0.0.1:8000")
    if not (allow_remote or _is_loopback(parsed.host)):
        raise BenchmarkError(
            f"--url {url}: not an address of this machine (localhost, 127.0.0.1, [::1]); "
            "to put load on another machine that is yours, add --allow-remote"
        )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
