"""Files in requests, and the names they have."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from fastapi import Request
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import ClientDisconnect

from service.api.disconnect import ClientDisconnected
from service.api.parameters import MULTIPART, read_query
from service.errors import InvalidRequest, TextTooLarge

FORM_BYTES = 65_536
"""Room in a body for what is beside the file."""
MAX_NAME_CHARACTERS = 200

_MAX_FIELDS = 100
_WANTED = "file: send it as multipart/form-data, in a part called file that has a file name"


@dataclass(frozen=True, slots=True)
class Upload:
    """A request with a file.

    Attributes:
        fields: the parameters beside it, of the form and of the query string; the form's count.
        name: the file's own, without folders; empty if it came without one.
    """

    fields: dict[str, Any]
    name: str
    _file: UploadFile

    async def save(self, path: Path, max_bytes: int) -> None:
        """Write the file to ``path``.

        Raises:
            TextTooLarge: it is larger than ``max_bytes``.
        """
        size = self._file.size or 0
        if size > max_bytes:
            raise TextTooLarge(f"file: {size} bytes; at most {max_bytes} are accepted", "file")

        def copy() -> None:
            with path.open("wb") as output:
                shutil.copyfileobj(self._file.file, output)

        await asyncio.to_thread(copy)


@asynccontextmanager
async def uploaded(request: Request) -> AsyncIterator[Upload]:
    """The file and the parameters of ``request``; the file is there while the context is.

    Raises:
        InvalidRequest: there is none, or the body is no multipart form.
        ClientDisconnected: the client has gone before all of it has come.
    """
    query = read_query(request)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != MULTIPART:
        raise InvalidRequest(_WANTED, "file")
    form = await _read(request)
    try:
        files = [
            value for name, value in form.multi_items() if name == "file" and isinstance(value, UploadFile)
        ]
        if not files:
            raise InvalidRequest(_WANTED, "file")
        fields = {name: value for name, value in form.items() if isinstance(value, str)}
        yield Upload(query | fields, base_name(files[0].filename or ""), files[0])
    finally:
        await form.close()


async def _read(request: Request) -> FormData:
    try:
        return await request.form(max_files=1, max_fields=_MAX_FIELDS, max_part_size=FORM_BYTES)
    except ClientDisconnect:
        raise ClientDisconnected from None
    except MultiPartException:
        raise InvalidRequest(
            f"the body is not a valid multipart form with one file; {_WANTED}", "file"
        ) from None
    except HTTPException as error:  # what the former becomes where an application surrounds the request
        if error.status_code != 400:
            raise
        raise InvalidRequest(
            f"the body is not a valid multipart form with one file; {_WANTED}", "file"
        ) from None


def base_name(name: str) -> str:
    """The last part of a path of whatever system, without what could not be in a header, and not too long."""
    last = PurePosixPath(name.replace("\\", "/")).name
    clean = "".join(one for one in last if one.isprintable() and one not in '"')
    stem, dot, extension = clean.rpartition(".")
    return f"{stem[:MAX_NAME_CHARACTERS]}{dot}{extension[:16]}" if dot else clean[:MAX_NAME_CHARACTERS]
