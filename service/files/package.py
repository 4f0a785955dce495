"""Files that are ZIP packages of parts: read with limits, written part for part."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

from service.errors import TextTooLarge, UnreadableFile
from service.files.limits import FileLimits

_CHUNK_BYTES = 65_536
_ENCRYPTED = 0x1
_DAMAGED = (
    zipfile.BadZipFile,
    NotImplementedError,
    RuntimeError,
    EOFError,
    OSError,
    ValueError,
    IndexError,
    OverflowError,
    UnicodeError,
    struct.error,
    zlib.error,
)


@dataclass(frozen=True, slots=True)
class Package:
    """A package in memory.

    Attributes:
        parts: by name, in their order.
    """

    parts: Mapping[str, bytes]
    _infos: tuple[zipfile.ZipInfo, ...]

    def written(self, changed: Mapping[str, bytes]) -> bytes:
        """The package with ``changed`` parts: in the same order, each packed as it was, with its date."""
        output = io.BytesIO()
        with zipfile.ZipFile(output, "w") as archive:
            for info in self._infos:
                archive.writestr(_like(info), changed.get(info.filename, self.parts[info.filename]))
        return output.getvalue()


def _like(info: zipfile.ZipInfo) -> zipfile.ZipInfo:
    """A part's name, date and manner of packing, for new content."""
    copy = zipfile.ZipInfo(info.filename, info.date_time)
    copy.compress_type = info.compress_type
    copy.external_attr = info.external_attr
    copy.create_system = info.create_system
    return copy


def read_package(data: bytes, limits: FileLimits) -> Package:
    """``data`` as a package; nothing is written to a disk, and packages within it stay packed.

    Raises:
        UnreadableFile: it is no ZIP file, damaged, encrypted, or its parts have names that lead elsewhere.
        TextTooLarge: over a limit; found out while inflating, not from what the file says of itself.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
            _check_names(infos, limits)
            parts: dict[str, bytes] = {}
            left = limits.max_inflated_bytes
            for info in infos:
                parts[info.filename] = _inflate(archive, info, left, limits)
                left -= len(parts[info.filename])
    except _DAMAGED:
        raise UnreadableFile("file: not a ZIP package, as this kind of file is, or damaged") from None
    return Package(parts, tuple(infos))


def _check_names(infos: list[zipfile.ZipInfo], limits: FileLimits) -> None:
    if len(infos) > limits.max_parts:
        raise TextTooLarge(
            f"file: a package of {len(infos)} parts; at most {limits.max_parts} are accepted", "file"
        )
    names = [info.filename for info in infos]
    if len(set(names)) < len(names):
        raise UnreadableFile("file: two parts of the package have the same name")
    for info in infos:
        if info.flag_bits & _ENCRYPTED:
            raise UnreadableFile("file: the package is encrypted; send it without a password")
        if _leads_elsewhere(info.filename):
            raise UnreadableFile("file: a part of the package has a name that leads out of it")


def _leads_elsewhere(name: str) -> bool:
    return (
        name.startswith("/")
        or "\\" in name
        or ".." in name.split("/")
        or ":" in name.split("/", maxsplit=1)[0]
    )


def _inflate(archive: zipfile.ZipFile, info: zipfile.ZipInfo, left: int, limits: FileLimits) -> bytes:
    most = min(left, max(limits.ratio_from_bytes, info.compress_size * limits.max_ratio))
    chunks: list[bytes] = []
    size = 0
    with archive.open(info) as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            size += len(chunk)
            if size > most:
                raise TextTooLarge(
                    f"file: its parts, inflated, are over {limits.max_inflated_bytes} bytes or "
                    f"{limits.max_ratio} times what they are packed",
                    "file",
                )
            chunks.append(chunk)
    return b"".join(chunks)
