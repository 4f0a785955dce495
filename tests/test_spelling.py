"""The numbers that networks are tested on are spelt as people spell them."""

from __future__ import annotations

import pytest

from tests.spelling import english, german


@pytest.mark.parametrize(
    ("number", "in_german", "in_english"),
    [
        (0, "null", "zero"),
        (1, "eins", "one"),
        (12, "zwölf", "twelve"),
        (16, "sechzehn", "sixteen"),
        (30, "dreißig", "thirty"),
        (71, "einundsiebzig", "seventy-one"),
        (101, "einhunderteins", "one hundred and one"),
        (342, "dreihundertzweiundvierzig", "three hundred and forty-two"),
        (1000, "eintausend", "one thousand"),
        (1201, "eintausendzweihunderteins", "one thousand two hundred and one"),
        (7017, "siebentausendsiebzehn", "seven thousand and seventeen"),
        (9999, "neuntausendneunhundertneunundneunzig", "nine thousand nine hundred and ninety-nine"),
    ],
)
def test_examples(number: int, in_german: str, in_english: str) -> None:
    assert (german(number), english(number)) == (in_german, in_english)


def test_no_two_numbers_are_spelt_alike() -> None:
    for spell in (german, english):
        assert len({spell(number) for number in range(10_000)}) == 10_000
