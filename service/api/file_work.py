"""What the routes for files of both APIs have in common."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from fastapi.responses import FileResponse

from service.accounts import Account
from service.api.context import Service
from service.api.uploads import Upload
from service.api.work import AUTO, detect
from service.errors import InvalidRequest
from service.files.formats import format_of
from service.files.job import FileJob
from service.files.manager import Wish
from service.text.annotated import AnnotatedText

_SAMPLE_CHARACTERS = 5000
"""Of a file, from its beginning, for the detection of its language."""


def check_enabled(service: Service) -> None:
    """Do nothing if files are translated here.

    Raises:
        InvalidRequest: they are not.
        NotReady: the service is still loading.
    """
    if not service.settings.max_file_bytes:
        raise InvalidRequest("translating files is turned off on this service")
    service.lifecycle.registry  # noqa: B018 - raises


def make_wish(
    service: Service,
    account: Account,
    name: str,
    source: str | None,
    target: str,
    fields: tuple[str, str] = ("source", "target"),
) -> Wish:
    """What a request wants of its file.

    Args:
        service: knows the languages.
        account: whose request it is.
        name: of the file.
        source: a language, ``auto``, or nothing, which is the same.
        target: a language.
        fields: the parameters that these two came in.

    Raises:
        UnreadableFile: the name's extension is none of those accepted.
        UnsupportedLanguage: an unknown language, or a direction that is not served.
    """
    registry = service.lifecycle.registry
    into = registry.language(target, fields[1])
    given = None if not source or source.strip().lower() == AUTO else registry.language(source, fields[0])
    if given is not None and not registry.serves(given, into):
        registry.find(given, into)  # which says what is served

    async def choose_source(texts: Sequence[AnnotatedText]) -> str:
        return given or await _detect(service, texts, into)

    scope = "" if service.settings.cache_between_keys else account.name
    return Wish(name, format_of(name), choose_source, into, account, scope)


async def _detect(service: Service, texts: Sequence[AnnotatedText], target: str) -> str:
    """The language of a whole file: its texts are often too short to tell one by one."""
    sample, length = list[str](), 0
    for text in texts:
        if length > _SAMPLE_CHARACTERS:
            break
        sample.append(text.text)
        length += len(text.text)
    (found,) = await detect(service.detector, ["\n".join(sample)], service.lifecycle.registry, target)
    return found.language


async def accept(service: Service, upload: Upload, folder: Path, wish: Wish) -> FileJob:
    """The upload as a job.

    Raises:
        ServiceError: see ``FileManager.accept``.
    """
    await upload.save(folder / "upload", service.settings.max_file_bytes)
    return await service.files.accept(folder, wish)


def file_response(job: FileJob) -> FileResponse:
    """The translated file, to be saved under a name made of its own."""
    name = job.task.result_name
    plain = name.encode("ascii", "replace").decode().replace("?", "_")
    return FileResponse(
        job.result,
        media_type=job.task.kind.media_type,
        headers={
            "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}",
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "sandbox",
        },
    )
