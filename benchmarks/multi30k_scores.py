"""Scores on Multi30k (Elliott et al. 2016), as papers print them, and cased ones beside them.

Papers lowercase, normalise punctuation and tokenise both sides, and compute BLEU on the result; the dataset
comes with its references in that form. sacreBLEU's own tokenisation of cased text gives other, lower numbers:
the two do not compare.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sacrebleu.metrics.bleu import BLEU
from sacremoses import MosesPunctNormalizer, MosesTokenizer

from benchmarks.errors import BenchmarkError
from model.cli.run_evaluate import read_test_set
from model.config import Frozen
from model.evaluation import corpus_scores
from model.training.corpus import sha256

VALIDATION, TEST = "val", "test_2016_flickr"
TOKENIZED = "tok"
"""The folder of the references in the form of papers."""

_LEAST_AGREEMENT = 0.99

METHOD = (
    "`published`: translations are lowercased, their punctuation normalised and tokenised by sacremoses, "
    "with special characters escaped, and compared with the dataset's own tokenised references by sacreBLEU "
    "without further tokenisation. `references_reproduced` counts the raw references that the same steps "
    "turn into the tokenised ones. `cased`: the translations as they are, by sacreBLEU with its own "
    "tokenisation."
)


class PublishedScore(Frozen):
    """Lowercased, tokenised BLEU.

    Attributes:
        brevity_penalty: the factor in ``bleu`` for being too short.
        length_ratio: translated words over those of the references.
        references_sha256: of the tokenised references' file.
        references_reproduced: raw references that our steps turn into the dataset's tokenised ones.
    """

    bleu: float
    brevity_penalty: float
    length_ratio: float
    signature: str
    references_sha256: str
    references_reproduced: int


class CasedScore(Frozen):
    """BLEU and chrF of the translations as a user would see them."""

    bleu: float
    chrf: float
    bleu_signature: str
    chrf_signature: str
    references_sha256: str


class SplitScores(Frozen):
    """Both scores on one part of the dataset."""

    split: str
    sentences: int
    published: PublishedScore
    cased: CasedScore


class PaperForm:
    """Turns text of one language into the form that papers score.

    Args:
        language: its code.
    """

    def __init__(self, language: str) -> None:
        self._normalizer = MosesPunctNormalizer(language)
        self._tokenizer = MosesTokenizer(language)

    def __call__(self, text: str) -> str:
        """``text`` in lower case, words and punctuation apart, ``'`` and the like as ``&apos;``."""
        normal = self._normalizer.normalize(text.lower())
        tokenized: str = self._tokenizer.tokenize(normal, return_str=True, escape=True)
        return tokenized


@dataclass(frozen=True)
class Split:
    """One part of the dataset in one direction.

    Attributes:
        name: ``val``, or a test set's.
        sources: as they are.
        references: as they are.
        tokenized: references in the form of papers, from the dataset.
        reproduced: how many of ``references`` we turn into just that.
        files: the files of ``references`` and ``tokenized``.
    """

    name: str
    target: str
    sources: list[str]
    references: list[str]
    tokenized: list[str]
    reproduced: int
    files: tuple[Path, Path]

    @classmethod
    def read(cls, texts: Path, name: str, source: str, target: str) -> Split:
        """The part ``name`` of the dataset in the folder ``texts``.

        Raises:
            CorpusError: a file is missing, or files have different numbers of lines.
            BenchmarkError: the raw and the tokenised references are not those of the same text.
        """
        raw, tokenized_file = texts / f"{name}.{target}", texts / TOKENIZED / f"{name}.{target}"
        sources, references = read_test_set(texts / f"{name}.{source}", raw)
        _, tokenized = read_test_set(raw, tokenized_file)
        form = PaperForm(target)
        reproduced = sum(form(one) == other for one, other in zip(references, tokenized, strict=True))
        if reproduced < _LEAST_AGREEMENT * len(references):
            raise BenchmarkError(
                f"{tokenized_file}: only {reproduced} of {len(references)} lines are those of {raw} in lower "
                "case, with normalised punctuation, tokenised and escaped as Moses does"
            )
        return cls(name, target, sources, references, tokenized, reproduced, (raw, tokenized_file))

    def score(self, translations: Sequence[str]) -> SplitScores:
        """Scores of ``translations``, one for each of ``sources``."""
        form = PaperForm(self.target)
        metric = BLEU(tokenize="none", force=True)  # force: do not warn that it looks tokenised
        published = metric.corpus_score([form(text) for text in translations], [self.tokenized])
        cased = corpus_scores(translations, self.references, self.target)
        raw, tokenized = self.files
        return SplitScores(
            split=self.name,
            sentences=len(self.sources),
            published=PublishedScore(
                bleu=round(published.score, 2),
                brevity_penalty=round(published.bp, 3),
                length_ratio=round(published.ratio, 3),
                signature=str(metric.get_signature()),
                references_sha256=sha256(tokenized),
                references_reproduced=self.reproduced,
            ),
            cased=CasedScore(
                bleu=round(cased.bleu, 2),
                chrf=round(cased.chrf, 2),
                bleu_signature=cased.bleu_signature,
                chrf_signature=cased.chrf_signature,
                references_sha256=sha256(raw),
            ),
        )
