"""Glossaries are kept, and each account sees its own."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from service.errors import GlossaryNotFound, InvalidRequest
from service.glossaries import store as module
from service.glossaries.store import FILE_NAME, GlossaryStore, open_glossaries
from service.settings import Settings, SettingsError
from service.text.glossary import Entry

DE_EN = ("de", "en")
ENTRIES = (Entry("Bahnhof", "station"), Entry("Gleis", "platform"))


def test_they_outlive_the_process_that_made_them(tmp_path: Path) -> None:
    first = GlossaryStore(tmp_path / "new" / "folder")
    info = first.create("one", "name", DE_EN, ENTRIES)
    first.close()
    second = GlossaryStore(tmp_path / "new" / "folder")
    assert second.list("one") == [info]
    assert second.find("one", info.id) == info
    assert second.entries("one", info.id) == "Bahnhof\tstation\nGleis\tplatform\n"
    assert (info.name, info.source, info.target, info.entry_count) == ("name", "de", "en", 2)
    second.close()


@pytest.mark.parametrize("folder", [None, "data"])
def test_nobody_sees_what_is_another_ones(tmp_path: Path, folder: str | None) -> None:
    store = GlossaryStore(tmp_path / folder if folder else None)
    info = store.create("one", "name", DE_EN, ENTRIES)
    assert store.list("other") == []
    for forbidden in (store.find, store.entries, store.delete):
        with pytest.raises(GlossaryNotFound):
            forbidden("other", info.id)
    store.delete("one", info.id)
    for gone in (store.find, store.entries, store.delete):
        with pytest.raises(GlossaryNotFound):
            gone("one", info.id)
    store.close()


def test_two_processes_share_a_folder(tmp_path: Path) -> None:
    stores = [GlossaryStore(tmp_path), GlossaryStore(tmp_path)]
    with ThreadPoolExecutor(8) as threads:
        made = list(
            threads.map(lambda n: stores[n % 2].create("one", f"name {n}", DE_EN, ENTRIES), range(40))
        )
    assert {info.id for info in made} == {info.id for info in stores[0].list("one")}
    assert stores[0].list("one") == stores[1].list("one")
    for store in stores:
        store.close()


def test_there_is_a_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_GLOSSARIES", 2)
    store = GlossaryStore(None)
    for _ in range(2):
        store.create("one", "name", DE_EN, ENTRIES)
    with pytest.raises(InvalidRequest, match="at most 2"):
        store.create("one", "name", DE_EN, ENTRIES)
    store.create("other", "name", DE_EN, ENTRIES)
    store.close()


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / FILE_NAME).write_text("this is no database, however long one looks at it" * 50)
    for folder in (tmp_path / "file", tmp_path):
        with pytest.raises(SettingsError, match=f"DRAGOMAN_DATA_FOLDER: {folder} cannot be used"):
            open_glossaries(Settings(data_folder=folder))
