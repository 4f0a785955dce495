"""JSON and YAML: values change, and nothing else does."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from service.errors import UnreadableFile
from service.files import json_values, yaml_values
from service.files.limits import FileLimits
from service.text.annotated import AnnotatedTranslation
from tests.service.files.translators import identity, translated, upper

TEXT = st.text(st.characters(codec="utf-8"), max_size=20)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
YAML_SAMPLE = """\
# a comment
de: &anchor   'Es''s ein Wert'   # behind
alias: *anchor
nested:
  - plain text here
  - "quoted \\"text\\"\\twith"
  - 3
  - yes
  - {flow: wert hier, list: [eins, zwei]}
block: |
  Erste Zeile
  zweite: Zeile

folded: >-
  gefaltet
  weiter

  Absatz
tagged: !!str 5
custom: !Ref Name
? komplex
: wert
multi: eine
  zeile weiter
---
- zweites Dokument
"""


def changed(value: Any) -> Any:
    """``value`` as ``upper`` should have it."""
    if isinstance(value, str):
        return value.upper() if any(map(str.isalpha, value)) else value
    if isinstance(value, list):
        return [changed(one) for one in value]
    if isinstance(value, dict):
        return {key: changed(one) for key, one in value.items()}
    return value


def parse(text: str) -> list[Any]:
    return list(YAML(typ="safe", pure=True).load_all(text))


@given(
    VALUES, st.sampled_from([None, 2, "\t"]), st.booleans(), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"])
)
@settings(deadline=None, max_examples=60)
def test_json(value: Any, indent: Any, ascii_only: bool, codec: str) -> None:
    data = json.dumps(value, indent=indent, ensure_ascii=ascii_only).encode(codec)
    document = json_values.read(data, FileLimits())
    assert translated(document, identity) == data
    assert json.loads(translated(document, upper).decode(codec)) == changed(value)


def test_json_keeps_how_it_was_written() -> None:
    source = '{ "a" : "H\\u00e4\\/user", "a": [1.50, "x"],"n":1e400,\r\n "k\\u00e4se":"ja" }'
    wanted = '{ "a" : "H\\u00c4/USER", "a": [1.50, "X"],"n":1e400,\r\n "k\\u00e4se":"JA" }'
    document = json_values.read(source.encode(), FileLimits())
    assert translated(document, identity).decode() == source
    assert translated(document, upper).decode() == wanted


def test_yaml_keeps_how_it_was_written() -> None:
    document = yaml_values.read(YAML_SAMPLE.encode(), FileLimits())
    assert translated(document, identity).decode() == YAML_SAMPLE
    written = translated(document, upper).decode()
    wanted = [changed(one) for one in parse(YAML_SAMPLE.replace("!Ref", ""))]
    wanted[0]["custom"] = "Name"
    assert parse(written.replace("!Ref", "")) == wanted
    kept = (
        "# a comment",
        "&anchor   'ES''S EIN WERT'   # behind",
        "*anchor",
        "block: |\n  ERSTE ZEILE\n  ZWEITE: ZEILE\n\n",
    )
    assert all(part in written for part in kept)
    assert "- {flow: WERT HIER, list: [EINS, ZWEI]}\n" in written
    assert "folded: >-\n  GEFALTET WEITER\n\n  ABSATZ\n" in written


@given(st.dictionaries(TEXT, VALUES, max_size=3), st.booleans(), st.booleans())
@settings(deadline=None, max_examples=30)
def test_yaml(value: Any, flow: bool, explicit: bool) -> None:
    from io import StringIO  # noqa: PLC0415

    writer = YAML(typ="safe", pure=True)
    writer.default_flow_style = flow
    writer.explicit_start = explicit
    stream = StringIO()
    writer.dump(value, stream)
    text = stream.getvalue()
    try:
        read_back = parse(text)
    except YAMLError:  # it does not read all that it writes
        return
    document = yaml_values.read(text.encode(), FileLimits())
    assert translated(document, identity).decode() == text
    assert parse(translated(document, upper).decode()) == [changed(one) for one in read_back]


@pytest.mark.parametrize(
    "template", ["a: {}\n", "a: 'x'\n", 'a: "x"\n', "a: |\n  x\n", "a: >\n  x\n", "- [x, y]\n"]
)
@given(
    value=st.text(st.characters(codec="utf-8"), min_size=1, max_size=30)
    | st.sampled_from(["no", "a: b", "- a", "a #b", "x:"])
)
@settings(deadline=None, max_examples=25)
def test_every_translation_can_be_written(template: str, value: str) -> None:
    source = template.replace("{}", "x")
    document = yaml_values.read(source.encode(), FileLimits())
    written = document.write([AnnotatedTranslation(value)] * len(document.units)).decode()
    (loaded,) = parse(written)
    found = loaded["a"] if isinstance(loaded, dict) else loaded[0][0]
    end = "\n" if "|" in template or ">" in template else ""
    assert found in (value, value.rstrip("\n") + end)


@pytest.mark.parametrize(
    "text",
    ["{", '{"a":}', "[1,]", "", "nul", '{"a":"\\ud800"}', "[" * 100_000, '"a" "b"', '{"a": "\x00"}'],
)
def test_bad_json(text: str) -> None:
    with pytest.raises(UnreadableFile):
        json_values.read(text.encode(), FileLimits())


@pytest.mark.parametrize(
    "text",
    [
        "a: [",
        "\tx: y",
        "a: 'b",
        "a: b: c",
        "&a *a",
        "%YAML 9\n---\na",
        "a: \x01",
        "[" * 400,
        '"\\ud800"',
        "- a\n b: c\n- d: *x",
    ],
)
def test_bad_yaml(text: str) -> None:
    with pytest.raises(UnreadableFile):
        yaml_values.read(text.encode(), FileLimits())


def test_references_are_not_multiplied() -> None:
    """What grows to a billion values when it is loaded is read as it is written."""
    lines = ["a0: &a0 [lol, lol]"]
    lines += [f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]" for level in range(1, 12)]
    document = yaml_values.read("\n".join(lines).encode(), FileLimits())
    assert len(document.units) == 2
