"""Subtitles, compared with what libraries made for them read."""

from __future__ import annotations

import re
from io import StringIO

import pytest
import srt
import webvtt
from hypothesis import given, settings
from hypothesis import strategies as st

from service.errors import UnreadableFile
from service.files.limits import FileLimits
from service.files.subtitles import read_srt, read_vtt
from tests.service.files.translators import identity, scrambled, translated, upper

SRT = """1
00:00:01,000 --> 00:00:02,500 X1:1 X2:2
<i>Ich habe den
Zug</i> verpasst.

2
00:00:03,000 --> 00:00:04,000
{\\an8}- Wo ist er?
- Im <font color="red">Park</font> & so.

3
00:00:05,000 --> 00:00:06,000

4
00:00:07,000 --> 00:00:08,000
Ende"""
VTT = """WEBVTT Titel

STYLE
::cue { color: red }

NOTE Eine Notiz
über Zeilen

kapitel-1
00:01.000 --> 00:02.000 align:start
<v Eva>Wir <00:01.500>sehen &amp; h&#246;ren
den <c.x>Zug</c>

00:00:03.000 --> 00:00:04.000
Ja.
Nein.
"""
LINES = st.lists(
    st.sampled_from(
        ["wort", " zwei", ".", "<i>", "</i>", "<b>", "&amp;", "\n", "- ", "{\\an8}", "<v X>", "<", "ß "]
    ),
    max_size=12,
).map("".join)


def test_srt() -> None:
    for newline in ("\n", "\r\n"):
        text = SRT.replace("\n", newline)
        document = read_srt(text.encode(), FileLimits())
        assert [unit.text for unit in document.units] == [
            "Ich habe den Zug verpasst.",
            "Wo ist er?",
            "Im Park & so.",
            "Ende",
        ]
        assert translated(document, identity).decode() == text
        wanted = SRT.replace("Ich habe den\nZug</i> verpasst", "ICH HABE DEN\nZUG</i> VERPASST")
        wanted = wanted.replace("Wo ist er", "WO IST ER").replace("Im <", "IM <").replace("Park", "PARK")
        wanted = wanted.replace("so.", "SO.").replace("Ende", "ENDE")
        assert translated(document, upper).decode() == wanted.replace("\n", newline)


def test_vtt() -> None:
    document = read_vtt(VTT.encode("utf-8-sig"), FileLimits())
    assert translated(document, identity) == VTT.encode("utf-8-sig")
    written = translated(document, upper).decode("utf-8-sig")
    assert "<v Eva>WIR <00:01.500>SEHEN &amp; H&#246;REN\nDEN <c.x>ZUG</c>\n" in written
    assert "JA.\nNEIN.\n" in written
    assert "Eine Notiz\nüber Zeilen" in written


@given(st.lists(LINES, max_size=4), st.integers(0, 9))
@settings(deadline=None, max_examples=50)
def test_times_and_numbers_stay(payloads: list[str], seed: int) -> None:
    payloads = [re.sub(r"\n\s*\n", "\n", payload).strip() or "x" for payload in payloads]
    cues = "".join(
        f"{number}\n00:00:{number:02},000 --> 00:00:{number:02},900\n{payload}\n\n"
        for number, payload in enumerate(payloads, 1)
    )
    for text, read, parse in (
        (cues or "\n", read_srt, lambda text: [(one.start, one.end, one.index) for one in srt.parse(text)]),
        (
            "WEBVTT\n\n" + cues.replace(",", "."),
            read_vtt,
            lambda text: [
                (one.start, one.end, one.identifier) for one in webvtt.from_buffer(StringIO(text)).captions
            ],
        ),
    ):
        document = read(text.encode(), FileLimits())
        assert translated(document, identity).decode() == text
        for translate in (upper, scrambled(seed)):
            written = translated(document, translate).decode()
            assert parse(written) == parse(text)
            assert sorted(re.findall("<[^<>\n]*>", written)) == sorted(re.findall("<[^<>\n]*>", text))


def test_a_translation_adds_no_markup() -> None:
    from service.text.annotated import AnnotatedTranslation  # noqa: PLC0415

    document = read_vtt(b"WEBVTT\n\n00:01.000 --> 00:02.000\nx\n", FileLimits())
    written = document.write([AnnotatedTranslation("<b>a --> b & c")])
    assert written.endswith(b"\n&lt;b>a --&gt; b &amp; c\n")


@pytest.mark.parametrize(
    ("read", "text"),
    [(read_srt, "Hello"), (read_vtt, "00:01.000 --> 00:02.000\nx"), (read_vtt, ""), (read_vtt, "WEBVTTx")],
)
def test_other_files(read: object, text: str) -> None:
    assert callable(read)
    with pytest.raises(UnreadableFile):
        read(text.encode(), FileLimits())
