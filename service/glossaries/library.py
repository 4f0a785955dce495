"""The glossaries of a service, ready for use."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Sequence

from service.glossaries.entries import read_entries
from service.glossaries.store import GlossaryInfo, GlossaryStore
from service.text.glossary import Entry, Glossary

_READY = 32
"""Glossaries that are kept ready; others are read when they are needed."""


class GlossaryLibrary:
    """A ``GlossaryStore`` that does not hold up the event loop; used on the loop's thread.

    Args:
        store: where they are kept.
        max_entries: that one may have.
    """

    def __init__(self, store: GlossaryStore, max_entries: int) -> None:
        self._store = store
        self._max_entries = max_entries
        self._ready: OrderedDict[str, Glossary] = OrderedDict()

    async def create(
        self, owner: str, name: str, direction: tuple[str, str], entries: str, form: str
    ) -> GlossaryInfo:
        """Keep a new glossary, whose ``entries`` are ``tsv`` or ``csv`` as ``form`` says.

        Raises:
            InvalidRequest: see ``read_entries`` and ``GlossaryStore.create``.
        """

        def work() -> GlossaryInfo:
            read = read_entries(entries, form, self._max_entries)
            return self._store.create(owner, name, direction, read)

        return await asyncio.to_thread(work)

    def close(self) -> None:
        """Close the store; nothing is asked of it any more."""
        self._store.close()

    async def list(self, owner: str) -> Sequence[GlossaryInfo]:
        """See ``GlossaryStore``."""
        return await asyncio.to_thread(self._store.list, owner)

    async def find(self, owner: str, glossary_id: str) -> GlossaryInfo:
        """See ``GlossaryStore``."""
        return await asyncio.to_thread(self._store.find, owner, glossary_id)

    async def entries(self, owner: str, glossary_id: str) -> str:
        """See ``GlossaryStore``."""
        return await asyncio.to_thread(self._store.entries, owner, glossary_id)

    async def delete(self, owner: str, glossary_id: str) -> None:
        """See ``GlossaryStore``."""
        await asyncio.to_thread(self._store.delete, owner, glossary_id)

    async def load(self, owner: str, glossary_id: str) -> Glossary:
        """A glossary to translate with. It never changes, so it is read once.

        Raises:
            GlossaryNotFound: there is none with this id.
        """
        info = await self.find(owner, glossary_id)
        ready = self._ready.get(info.id)
        if ready is None:
            ready = await asyncio.to_thread(self._read, owner, info)
            self._ready[info.id] = ready
            while len(self._ready) > _READY:
                self._ready.popitem(last=False)
        self._ready.move_to_end(info.id)
        return ready

    def _read(self, owner: str, info: GlossaryInfo) -> Glossary:
        lines = self._store.entries(owner, info.id).splitlines()
        pairs = (line.split("\t") for line in lines)
        return Glossary([Entry(source, target) for source, target in pairs], info.source, info.target)
