"""Packages: bombs, traversal, damage."""

from __future__ import annotations

import io
import struct
import zipfile
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.errors import InvalidRequest, TextTooLarge, UnreadableFile
from service.files.limits import FileLimits
from service.files.package import read_package
from tests.service.files.packages import packed, unpacked

LIMITS = FileLimits(max_inflated_bytes=3_000_000, max_ratio=100, ratio_from_bytes=1_000_000, max_parts=5)


def lying(data: bytes, size: int) -> bytes:
    """``data``, whose central directory claims that the part is as large as ``size``."""
    place = data.rindex(b"PK\x01\x02") + 24
    return data[:place] + struct.pack("<I", size) + data[place + 4 :]


def test_parts_come_back_as_they_were() -> None:
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w") as archive:
        archive.writestr("mimetype", b"first", zipfile.ZIP_STORED)
        archive.writestr(
            zipfile.ZipInfo("a/b.xml", (2001, 2, 3, 4, 5, 6)), b"<a/>" * 100, zipfile.ZIP_DEFLATED
        )
        archive.writestr("a/", b"")
    package = read_package(output.getvalue(), LIMITS)
    written = package.written({"a/b.xml": b"new"})
    assert unpacked(written) == {"mimetype": b"first", "a/b.xml": b"new", "a/": b""}
    with zipfile.ZipFile(io.BytesIO(written)) as archive:
        kept = [(one.filename, one.compress_type, one.date_time) for one in archive.infolist()]
    assert kept[0][:2] == ("mimetype", zipfile.ZIP_STORED)
    assert kept[1] == ("a/b.xml", zipfile.ZIP_DEFLATED, (2001, 2, 3, 4, 5, 6))


@pytest.mark.parametrize(
    "data",
    [
        packed({"a": b"x" * 2_000_000, "b": b"y" * 1_500_000}),
        packed({"a": bytes(2_000_000)}),
        packed({str(number): b"" for number in range(6)}),
        packed({"a": bytes(3_500_000)}, zipfile.ZIP_STORED),
    ],
    ids=["sum", "ratio", "parts", "size"],
)
def test_too_much_is_refused(data: bytes) -> None:
    with pytest.raises(TextTooLarge):
        read_package(data, LIMITS)


def test_headers_are_not_believed() -> None:
    with pytest.raises(InvalidRequest):
        read_package(lying(packed({"a": bytes(50_000_000)}), 10), LIMITS)


@pytest.mark.parametrize("name", ["../a", "a/../../b", "/etc/passwd", "..\\a", "C:/a"])
def test_names_that_lead_elsewhere_are_refused(name: str) -> None:
    with pytest.raises(UnreadableFile, match="leads out of it"):
        read_package(packed({name: b""}), LIMITS)


def test_equal_names_are_refused() -> None:
    data = packed({"a": b"1", "b": b"2"}).replace(b"b", b"a")
    with pytest.raises(UnreadableFile):
        read_package(data, LIMITS)


def test_encrypted_packages_are_refused() -> None:
    data = bytearray(packed({"a": b"1"}))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(UnreadableFile, match="encrypted"):
        read_package(bytes(data), LIMITS)


def test_packages_within_stay_packed() -> None:
    bomb = packed({"b": bytes(1_000_000)})
    assert read_package(packed({"a.zip": bomb}), LIMITS).parts["a.zip"] == bomb


@given(st.integers(0, 400), st.binary(max_size=5), st.integers(0, 400))
@settings(deadline=None, max_examples=100)
def test_damage_is_told(place: int, change: bytes, cut: int) -> None:
    data = packed({"a": b"hello " * 9, "b/c": b"<x/>"})
    data = (data[:place] + change + data[place + len(change) :])[: max(cut, len(data) - cut)]
    with suppress(InvalidRequest):  # and nothing else
        read_package(data, LIMITS)
