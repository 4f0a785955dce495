"""What is dropped, and what is left alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.training.cleaning import Cleaner, Dropped, PairFilter, TokenLimits


def pair_filter(*held_out: str, max_characters: int = 1000, keep_copies: bool = False) -> PairFilter:
    return PairFilter(Cleaner(), max_characters=max_characters, keep_copies=keep_copies, held_out=held_out)


class TestCleaner:
    @pytest.mark.parametrize(
        ("text", "cleaned"),
        [
            ("  zwei\t Wörter \r", "zwei Wörter"),
            ("a\x00b\x1bc", "a b c"),
            ("Zu\u00adcker\u200b\ufeff", "Zucker"),
            ("\u202bab\u202c", "ab"),
            ("ﬁnden a\u0308 ½ 10\u00a0km", "finden ä 1⁄2 10 km"),
            ("a\u2028b\u3000c", "a b c"),
            ("\U0001f469\u200d\U0001f680 می\u200cخواهم", "\U0001f469\u200d\U0001f680 می\u200cخواهم"),
            ("\x00\u200b ", ""),
        ],
    )
    def test_only_the_spelling_changes(self, text: str, cleaned: str) -> None:
        assert Cleaner().clean(text) == cleaned

    @given(text=st.text())
    def test_cleaning_twice_is_cleaning_once(self, text: str) -> None:
        cleaner = Cleaner()
        once = cleaner.clean(text)
        assert cleaner.clean(once) == once

    def test_a_key_is_what_spellings_share(self) -> None:
        key = Cleaner().key
        assert key("„Wie geht's, STRASSE?“") == key("wie gehts straße")
        assert key("Ça va") != key("Ca va")
        assert key("5 $") != key("5 €")
        assert key("...!") == ""


class TestPairFilter:
    @pytest.mark.parametrize(
        ("first", "second", "reason"),
        [
            ("", "a", Dropped.EMPTY),
            ("a", "", Dropped.EMPTY),
            ("OK", "OK", Dropped.COPY),
            ("x" * 1001, "y", Dropped.TOO_MANY_CHARACTERS),
            ("y", "x" * 1001, Dropped.TOO_MANY_CHARACTERS),
            ("x" * 1000, "y", None),
            ("Ja.", "Yes.", None),
        ],
    )
    def test_reasons(self, first: str, second: str, reason: Dropped | None) -> None:
        assert pair_filter().judge(("de", "en"), first, second) is reason

    def test_copies_stay_where_wanted(self) -> None:
        assert pair_filter(keep_copies=True).judge(("de", "en"), "OK", "OK") is None

    def test_only_the_same_pair_is_a_duplicate(self) -> None:
        judge = pair_filter().judge
        assert judge(("de", "en"), "Los!", "Go!") is None
        assert judge(("de", "en"), "Los!", "Go on!") is None
        assert judge(("de", "en"), "Geh!", "Go!") is None
        assert judge(("de", "en"), "los!", "Go!") is None
        assert judge(("de", "nl"), "Los!", "Go!") is None
        assert judge(("de", "en"), "Los!", "Go!") is Dropped.DUPLICATE
        assert judge(("en", "de"), "Go!", "Los!") is Dropped.DUPLICATE
        assert judge(("en", "de"), "Los!", "Go!") is None

    def test_validation_text_is_dropped_on_either_side_however_spelt(self) -> None:
        judge = pair_filter("Wo ist der Bahnhof?", "...").judge
        assert judge(("de", "en"), "wo ist der bahnhof", "Where's the station?") is Dropped.IN_VALIDATION
        assert judge(("en", "de"), "Station?", "„Wo ist der Bahnhof“") is Dropped.IN_VALIDATION
        assert judge(("de", "en"), "Wo ist der neue Bahnhof?", "Where is it?") is None
        assert judge(("de", "en"), "...", "!!!") is None


class TestTokenLimits:
    def test_both_sides_and_both_limits_count(self) -> None:
        limits = TokenLimits(max_tokens=100, max_ratio=3.0, slack=10)
        first = np.array([100, 101, 1, 5, 26, 25, 70, 0])
        second = np.array([100, 5, 101, 26, 5, 5, 20, 10])
        found = limits.judge(first, second)
        assert found[Dropped.TOO_MANY_TOKENS].tolist() == [False, True, True, *[False] * 5]
        assert found[Dropped.LENGTH_RATIO].tolist() == [*[False] * 3, True, True, *[False] * 3]
