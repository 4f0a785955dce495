"""What is kept of files, and for how long."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

import pytest

from service.accounts import Account
from service.errors import Overloaded
from service.files.formats import format_of
from service.files.job import FileJob, FileTask, State
from service.files.store import FileStore, StoreLimits
from tests.service.harness import asynchronous


def make_store(folder: Path, files: int = 2, size: int = 100, expiry: float = 60.0) -> FileStore:
    return FileStore(StoreLimits(folder, files, size, expiry))


def add(store: FileStore, content: bytes = b"x", name: str = "a.txt") -> FileJob:
    with store.reserve() as folder:
        (folder / "upload").write_bytes(content)
        task = FileTask(name, format_of(name), "de", "en", 10, Account(None))
        return store.add(folder, task, time.monotonic() + 60)


def test_a_job_is_found_by_its_id_and_key(tmp_path: Path) -> None:
    store = make_store(tmp_path)
    one, two = add(store), add(store)
    assert store.find(one.id, one.key) is one
    assert store.find(one.id, two.key) is store.find("", "") is store.find(one.id, "ä\ud800") is None
    assert len({one.id, one.key, two.id, two.key}) == 4
    assert one.folder.stat().st_mode & 0o777 == 0o700
    store.remove(one)
    store.remove(one)
    assert store.find(one.id, one.key) is None
    assert not one.folder.exists()
    assert (store.count(State.QUEUED), store.count(State.DONE)) == (1, 0)


def test_there_is_room_for_so_many(tmp_path: Path) -> None:
    store = make_store(tmp_path)
    add(store)
    with store.reserve(), pytest.raises(Overloaded, match="2 files"), store.reserve():
        pass
    add(store)
    with pytest.raises(Overloaded, match="2 files"), store.reserve():
        pass


def test_there_is_room_for_so_much(tmp_path: Path) -> None:
    store = make_store(tmp_path, files=9)
    job = add(store, b"x" * 100)
    with pytest.raises(Overloaded, match="100 bytes"), store.reserve():
        pass
    job.upload.unlink()
    store.measure(job)
    add(store)


def test_a_reservation_that_is_not_used_leaves_nothing(tmp_path: Path) -> None:
    store = make_store(tmp_path, files=1)
    with store.reserve() as folder:
        (folder / "upload").write_bytes(b"x")
    assert not folder.exists()
    add(store)


@asynchronous
async def test_jobs_expire(tmp_path: Path) -> None:
    store = make_store(tmp_path, expiry=0.02)
    job = add(store)
    store.expire(job)
    assert store.find(job.id, job.key) is job
    await asyncio.sleep(0.1)
    assert store.find(job.id, job.key) is None


def test_what_a_dead_process_left_is_removed_once_it_is_old(tmp_path: Path) -> None:
    old, young, other = (tmp_path / name for name in ("dragoman-files-old", "dragoman-files-new", "other"))
    for folder in (old, young, other):
        folder.mkdir()
    for folder in (old, other):
        os.utime(folder, (1, 1))
    store = make_store(tmp_path)
    add(store)
    assert (old.exists(), young.exists(), other.exists()) == (False, True, True)
    store.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dragoman-files-new", "other"]


def test_progress_and_names() -> None:
    task = FileTask("Brief an Eva.tar.DOCX", format_of("a.docx"), "de", "en", 200, Account(None))
    job = FileJob("id", "key", task, Path("/"), deadline=0.0)
    assert task.result_name == "Brief an Eva.tar_en.DOCX"
    assert (job.progress, job.seconds_remaining()) == (0.0, None)
    job.started, job.done_characters = time.monotonic() - 10, 50
    assert job.progress == 0.25
    assert job.seconds_remaining() in (31, 32)
    job.state = State.DONE
    job.ended.set()
    assert (job.progress, job.seconds_remaining()) == (1.0, None)
