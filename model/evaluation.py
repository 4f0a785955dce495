"""Scores by sacreBLEU, cased and detokenised; used by ``evaluate`` and, for dev BLEU, by the trainer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF

from model.config import DecodingOptions
from model.errors import ConfigError
from model.interface import Seq2Seq
from model.tokenizer import Tokenizer
from model.translation import LineTranslator


@dataclass(frozen=True, slots=True)
class Scores:
    """Corpus scores.

    Attributes:
        bleu: 0 to 100 (Papineni et al. 2002; Post 2018).
        chrf: 0 to 100 (Popović 2015), with sacreBLEU's defaults: chrF2.
        brevity_penalty: the factor in ``bleu`` for being too short; 1 where it is not.
        length_ratio: hypothesis tokens over reference tokens, as BLEU counts them.
        bleu_signature, chrf_signature: sacreBLEU's, which say how the score was computed.
    """

    bleu: float
    chrf: float
    brevity_penalty: float
    length_ratio: float
    bleu_signature: str
    chrf_signature: str


def corpus_scores(hypotheses: Sequence[str], references: Sequence[str], target_language: str) -> Scores:
    """Score ``hypotheses`` against one reference each.

    The target language chooses BLEU's tokenizer: ``zh`` for Chinese, ``13a`` for most.

    Raises:
        ValueError: the numbers differ, or there is nothing to score.
        ConfigError: the language's tokenizer is not installed (Japanese, Korean).
    """
    if len(hypotheses) != len(references) or not hypotheses:
        raise ValueError(f"{len(hypotheses)} hypotheses for {len(references)} references")
    bleu = bleu_metric(target_language)
    chrf = CHRF()
    bleu_score = bleu.corpus_score(hypotheses, [references])
    chrf_score = chrf.corpus_score(hypotheses, [references])
    return Scores(
        bleu=bleu_score.score,
        chrf=chrf_score.score,
        brevity_penalty=bleu_score.bp,
        length_ratio=bleu_score.ratio,
        bleu_signature=str(bleu.get_signature()),
        chrf_signature=str(chrf.get_signature()),
    )


def bleu_metric(target_language: str, *, of_sentences: bool = False) -> BLEU:
    """BLEU as sacreBLEU computes it, with the tokenizer of ``target_language``.

    Args:
        target_language: its code.
        of_sentences: for the score of one short sentence: n-grams longer than it do not count.

    Raises:
        ConfigError: the language's tokenizer is not installed (Japanese, Korean).
    """
    try:
        return BLEU(trg_lang=target_language, effective_order=of_sentences)
    except RuntimeError as error:
        raise ConfigError(
            f"BLEU for {target_language!r} needs another library: pip install 'sacrebleu[{target_language}]'"
        ) from error


def comparable(references: Sequence[str], tokenizer: Tokenizer) -> list[str]:
    """``references`` in the script that a network with ``tokenizer`` writes; see ``Tokenizer.in_script``."""
    return [tokenizer.in_script(reference) for reference in references]


def translate_texts(
    model: Seq2Seq[Any, Any],
    tokenizer: Tokenizer,
    texts: Sequence[str],
    target_language: str,
    options: DecodingOptions,
    *,
    rows: int = 64,
) -> list[str]:
    """The best translation of each of ``texts``, in order; see ``LineTranslator``."""
    translator = LineTranslator(model, tokenizer, target_language, options, rows=rows)
    return [line.best.text for line in translator.translate(texts)]
