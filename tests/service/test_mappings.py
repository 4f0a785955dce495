"""Code that is unmapped is what can be had again from its file, and comes back when it is used."""

from __future__ import annotations

import subprocess
import sys

import pytest

from service.mappings import MAPPINGS, code_ranges

HEAD = """\
7f0000001000-7f0000011000 {mode} 00000000 fe:00 1234    {name}
Size:                 64 kB
Anonymous:    {written} kB
VmFlags: rd
"""


def mapping(mode: str = "r-xp", name: str = "/usr/lib/libtorch_cpu.so", written: int = 0) -> str:
    return HEAD.format(mode=mode, name=name, written=written)


@pytest.mark.parametrize("name", ["/usr/lib/libtorch_cpu.so", "/usr/lib/libstdc++.so.6.0.30"])
def test_code_of_libraries_is_found(name: str) -> None:
    assert list(code_ranges(mapping(name=name))) == [(0x7F0000001000, 0x7F0000011000)]


@pytest.mark.parametrize(
    "listing",
    [
        mapping(mode="rw-p"),
        mapping(mode="r--p"),
        mapping(written=4),
        mapping(name=""),
        mapping(name="/memfd:jit (deleted)"),
        mapping(name="/usr/lib/libtorch_cpu.so (deleted)"),
        mapping(name="[vdso]"),
        "7f0000001000-7f0000011000 r-xp 00000000 fe:00 1234 /usr/lib/libtorch_cpu.so\nSize: 64 kB\n",
    ],
)
def test_what_cannot_be_had_again_is_left(listing: str) -> None:
    assert list(code_ranges(listing)) == []


def test_properties_belong_to_the_mapping_before_them() -> None:
    assert len(list(code_ranges(mapping(mode="rw-p") + mapping() + mapping(written=8)))) == 1


@pytest.mark.skipif(not MAPPINGS.exists(), reason="the kernel of this system does not show mappings")
def test_what_was_unmapped_works_as_before() -> None:
    program = """
import re, torch
from pathlib import Path
from service.mappings import release_code

def mapped():
    return int(re.search(r"RssFile:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])

torch.manual_seed(1)
weights = torch.rand(64, 64)
expected, before = weights @ weights, mapped()
release_code()
after = mapped()
assert torch.equal(weights @ weights, expected)
print(before - after)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert int(done.stdout) > 10 * 1024
