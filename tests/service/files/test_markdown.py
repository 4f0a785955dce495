"""Markdown: nothing but text changes."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from service.errors import UnreadableFile
from service.files.limits import FileLimits
from service.files.markdown import read
from service.files.markdown_parser import make_parser, signature
from tests.service.files.translators import identity, scrambled, translated, upper

SAMPLE = """---
title: Ein Titel
---

# Ein *schöner* Titel #

Ein Absatz mit **fettem Wort**, `code hier` und [einem Link](http://x.de "Titel").
Er geht weiter
auf drei Zeilen.\x20\x20
Harter Umbruch, <b>html</b> und &amp; so weiter \\* ende.

> Zitat erste Zeile
> zweite **Zeile**

- Punkt eins
  geht weiter
- [ ] Aufgabe ![Bild text](b.png) <http://auto.link>
1. Nummer

![Ein Bild](c.png)

| Kopf | zwei |
|------|------|
| a \\| b | *kursiv* |

Setext
======

```py
code = 1
```

<div>
html block
</div>

[foo] und [bar][] und [baz][foo] [^1]

[foo]: http://foo 'Titel'
[bar]: http://bar

[^1]: Fußnote
"""
UPPER = """---
title: Ein Titel
---

# EIN *SCHÖNER* TITEL #

EIN ABSATZ MIT **FETTEM WORT**, `code hier` UND [EINEM LINK](http://x.de "Titel").
ER GEHT WEITER
AUF DREI ZEILEN.\x20\x20
HARTER UMBRUCH, <b>HTML</b> UND &amp; SO WEITER \\* ENDE.

> ZITAT ERSTE ZEILE
> ZWEITE **ZEILE**

- PUNKT EINS
  GEHT WEITER
- [ ] AUFGABE ![Bild text](b.png) <http://auto.link>
1. NUMMER

![EIN BILD](c.png)

| KOPF | ZWEI |
|------|------|
| A \\| B | *KURSIV* |

SETEXT
======

```py
code = 1
```

<div>
html block
</div>

[FOO][foo] UND [BAR][bar] UND [BAZ][foo] [^1]

[foo]: http://foo 'Titel'
[bar]: http://bar

[^1]: FUSSNOTE
"""
PIECES = ["*", "**", "_", "`", "[", "]", "(u)", "![", "~~", "<b>", "</b>", "\\", "&amp;", "<", "\n", "\n\n"]
PIECES += [
    "  \n",
    "- ",
    "1. ",
    "> ",
    "# ",
    "| ",
    "|-|\n",
    "```\n",
    "wort",
    " zwei ",
    "ß",
    "[a]: x\n",
    "[^1]",
    "\t",
]
MARKDOWN = st.lists(st.sampled_from([*PIECES, "    "]), max_size=25).map("".join)


def structure(text: str) -> list[object]:
    """The blocks of ``text`` with the elements in each; no text."""
    parser, env = make_parser(), dict[str, object]()
    return [
        (token.type, token.tag, token.markup, signature(parser, token.content, env))
        if token.type == "inline"
        else (token.type, token.tag, token.markup, "" if token.type == "html_block" else token.content)
        for token in parser.parse(text, env)
    ]


def test_what_is_translated() -> None:
    document = read(SAMPLE.encode(), FileLimits())
    assert translated(document, identity).decode() == SAMPLE
    assert translated(document, upper).decode() == UPPER
    texts = [unit.text for unit in document.units]
    assert texts[0] == "Ein schöner Titel"
    assert texts[2] == "Zitat erste Zeile zweite Zeile"
    assert not any("code = 1" in text or "Ein Titel" in text or "http://foo" in text for text in texts)


@example("<b>*</b>*")
@example("*<b>*</b>")
@given(MARKDOWN)
@settings(deadline=None, max_examples=80)
def test_an_identity_changes_nothing(text: str) -> None:
    data = text.replace("\n", "\r\n").encode() if len(text) % 2 else text.encode()
    assert translated(read(data, FileLimits()), identity) == data


@given(MARKDOWN, st.integers(0, 9))
@settings(deadline=None, max_examples=80)
def test_no_translation_changes_the_structure(text: str, seed: int) -> None:
    """Emphasis may go away where nothing is left in it; nothing else does, and nothing comes."""
    for translate in (upper, scrambled(seed)):
        written = translated(read(text.encode(), FileLimits()), translate).decode()
        before, after = structure(text), structure(written)
        assert [one[:3] for one in before] == [one[:3] for one in after], written  # type: ignore[index]


@pytest.mark.parametrize(
    ("source", "translation", "wanted"),
    [
        ("Ein Wort", "# A word", "\\# A word"),
        ("Ein Wort", "1. word", "1\\. word"),
        ("Ein Wort", "*word*", "\\*word\\*"),
        ("Ein Wort", "[a](b)", "\\[a\\](b)"),
        ("Ein Wort", "<b>x</b>", "\\<b\\>x\\</b\\>"),
        ("Ein_Wort", "a_word", "a_word"),
        ("a|b\n-|-\nEin Wort|x", "a|word", "a\\|word"),
    ],
)
def test_a_translation_is_text(source: str, translation: str, wanted: str) -> None:
    from service.text.annotated import AnnotatedTranslation  # noqa: PLC0415

    document = read(source.encode(), FileLimits())
    translations = [
        AnnotatedTranslation(translation if "Ein" in unit.text else unit.text) for unit in document.units
    ]
    assert wanted in document.write(translations).decode()


def test_deep_nesting_is_refused_or_read() -> None:
    for deep in (">" * 5000 + "a", "[" * 5000 + "a", "*a " * 5000, "- " * 2000 + "a", "`" * 9000):
        try:
            document = read(deep.encode(), FileLimits())
        except UnreadableFile:
            continue
        assert translated(document, identity) == deep.encode()
