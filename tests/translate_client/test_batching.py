"""Texts of any size as requests of a bounded one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translate_client.batching import assemble, cut_text, make_batches
from translate_client.results import Detection, ServerSettings, Translation

TEXTS = st.text(st.sampled_from("ab. \n!。"), max_size=60)


def taking(characters: int | None, texts: int | None) -> ServerSettings:
    return ServerSettings(characters, texts, key_required=False, file_extensions=())


@given(st.lists(TEXTS, max_size=8), st.integers(1, 20), st.integers(1, 4))
def test_no_request_is_too_large_and_nothing_is_lost(texts: list[str], characters: int, count: int) -> None:
    batches = make_batches(texts, taking(characters, count), cut=True)
    for batch in batches:
        assert 1 <= len(batch) <= count
        assert sum(len(part.text) for part in batch) <= characters
    parts = [part for batch in batches for part in batch]
    assert [part.item for part in parts] == sorted(part.item for part in parts)
    echoed = assemble(parts, [Translation(part.text) for part in parts])
    assert [translation.text for translation in echoed] == texts


def test_requests_are_as_few_as_the_order_allows() -> None:
    batches = make_batches(["aaa", "bb", "cccc", "d", "e", "f"], taking(6, 3), cut=True)
    assert [[part.text for part in batch] for batch in batches] == [["aaa", "bb"], ["cccc", "d", "e"], ["f"]]
    (everything,) = make_batches(["a" * 1000] * 100, taking(None, None), cut=True)
    assert len(everything) == 100


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("short", ["short"]),
        ("", [""]),
        ("one\n\ntwo\nthree. four", ["one\n\n", "two\n", "three. ", "four"]),
        ("one\ntwo. three", ["one\ntwo. ", "three"]),
        ("a b. c d e f g", ["a b. ", "c d e f g"]),
        ("one two three", ["one two ", "three"]),
        ("你好。再见。你好。再见。", ["你好。再见。你好。", "再见。"]),
        ("x" * 25, ["x" * 10, "x" * 10, "x" * 5]),
    ],
)
def test_a_text_is_cut_where_it_does_least_harm(text: str, parts: list[str]) -> None:
    assert cut_text(text, 10) == parts


def test_what_must_be_whole_stays_whole() -> None:
    ((part,),) = make_batches(["a b c d"], taking(3, None), cut=False)
    assert part.text == "a b c d"


def test_scores_of_parts_count_by_length() -> None:
    parts = [part for batch in make_batches(["aaa bbb c"], taking(4, 1), cut=True) for part in batch]
    assert [part.text for part in parts] == ["aaa ", "bbb ", "c"]
    found = [Translation(str(n), score, (), Detection("de", n)) for n, score in enumerate((0.9, 0.6, 0.0))]
    (whole,) = assemble(parts, found)
    assert whole.text == "012"
    assert whole.score == pytest.approx((4 * 0.9 + 4 * 0.6 + 1 * 0.0) / 9)
    assert whole.detected == Detection("de", 0)
