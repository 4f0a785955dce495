"""Whole numbers from 0 to 9,999 in words: a language pair whose every translation is known.

``342`` is ``dreihundertzweiundvierzig`` and ``three hundred and forty-two``: German writes one word and says
the ones before the tens; English writes several and has an ``and`` of its own.
"""

from __future__ import annotations

GERMAN_ONES = ("", "ein", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun")
GERMAN_TEENS = (
    "zehn",
    "elf",
    "zwölf",
    "dreizehn",
    "vierzehn",
    "fünfzehn",
    "sechzehn",
    "siebzehn",
    "achtzehn",
    "neunzehn",
)
GERMAN_TENS = ("", "", "zwanzig", "dreißig", "vierzig", "fünfzig", "sechzig", "siebzig", "achtzig", "neunzig")

ENGLISH_ONES = ("", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
ENGLISH_TEENS = (
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
)
ENGLISH_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")


def german(number: int) -> str:
    """``1201`` -> ``eintausendzweihunderteins``."""
    if number == 0:
        return "null"
    thousands, hundreds, rest = number // 1000, number // 100 % 10, number % 100
    words = f"{GERMAN_ONES[thousands]}tausend" if thousands else ""
    words += f"{GERMAN_ONES[hundreds]}hundert" if hundreds else ""
    return words + _german_below_hundred(rest)


def _german_below_hundred(number: int) -> str:
    tens, ones = divmod(number, 10)
    if tens == 1:
        return GERMAN_TEENS[ones]
    if tens == 0:
        return "eins" if ones == 1 else GERMAN_ONES[ones]
    return f"{GERMAN_ONES[ones]}und{GERMAN_TENS[tens]}" if ones else GERMAN_TENS[tens]


def english(number: int) -> str:
    """``1201`` -> ``one thousand two hundred and one``."""
    if number == 0:
        return "zero"
    thousands, hundreds, rest = number // 1000, number // 100 % 10, number % 100
    words = []
    if thousands:
        words += [ENGLISH_ONES[thousands], "thousand"]
    if hundreds:
        words += [ENGLISH_ONES[hundreds], "hundred"]
    if words and rest:
        words.append("and")
    if rest:
        words.append(_english_below_hundred(rest))
    return " ".join(words)


def _english_below_hundred(number: int) -> str:
    tens, ones = divmod(number, 10)
    if tens == 1:
        return ENGLISH_TEENS[ones]
    if tens == 0:
        return ENGLISH_ONES[ones]
    return f"{ENGLISH_TENS[tens]}-{ENGLISH_ONES[ones]}" if ones else ENGLISH_TENS[tens]
