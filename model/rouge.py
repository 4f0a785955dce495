"""ROUGE (Lin 2004) by the library ``rouge-score``, for data like summaries; used by ``evaluate --rouge``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from rouge_score.rouge_scorer import RougeScorer
from rouge_score.tokenizers import Tokenizer as RougeTokenizer

_UNSPACED_SCRIPTS = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_WORD = re.compile(rf"[{_UNSPACED_SCRIPTS}]|[^\W_{_UNSPACED_SCRIPTS}]+")


@dataclass(frozen=True, slots=True)
class RougeScores:
    """Means over the lines of the F-measure, 0 to 100.

    Attributes:
        rouge1: single words in common.
        rouge2: pairs of neighbouring words in common.
        rouge_l: the longest common subsequence; a line is one unit, whatever sentences it has.
    """

    rouge1: float
    rouge2: float
    rouge_l: float


class WordTokenizer(RougeTokenizer):  # type: ignore[misc]  # the library has no types
    """Lower-case runs of letters and digits; a Chinese or Japanese character is a word of its own.

    On ASCII text this is the library's own tokenizer without its stemmer. That one drops every other
    letter: ``grün`` would be ``gr n``, and Chinese nothing at all.
    """

    def tokenize(self, text: str) -> list[str]:
        """The words of ``text``."""
        return _WORD.findall(text.lower())


def rouge_scores(hypotheses: Sequence[str], references: Sequence[str]) -> RougeScores:
    """Score ``hypotheses`` against one reference each.

    Raises:
        ValueError: the numbers differ, or there is nothing to score.
    """
    if len(hypotheses) != len(references) or not hypotheses:
        raise ValueError(f"{len(hypotheses)} hypotheses for {len(references)} references")
    kinds = ("rouge1", "rouge2", "rougeL")
    scorer = RougeScorer(kinds, tokenizer=WordTokenizer())
    lines = [scorer.score(*pair) for pair in zip(references, hypotheses, strict=True)]
    means = [100 * float(np.mean([line[kind].fmeasure for line in lines])) for kind in kinds]
    return RougeScores(*means)
