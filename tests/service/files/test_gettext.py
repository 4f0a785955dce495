"""Message catalogues: only empty translations are filled."""

from __future__ import annotations

import re

import polib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.errors import UnreadableFile
from service.files.gettext import read
from service.files.limits import FileLimits
from tests.service.files.translators import identity, translated, upper

SAMPLE = r"""# Translators: somebody
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\n"

#. extracted
#: main.c:10
#, c-format
msgctxt "menu"
msgid "Open %s"
msgstr ""

#, fuzzy
msgid "Close"
msgstr "Schließen"

msgid ""
"A long text "
"with \"quotes\"\n"
"and two lines\n"
msgstr ""

msgid "One file"
msgid_plural "%d files"
msgstr[0] ""
msgstr[1] ""

#~ msgid "old"
#~ msgstr ""
"""


def test_what_is_translated() -> None:
    document = read(SAMPLE.encode(), FileLimits())
    assert [unit.text for unit in document.units] == [
        "Open %s",
        'A long text with "quotes"\nand two lines\n',
        "One file",
        "%d files",
    ]
    written = translated(document, upper).decode()
    assert written == (
        SAMPLE.replace('msgid "Open %s"\nmsgstr ""', 'msgid "Open %s"\nmsgstr "OPEN %S"')
        .replace(
            'lines\\n"\nmsgstr ""',
            'lines\\n"\nmsgstr ""\n"A LONG TEXT WITH \\"QUOTES\\"\\n"\n"AND TWO LINES\\n"',
        )
        .replace('msgstr[0] ""', 'msgstr[0] "ONE FILE"')
        .replace('msgstr[1] ""', 'msgstr[1] "%D FILES"')
    )


@pytest.mark.parametrize("forms", [1, 3])
def test_plural_forms(forms: int) -> None:
    lines = ['msgid "One"', 'msgid_plural "Many"', *(f'msgstr[{index}] ""' for index in range(forms))]
    document = read("\r\n".join(lines).encode("utf-16"), FileLimits())
    (entry,) = polib.pofile(translated(document, identity).decode("utf-16"))
    assert entry.msgstr_plural == ({0: "Many"} if forms == 1 else {0: "One", 1: "Many", 2: "Many"})


ODD = "\v\f\x1c\x85\u2028"
"""What polib cannot read back where it has written it, and gettext can."""


@given(st.lists(st.tuples(st.text(max_size=30), st.booleans()), max_size=5))
@settings(deadline=None, max_examples=40)
def test_against_polib(entries: list[tuple[str, bool]]) -> None:
    odd = re.compile(f"[{ODD}\x00\x1d\x1e\u2029\ud800-\udfff]")
    clean = {odd.sub("", text) or "x": done for text, done in entries}
    catalogue = polib.POFile()
    catalogue.metadata = {"Content-Type": "text/plain; charset=UTF-8"}
    for msgid, done in clean.items():
        catalogue.append(polib.POEntry(msgid=msgid, msgstr="done" if done else "", comment="c"))
    text = str(catalogue)
    known = [(one.msgid, one.msgstr) for one in polib.pofile(text)]
    written = translated(read(text.encode(), FileLimits()), upper).decode()
    found = [(one.msgid, one.msgstr) for one in polib.pofile(written)]
    assert found == [
        (one, done or (one.upper() if any(map(str.isalpha, one)) else "")) for one, done in known
    ]


def test_odd_line_breaks_are_text() -> None:
    source = f'msgid "eins{ODD}zwei"\nmsgstr ""\n'
    (unit,) = read(source.encode(), FileLimits()).units
    assert unit.text == f"eins{ODD}zwei"
    written = translated(read(source.encode(), FileLimits()), identity).decode()
    assert written == f'msgid "eins{ODD}zwei"\nmsgstr "{polib.escape(unit.text)}"\n'


@pytest.mark.parametrize(
    "text", ["", "hello", 'msgid "a', 'msgid "a" b"\nmsgstr ""', "/etc/hostname", 'msgstr[x] ""']
)
def test_bad_catalogues(text: str) -> None:
    with pytest.raises(UnreadableFile):
        read(text.encode(), FileLimits())
