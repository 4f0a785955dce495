"""Sizes that steps are taken on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from model.config import DecodingOptions
from model.decoding import Job, Term
from model.slots import SlotShape
from model.tokenizer import EOS

SHAPE = SlotShape(rows=100, beam=5, src_len=70, tgt_len=30)
FITS = Job(0, (4,) * 69 + (EOS,), DecodingOptions(beam_size=5, n_best=5, max_length=30))


def test_sizes_double_up_to_the_largest() -> None:
    assert SHAPE.counts == (8, 16, 32, 64, 100)
    assert SHAPE.widths == (16, 32, 64, 70)
    assert SlotShape(512, 1, 128, 30).counts == (32, 64, 128, 256, 512)
    assert SlotShape(3, 5, 9, 30).counts == (3,)
    assert SlotShape(3, 5, 9, 30).widths == (9,)


def test_the_least_size_that_is_enough() -> None:
    for rows in range(101):
        count = SHAPE.count_for(rows)
        assert count >= rows
        assert not [smaller for smaller in SHAPE.counts if rows <= smaller < count]
    assert [SHAPE.width_for(length) for length in (1, 16, 17, 65, 70)] == [16, 16, 32, 70, 70]


def test_jobs_that_fit_exactly_are_taken() -> None:
    assert SHAPE.takes(FITS)


@pytest.mark.parametrize(
    "job",
    [
        replace(FITS, source=(4, *FITS.source)),
        replace(FITS, options=DecodingOptions(beam_size=6, max_length=30)),
        replace(FITS, options=DecodingOptions(beam_size=5, max_length=31)),
        replace(FITS, options=DecodingOptions(beam_size=5)),
        replace(FITS, options=DecodingOptions(strategy="sample", beam_size=5, max_length=30)),
        replace(FITS, attention=True),
        replace(FITS, terms=(Term((5,), 0, 1),)),
    ],
    ids=["source", "beam", "length", "default length", "sampling", "attention", "terms"],
)
def test_jobs_that_need_more_are_not(job: Job) -> None:
    assert not SHAPE.takes(job)


@pytest.mark.parametrize("field", ["rows", "beam", "src_len", "tgt_len"])
def test_sizes_are_positive(field: str) -> None:
    with pytest.raises(ValueError, match=f"{field} must be positive, not 0"):
        replace(SHAPE, **{field: 0})
