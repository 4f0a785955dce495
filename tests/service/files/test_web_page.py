"""HTML files: encodings and attributes; ``tests/service/markup`` has the rest."""

from __future__ import annotations

import pytest

from service.files.limits import FileLimits
from service.files.web_page import read
from tests.service.files.translators import by_character, identity, translated, upper

PAGE = """<!DOCTYPE html>
<html lang=de><head><meta charset="{}"><title>Ein Titel</title><style>p {{ color: red }}</style>
<script>var a = "Text";</script></head>
<body><p title='Hinweis'>Ein <b>schöner</b> Tag &amp; <code>a = b</code>.
<img src="x.png" alt="Ein Bild"><br/>Ende<p translate="no">Bleibt</body></html>
"""


@pytest.mark.parametrize(
    ("declared", "codec"), [("utf-8", "utf-8"), ("ISO-8859-1", "latin-1"), ("x", "utf-16")]
)
def test_what_is_translated(declared: str, codec: str) -> None:
    page = PAGE.format(declared)
    data = page.encode(codec)
    document = read(data, FileLimits())
    assert translated(document, identity) == data
    written = translated(document, upper).decode(codec)
    for part in ("<title>EIN TITEL</title>", "EIN <b>SCHÖNER</b> TAG &amp; <code>a = b</code>.", "ENDE<p "):
        assert part in written
    for kept in (
        "<!DOCTYPE html>\n<html lang=de>",
        "color: red",
        'var a = "Text";',
        ">Bleibt</body>",
        'src="x.png"',
    ):
        assert kept in written
    assert 'alt="EIN BILD"' in written
    assert "HINWEIS" in written


def test_a_character_that_the_encoding_lacks() -> None:
    document = read(b'<meta charset="iso-8859-1"><p>Gr\xfcn', FileLimits())
    written = document.write(
        [by_character(unit, lambda one: "你" if one == "G" else one) for unit in document.units]
    )
    assert written == b'<meta charset="iso-8859-1"><p>&#20320;r\xfcn'
