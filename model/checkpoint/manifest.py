"""``manifest.json``: which files a checkpoint has, how large they are, and their hashes."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import Field

from model.checkpoint.strict_json import MAX_JSON_BYTES, parse_json
from model.config import Frozen, parse
from model.errors import CheckpointError, ConfigError

FORMAT_VERSION = 1
MANIFEST_FILE = "manifest.json"
CONFIG_FILE = "config.json"
WEIGHTS_FILE = "weights.safetensors"
TOKENIZER_FILE = "tokenizer.model"
CARD_FILE = "README.md"
HASHED_FILES = (CONFIG_FILE, WEIGHTS_FILE, TOKENIZER_FILE)


class FileEntry(Frozen):
    """What the manifest says about one file."""

    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="lower-case hexadecimal")]
    bytes: Annotated[int, Field(ge=0)]


class _Document(Frozen):
    format_version: Literal[1]
    files: dict[str, FileEntry]


@dataclass(frozen=True)
class Manifest:
    """What a checkpoint must consist of.

    Attributes:
        files: one entry for each of ``HASHED_FILES`` and for nothing else: a name from a manifest is
            never used as a path.
        digest: sha256 of the manifest file itself, the identity of the checkpoint.
    """

    files: Mapping[str, FileEntry]
    digest: str

    def read(self, directory: Path, name: str) -> bytes:
        """The content of file ``name``, which is what the manifest describes.

        The bytes returned are the bytes hashed: nothing is read a second time.

        Raises:
            CheckpointError: the file is missing, or its size or hash is another one.
        """
        with open_regular(directory / name) as file:
            self._check_size(directory / name, os.fstat(file.fileno()).st_size)
            content = file.read()
        self._check_hash(directory / name, hashlib.sha256(content).hexdigest())
        return content

    def verify(self, directory: Path, name: str) -> None:
        """Check file ``name`` as ``read`` does, in constant memory.

        Raises:
            CheckpointError: as ``read`` does.
        """
        with open_regular(directory / name) as file:
            self._check_size(directory / name, os.fstat(file.fileno()).st_size)
            self._check_hash(directory / name, hashlib.file_digest(file, "sha256").hexdigest())

    def _check_size(self, path: Path, size: int) -> None:
        expected = self.files[path.name].bytes
        if size != expected:
            fault = "truncated" if size < expected else "too long"
            raise CheckpointError(f"{path}: {fault}: {size:,} bytes, the manifest says {expected:,}")

    def _check_hash(self, path: Path, sha256: str) -> None:
        if sha256 != self.files[path.name].sha256:
            raise CheckpointError(f"{path}: damaged: its sha256 is not the one in the manifest")


def make_manifest(contents: Mapping[str, bytes]) -> bytes:
    """The manifest of ``contents`` (file name to content), as the bytes to write; always the same bytes."""
    files = {
        name: {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
        for name, content in sorted(contents.items())
    }
    return (json.dumps({"format_version": FORMAT_VERSION, "files": files}, indent=2) + "\n").encode()


def read_manifest(directory: Path) -> Manifest:
    """Read and validate the manifest of ``directory``; no other file is opened.

    Raises:
        CheckpointError: there is no such folder or manifest, it was made by a newer version, or it is not
            a checkpoint's manifest.
    """
    if not directory.is_dir():
        fault = "not a folder" if directory.exists() else "no such folder"
        raise CheckpointError(f"{directory}: {fault}; a checkpoint is a folder with a {MANIFEST_FILE}")
    path = directory / MANIFEST_FILE
    content = read_limited(path, MAX_JSON_BYTES)
    document = parse_json(content, path)
    _check_version(document, path)
    try:
        manifest = parse(_Document, document, str(path))
    except ConfigError as error:
        raise CheckpointError(str(error)) from error
    _check_names(manifest.files, path)
    return Manifest(MappingProxyType(manifest.files), hashlib.sha256(content).hexdigest())


def _check_version(document: Mapping[str, Any], path: Path) -> None:
    """The version comes first: everything else may have changed in a later format."""
    version = document.get("format_version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise CheckpointError(
            f"{path}: not a checkpoint's manifest: format_version must be a whole number ≥ 1"
        )
    if version > FORMAT_VERSION:
        raise CheckpointError(
            f"{path}: made by a newer version: format_version {version}; "
            f"this one reads up to {FORMAT_VERSION}"
        )


def _check_names(files: Mapping[str, FileEntry], path: Path) -> None:
    if missing := [name for name in HASHED_FILES if name not in files]:
        raise CheckpointError(f"{path}: files: {', '.join(missing)} missing")
    if foreign := sorted(set(files) - set(HASHED_FILES)):
        raise CheckpointError(
            f"{path}: files: {foreign[0]!r} is not a file of this format; it has {', '.join(HASHED_FILES)}"
        )


def read_limited(path: Path, limit: int) -> bytes:
    """The content of ``path``, which must be a regular file of at most ``limit`` bytes.

    Raises:
        CheckpointError: it is missing, larger, or something else than a file.
    """
    with open_regular(path) as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise CheckpointError(f"{path}: larger than {limit:,} bytes, which no such file is")
    return content


def open_regular(path: Path) -> BufferedReader:
    """``path`` opened for reading; links are followed, and must end at a regular file.

    A link is harmless, because what it leads to is hashed, and usual: Kubernetes mounts and model caches
    consist of links. A pipe or a device could block or never end.

    Raises:
        CheckpointError: it is missing, unreadable, or not a regular file.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        reason = "missing" if isinstance(error, FileNotFoundError) else f"cannot be read: {error.strerror}"
        raise CheckpointError(f"{path}: {reason}") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise CheckpointError(f"{path}: not a regular file")
    return os.fdopen(descriptor, "rb")
