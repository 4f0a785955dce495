"""Every format, with files cut off and changed anywhere: read, or refused with a message; nothing else."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.errors import InvalidRequest
from service.files.formats import FORMATS, Format, format_named
from service.files.limits import FileLimits
from tests.service.files import (
    test_book,
    test_gettext,
    test_markdown,
    test_open_document,
    test_subtitles,
    test_values,
    test_web_page,
    test_word,
)
from tests.service.files.packages import packed, unpacked
from tests.service.files.translators import identity, scrambled, translated, upper

SAMPLES = {
    "text": "Ein Hund.\r\n\r\n  Zwei Hunde. Ja!\n".encode("utf-16"),
    "markdown": test_markdown.SAMPLE.encode(),
    "html": test_web_page.PAGE.format("utf-8").encode(),
    "srt": test_subtitles.SRT.encode(),
    "vtt": test_subtitles.VTT.encode(),
    "gettext": test_gettext.SAMPLE.encode(),
    "json": b'{"a": ["Haus", {"b": "x\\u00e4\\n"}], "c": null}',
    "yaml": test_values.YAML_SAMPLE.encode(),
    "docx": test_word.SAMPLE,
    "odt": test_open_document.SAMPLE,
    "epub": test_book.SAMPLE,
}
PIECES = st.sampled_from(
    [b"", b"\x00", b"\xff", b'"', b"<", b">", b"&", b"\\", b"\n", b"[", b"{", b"*", b"-->", b"\xed\xa0\x80"]
)
FORMAT_NAMES = [one.name for one in FORMATS]


def attempt(kind: Format, data: bytes) -> None:
    """Read and write ``data`` in every way; all that may happen is a refusal."""
    try:
        document = kind.load()(data, FileLimits())
    except InvalidRequest as error:
        assert str(error).startswith("file: ")  # noqa: PT017 - the other outcome is as good
        return
    if kind.name not in ("gettext", "docx", "odt", "epub"):  # which fill gaps, or are packed anew
        assert translated(document, identity) == data
    for translate in (upper, scrambled(1)):
        written = translated(kind.load()(data, FileLimits()), translate)
        kind.load()(written, FileLimits())


def test_there_is_a_sample_of_every_format() -> None:
    assert list(SAMPLES) == FORMAT_NAMES


@pytest.mark.parametrize("name", FORMAT_NAMES)
@given(st.data())
@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.too_slow])
def test_changed_files(name: str, data: st.DataObject) -> None:
    sample = SAMPLES[name]
    start = data.draw(st.integers(0, len(sample)))
    end = data.draw(st.integers(start, min(len(sample), start + 30)))
    attempt(format_named(name), sample[:start] + data.draw(PIECES) + sample[end:])


@pytest.mark.parametrize("name", FORMAT_NAMES)
@given(st.data())
@settings(deadline=None, max_examples=10, suppress_health_check=[HealthCheck.too_slow])
def test_cut_files(name: str, data: st.DataObject) -> None:
    sample = SAMPLES[name]
    attempt(format_named(name), sample[: data.draw(st.integers(0, len(sample)))])


@pytest.mark.parametrize("name", ["docx", "odt", "epub"])
@given(st.data())
@settings(deadline=None, max_examples=8, suppress_health_check=[HealthCheck.too_slow])
def test_changed_parts(name: str, data: st.DataObject) -> None:
    parts = unpacked(SAMPLES[name])
    part = data.draw(st.sampled_from(sorted(parts)))
    start = data.draw(st.integers(0, len(parts[part])))
    parts[part] = (
        parts[part][:start] + data.draw(PIECES) + parts[part][start + data.draw(st.integers(0, 30)) :]
    )
    attempt(format_named(name), packed(parts))


@pytest.mark.parametrize("name", FORMAT_NAMES)
def test_files_of_other_kinds(name: str) -> None:
    for other, sample in SAMPLES.items():
        if other != name:
            attempt(format_named(name), sample)
    for odd in (
        b"",
        b"\n",
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        b"\x00" * 9,
        bytes(range(256)),
        b"PK\x03\x04",
        b"%PDF-1.7",
    ):
        attempt(format_named(name), odd)
