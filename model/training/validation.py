"""Dev BLEU: the validation text translated by the real decoder."""

from __future__ import annotations

from dataclasses import dataclass

from model.config import DecodingOptions
from model.evaluation import corpus_scores, translate_texts
from model.network import AnyNetwork
from model.training.prepared import PreparedCorpus


@dataclass(frozen=True)
class Validation:
    """Validation text of one direction."""

    source_language: str
    target_language: str
    sources: list[str]
    references: list[str]


def validation_sets(corpus: PreparedCorpus, sentences: int) -> list[Validation]:
    """The first ``sentences`` validation sentences of each direction of ``corpus``."""
    sets = []
    for source, target in corpus.directions:
        sources, references = corpus.validation(source, target)
        sets.append(Validation(source, target, sources[:sentences], references[:sentences]))
    return sets


def validate(
    model: AnyNetwork, corpus: PreparedCorpus, sets: list[Validation], options: DecodingOptions
) -> dict[str, float]:
    """BLEU of each direction under ``bleu_SRC_TGT``, and their mean under ``bleu``."""
    scores = {}
    for item in sets:
        translations = translate_texts(model, corpus.tokenizer, item.sources, item.target_language, options)
        scores[f"bleu_{item.source_language}_{item.target_language}"] = corpus_scores(
            translations, item.references, item.target_language
        ).bleu
    return {"bleu": sum(scores.values()) / len(scores), **scores}
