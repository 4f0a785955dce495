"""Files that would harm whoever reads them."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from service.errors import TextTooLarge, UnreadableFile
from service.files import isolation
from service.files.formats import FORMATS, format_of
from service.files.isolation import FileParser
from service.files.limits import FileLimits
from service.files.wire import pack_texts, pack_translations, unpack_texts, unpack_translations
from service.files.worker import ProcessLimits
from service.text.annotated import AnnotatedText, Mark, Range, unchanged
from tests.service.harness import asynchronous

TEXT = AnnotatedText("a 🙂 b\n", (Range(2, 3),), (Mark(0, 0, 3), Mark(1, 4, 4)))


def test_texts_and_translations_survive_the_wire() -> None:
    assert unpack_texts(pack_texts([TEXT]).encode()) == [TEXT]
    assert unpack_translations(pack_translations([unchanged(TEXT)]).encode()) == [unchanged(TEXT)]


def test_every_format_has_a_reader() -> None:
    for one in FORMATS:
        assert callable(one.load())
        for extension in one.extensions:
            assert format_of(f"x.y{extension.upper()}") is one


def test_no_reader_needs_what_is_slow_to_import() -> None:
    code = (
        "import sys, service.files.worker; from service.files.formats import FORMATS; "
        "[one.load() for one in FORMATS]; "
        "sys.exit(len({'fastapi', 'numpy', 'pydantic', 'torch'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@asynchronous
async def test_a_file_is_read_and_written(tmp_path: Path) -> None:
    upload, result = tmp_path / "upload", tmp_path / "result"
    upload.write_bytes("Grün\r\nist".encode())
    parser = FileParser(FileLimits())
    texts = await parser.read(format_of("a.txt"), upload)
    assert [one.text for one in texts] == ["Grün", "ist"]
    await parser.write(format_of("a.txt"), upload, [unchanged(one) for one in texts], result)
    assert result.read_bytes() == upload.read_bytes()


@asynchronous
async def test_limits(tmp_path: Path) -> None:
    upload = tmp_path / "upload"
    upload.write_bytes(b"aaa\nbbb\n")
    for limits, says in (
        (FileLimits(max_characters=5), "6 characters"),
        (FileLimits(max_texts=1), "2 texts"),
        (FileLimits(max_text_characters=2), "of 3 characters"),
    ):
        with pytest.raises(TextTooLarge, match=says):
            await FileParser(limits).read(format_of("a.txt"), upload)


@asynchronous
async def test_what_takes_too_long_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    upload = tmp_path / "upload"
    upload.write_bytes(b"[" * 200_000)
    slow = FileParser(FileLimits(), ProcessLimits(cpu_seconds=1))
    with pytest.raises(UnreadableFile, match="too much memory or time"):
        await slow.read(format_of("a.yaml"), upload)
    monkeypatch.setattr(isolation, "WALL_SECONDS", 0.01)
    with pytest.raises(UnreadableFile, match="too long"):
        await FileParser(FileLimits()).read(format_of("a.yaml"), upload)


@asynchronous
async def test_what_takes_too_much_memory_ends(tmp_path: Path) -> None:
    upload = tmp_path / "upload"
    upload.write_bytes(b"[" + b'"a",' * 700_000 + b"1]")
    small = FileParser(FileLimits(), ProcessLimits(memory_bytes=120 * 1024 * 1024))
    with pytest.raises(UnreadableFile, match="too much memory"):
        await small.read(format_of("a.json"), upload)


@asynchronous
async def test_a_process_ends_with_whoever_waits_for_it(tmp_path: Path) -> None:
    upload = tmp_path / "upload"
    os.mkfifo(upload)  # which nobody ever writes to
    parser = FileParser(FileLimits())
    task = asyncio.create_task(parser.read(format_of("a.txt"), upload))
    await asyncio.sleep(0.3)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@asynchronous
async def test_the_process_knows_no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRAGOMAN_API_KEYS", "secret")
    assert "secret" not in str(FileParser(FileLimits())._environment())
