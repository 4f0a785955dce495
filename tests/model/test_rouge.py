from __future__ import annotations

import string
from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rouge_score.rouge_scorer import RougeScorer
from rouge_score.tokenizers import DefaultTokenizer

from model.rouge import WordTokenizer, rouge_scores


@given(st.text(string.printable))
def test_ascii_words_are_the_librarys_own(text: str) -> None:
    assert WordTokenizer().tokenize(text) == DefaultTokenizer(use_stemmer=False).tokenize(text)


def test_letters_of_other_alphabets_are_kept() -> None:
    words = WordTokenizer().tokenize("Das GRÜNE Haus_1, 你好世界abc!")
    assert words == ["das", "grüne", "haus", "1", "你", "好", "世", "界", "abc"]


def test_english_scores_are_what_the_library_gives() -> None:
    hypotheses = ["the cat sat on the mat", "a dog barks loudly"]
    references = ["the cat lay on a mat", "the dog barks"]
    scorer = RougeScorer(["rouge1", "rouge2", "rougeL"])
    lines = [scorer.score(*pair) for pair in zip(references, hypotheses, strict=True)]
    found = rouge_scores(hypotheses, references)
    wanted = [50 * sum(line[kind].fmeasure for line in lines) for kind in ("rouge1", "rouge2", "rougeL")]
    assert [found.rouge1, found.rouge2, found.rouge_l] == pytest.approx(wanted)


def test_chinese_scores_by_brute_force() -> None:
    hypothesis, reference = "我喜欢绿茶", "我很喜欢喝茶"
    common = [c for c in hypothesis if c in reference]
    pairs = {a + b for a, b in pairwise(hypothesis)}
    shared = len(pairs & {a + b for a, b in pairwise(reference)})
    longest = max(n for n in range(6) if set(combinations(hypothesis, n)) & set(combinations(reference, n)))
    found = rouge_scores([hypothesis], [reference])
    assert found.rouge1 == pytest.approx(200 * len(common) / 11)
    assert found.rouge2 == pytest.approx(200 * shared / 9)
    assert found.rouge_l == pytest.approx(200 * longest / 11)


@pytest.mark.parametrize(("hypotheses", "references"), [([], []), (["a"], ["a", "b"])])
def test_nothing_to_score_is_refused(hypotheses: list[str], references: list[str]) -> None:
    with pytest.raises(ValueError, match="hypotheses for"):
        rouge_scores(hypotheses, references)
