"""Pairs with placeholders: the same ones on both sides, once each, in place of what both sides had."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.tokenizer import placeholder
from model.training.placeholders import PlaceholderMaker
from model.training.prepared import PreparedCorpus
from tests.model.training.preparing import TRAINING, clean_options, rows, run, write

MARK = re.compile(f"[{placeholder(0)}-{placeholder(9)}]")
ALWAYS = PlaceholderMaker(10, share=1.0, kept=0.0)


def put_back(text: str, values: dict[str, str]) -> str:
    return MARK.sub(lambda match: values[match.group()], text)


@pytest.mark.parametrize(
    ("first", "second", "copied"),
    [
        ("Tom kam um 5:30 an.", "Tom arrived at 5:30.", {"Tom", "5:30"}),
        ("Siehe https://x.org/a_b?c=1.", "See https://x.org/a_b?c=1.", {"https://x.org/a_b?c=1."}),
        ("Hallo {name}, %(count)d neue", "Hello {name}, %(count)d new", {"{name}", "%(count)d"}),
        ("我 2013 年来。", "I came in 2013.", {"2013"}),
        ("我2013年来。", "I came in 2013.", {"2013"}),
        ("<b>Neu</b> hier", "<b>New</b> here", {"<b>", "</b>"}),
    ],
)
def test_what_both_sides_have_once_is_replaced(first: str, second: str, copied: set[str]) -> None:
    variant = ALWAYS.variant(first, second)
    assert variant is not None
    for text, original in zip(variant, (first, second), strict=True):
        assert len(MARK.findall(text)) == len(copied)
        assert not any(piece in text for piece in copied)
        assert len(text) == len(original) - sum(map(len, copied)) + len(copied)
    assert set(MARK.findall(variant[0])) == set(MARK.findall(variant[1]))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Der Hund schläft.", "The dog sleeps."),
        ("Tom und Tom", "Tom and Tim"),  # which of the two?
        ("Haus", "haus"),
        ("Tom.", "Tom!"),  # nothing else is there to translate
        ("1234 Leute", "34 people"),
        ("Toms Haus", "Tom\u2019s house"),
    ],
)
def test_nothing_in_common_gives_no_variant(first: str, second: str) -> None:
    assert ALWAYS.variant(first, second) is None


@given(
    names=st.lists(
        st.sampled_from(["Tom", "Boston", "1999", "{x}", "%s", "a@b.de"]), unique=True, min_size=1
    ),
    count=st.integers(1, 10),
)
def test_putting_the_values_back_restores_both_sides(names: list[str], count: int) -> None:
    first, second = "wir " + " und ".join(names), "we " + " and ".join(reversed(names))
    variant = PlaceholderMaker(count, share=1.0).variant(first, second)
    assert variant is not None
    tokens = variant[0].removeprefix("wir ").split(" und ")
    values = {token: name for token, name in zip(tokens, names, strict=True) if MARK.fullmatch(token)}
    assert 1 <= len(values) <= min(count, len(names))
    assert put_back(variant[0], values) == first
    assert put_back(variant[1], values) == second


def test_so_many_of_the_pairs_get_one_and_always_the_same() -> None:
    maker = PlaceholderMaker(10, share=0.4)
    variants = [maker.variant(f"Nummer {i}", f"number {i}") for i in range(2000)]
    assert 0.35 < sum(variant is not None for variant in variants) / len(variants) < 0.45
    assert variants == [maker.variant(f"Nummer {i}", f"number {i}") for i in range(2000)]
    used = {mark for variant in variants if variant for mark in MARK.findall(variant[0])}
    assert len(used) == 10
    assert PlaceholderMaker(0, share=1.0).variant("Nummer 1", "number 1") is None


def test_prepare_trains_on_the_pair_and_on_its_variant(tmp_path: Path) -> None:
    options = clean_options(tmp_path)
    named = [(f"Sie heißt {name}.", f"Her name is {name}.") for name in ("Anna", "Maria", "Eva")]
    more = write(tmp_path, "named", named)
    options = replace(
        options, corpora=(*options.corpora, more), placeholders=10, placeholder_share=1.0, vocabulary_size=330
    )
    result = run(options)
    corpus = PreparedCorpus.load(options.output)
    assert corpus.tokenizer.placeholders == tuple(placeholder(number) for number in range(10))
    assert [report.variants for report in result.reports] == [0, 3]
    found = rows(corpus)
    assert found.total() == 2 * (len(TRAINING) + 6)
    sources = [source for tag, source, _ in found if tag == "<2en>" and MARK.search(source)]
    assert [MARK.sub("*", source) for source in sources] == ["Sie heißt *."] * len(sources)
    assert sum(found[("<2en>", german, english)] for german, english in named) == 3
