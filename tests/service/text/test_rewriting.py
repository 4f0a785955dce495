"""Edits against a slow reference: every character carries its number along."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.text.annotated import Range
from service.text.rewriting import Edit, Rewriting, rewrite


@st.composite
def rewritings(draw: st.DrawFn) -> Rewriting:
    text = draw(st.text("abcdef", max_size=12))
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=6)))
    pairs = list(zip(cuts[::2], cuts[1::2], strict=False))
    return rewrite(text, [Edit(start, end, draw(st.text("XYZ", max_size=3))) for start, end in pairs])


def carried(rewriting: Rewriting) -> list[tuple[str, set[int]]]:
    """The characters of ``after``, each with the numbers of the characters before that it stands for."""
    result: list[tuple[str, set[int]]] = []
    position = 0
    for edit in rewriting.edits:
        result += [(rewriting.before[i], {i}) for i in range(position, edit.start)]
        result += [(letter, set(range(edit.start, edit.end))) for letter in edit.text]
        position = edit.end
    return result + [(rewriting.before[i], {i}) for i in range(position, len(rewriting.before))]


@given(rewritings())
def test_the_text_afterwards(rewriting: Rewriting) -> None:
    assert rewriting.after == "".join(letter for letter, _ in carried(rewriting))


@given(rewritings(), st.data())
def test_forward_finds_all_that_a_range_has_become(rewriting: Rewriting, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(rewriting.before)))
    end = data.draw(st.integers(start, len(rewriting.before)))
    moved = rewriting.forward(Range(start, end))
    assert 0 <= moved.start <= moved.end <= len(rewriting.after)
    now = carried(rewriting)
    wanted = {i for i, (_, origins) in enumerate(now) if origins & set(range(start, end))}
    assert wanted <= set(range(moved.start, moved.end))
    if (
        wanted and start in now[min(wanted)][1] and end - 1 in now[max(wanted)][1]
    ):  # nothing gone at the edges
        assert (moved.start, moved.end - 1) == (min(wanted), max(wanted))


@given(rewritings(), st.data())
def test_backward_finds_all_that_a_range_was(rewriting: Rewriting, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(rewriting.after)))
    end = data.draw(st.integers(start, len(rewriting.after)))
    moved = rewriting.backward(Range(start, end))
    origins = [origins for _, origins in carried(rewriting)[start:end]]
    wanted = {i for group in origins for i in group}
    assert wanted <= set(range(moved.start, moved.end))
    if wanted and origins[0] and origins[-1]:  # nothing inserted at the edges
        assert (moved.start, moved.end - 1) == (min(wanted), max(wanted))


def test_an_example() -> None:
    rewriting = rewrite("STRASSE 5", [Edit(0, 7, "Straße"), Edit(8, 8, "Nr. "), Edit(9, 9, "!")])
    assert rewriting.after == "Straße Nr. 5!"
    assert rewriting.forward(Range(2, 3)) == Range(0, 6)
    assert rewriting.forward(Range(8, 9)) == Range(11, 12)
    assert rewriting.backward(Range(11, 12)) == Range(8, 9)
    assert rewriting.backward(Range(3, 8)) == Range(0, 8)


def test_edits_that_overlap_are_refused() -> None:
    with pytest.raises(ValueError, match="edits overlap"):
        rewrite("abc", [Edit(0, 2, ""), Edit(1, 3, "")])
