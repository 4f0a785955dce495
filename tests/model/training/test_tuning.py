"""Tuning: ranking what has finished gives what decoding again would give, for every setting."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from model.checkpoint import load_checkpoint
from model.config import DecodingOptions
from model.evaluation import corpus_scores
from model.training.tuning import Grid, Trial, best, rank, tune
from model.training.validation import Validation
from model.translation import LineTranslator
from tests.conftest import TINY_TEXT
from tests.model.decoding.network import TinyNetwork

GRID = Grid((1, 3), (0.0, 0.7, 2.0), (0.0, 0.3))
SOURCES = [*TINY_TEXT[::2], "", "Das alte Haus ist grün. Wo ist der Bahnhof? Zwei Hunde laufen im Park."]
REFERENCES = [*TINY_TEXT[1::2], "", "The old house is green. Where is the station? Two dogs are running."]


@pytest.fixture(scope="module")
def translator(tiny_checkpoint: Path) -> LineTranslator:
    """So narrow that the last line is translated in parts."""
    checkpoint = load_checkpoint(tiny_checkpoint)
    options = DecodingOptions(max_length=12, beam_size=4)
    return LineTranslator(checkpoint.model, checkpoint.tokenizer, "en", options, max_source_tokens=40)


@pytest.fixture(scope="module")
def trials(translator: LineTranslator) -> list[Trial]:
    sets = [Validation("de", "en", SOURCES, REFERENCES), Validation("en", "de", REFERENCES, SOURCES)]
    decoded: list[int] = []
    found = tune(translator, sets, GRID, decoded.append)
    parts = sum(len(translator.split(line)) for item in sets for line in item.sources)
    assert sum(decoded) == parts * len(GRID.beam_sizes)
    return found


@pytest.mark.parametrize("beam_size", [1, 2, 5])
def test_the_winners_are_those_of_decoding_with_the_penalties(
    beam_size: int, translator: LineTranslator
) -> None:
    # Ends early or late, so that penalties matter.
    network = TinyNetwork(translator.tokenizer.vocabulary_size, seed=3, sharpness=1.2, eos_bias=3.0)
    fickle = replace(translator, model=network)
    parts = [line for line in (*SOURCES, *REFERENCES) if len(fickle.split(line)) == 1]
    ranking = rank(fickle, parts, beam_size, lambda _: None)
    found = set()
    for length_penalty, coverage_penalty in product((0.0, 0.5, 1.0, 3.0), (0.0, 0.1, 0.5)):
        options = DecodingOptions(
            beam_size=beam_size,
            length_penalty=length_penalty,
            coverage_penalty=coverage_penalty,
            max_length=12,
        )
        decoded = [line.best.text for line in replace(fickle, options=options).translate(parts)]
        assert list(ranking.winners(length_penalty, coverage_penalty)) == decoded
        found.add(tuple(decoded))
    assert (len(found) > 1) == (beam_size > 1)


def test_every_trial_has_the_scores_of_decoding_with_its_setting(
    translator: LineTranslator, trials: list[Trial]
) -> None:
    assert any(line.parts > 1 for line in translator.translate(SOURCES))
    assert len({trial.setting for trial in trials}) == len(trials) == 12
    for trial in trials[::3]:
        options = translator.options.model_copy(update=trial.setting._asdict())
        texts = (("en", SOURCES, REFERENCES), ("de", REFERENCES, SOURCES))
        for (language, sources, references), bleu, ratio in zip(
            texts, trial.bleu, trial.length_ratio, strict=True
        ):
            again = replace(translator, options=options, target_language=language)
            scores = corpus_scores(
                [line.best.text for line in again.translate(sources)], references, language
            )
            assert (bleu, ratio) == pytest.approx((scores.bleu, scores.length_ratio))


def test_the_best_has_the_highest_mean_and_the_first_wins_a_tie(trials: list[Trial]) -> None:
    winner = best(trials)
    assert winner.mean == pytest.approx(max(sum(trial.bleu) / 2 for trial in trials))
    again = replace(trials[0], bleu=winner.bleu)
    assert best([again, *trials]) is again
