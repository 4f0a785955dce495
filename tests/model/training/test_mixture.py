"""Shares of directions and corpora: the formula, what is drawn, and what cannot be asked for."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from model.config import DataConfig, TrainingConfig
from model.errors import ConfigError, CorpusError
from model.tokenizer import Tokenizer
from model.training.batching import plan_epoch
from model.training.dataset import Dataset
from model.training.mixture import Mixture, corpus_weights, plan_mixture
from model.training.prepared import PreparedCorpus

NAMES = ("de-en talks.de talks.en", "en-fr news.tsv")
SIZES = {(0, 0): 60, (0, 1): 60, (1, 2): 4}
"""Pairs of each (corpus, direction)."""


@pytest.fixture
def corpus(tiny_tokenizer: Tokenizer) -> PreparedCorpus:
    origins = np.array([origin for origin, count in SIZES.items() for _ in range(count)], np.int32)
    rows = np.arange(len(origins), dtype=np.int32)
    dataset = Dataset(
        tokens=np.repeat(rows + 10, 2),
        segmentation_offsets=np.arange(0, 2 * len(rows) + 1, 2),
        sentence_offsets=np.arange(len(rows) + 1),
        log_probs=np.zeros(len(rows), np.float32),
        pairs=np.stack([rows, rows, np.full_like(rows, 7)], axis=1),
        origins=origins,
    )
    directions = (("de", "en"), ("en", "de"), ("en", "fr"))
    return PreparedCorpus(Path("data"), tiny_tokenizer, directions, dataset, NAMES)


def config(**values: object) -> DataConfig:
    return DataConfig(directory=Path("data")).model_copy(update=values)


def rates(corpus: PreparedCorpus, **values: object) -> dict[tuple[int, int], float]:
    """The rate of a pair of each origin; all pairs of one have the same."""
    mixture = plan_mixture(corpus, config(**values))
    assert mixture is not None
    found: dict[tuple[int, int], set[float]] = {}
    for (number, direction), rate in zip(corpus.origins.tolist(), mixture.rates.tolist(), strict=True):
        found.setdefault((number, direction), set()).add(rate)
    assert all(len(each) == 1 for each in found.values())
    return {origin: each.pop() for origin, each in found.items()}


class TestRates:
    def test_nothing_asked_for_is_every_pair_once(self, corpus: PreparedCorpus) -> None:
        assert plan_mixture(corpus, config()) is None
        assert list(rates(corpus, epoch_pairs=124).values()) == pytest.approx([1.0] * 3)
        assert rates(corpus, epoch_pairs=31)[0, 0] == pytest.approx(0.25)

    @pytest.mark.parametrize("temperature", [1.5, 5.0, 100.0])
    def test_directions_have_shares_by_temperature(self, corpus: PreparedCorpus, temperature: float) -> None:
        found = rates(corpus, temperature=temperature)
        shares = {origin: rate * SIZES[origin] for origin, rate in found.items()}
        assert sum(shares.values()) == pytest.approx(sum(SIZES.values()))
        assert shares[0, 0] == pytest.approx(shares[0, 1])
        assert shares[0, 0] / shares[1, 2] == pytest.approx(15 ** (1 / temperature))

    def test_a_hundred_to_one_becomes_even(self, corpus: PreparedCorpus) -> None:
        big, small = np.zeros((1000, 2), np.int32), np.array([[1, 1]] * 10, np.int32)
        origins = np.concatenate([big, small])
        dataset = replace(corpus.dataset, pairs=np.zeros((1010, 3), np.int32), origins=origins)
        uneven = replace(corpus, dataset=dataset, directions=(("de", "en"), ("en", "de")))
        mixture = plan_mixture(uneven, config(temperature=1e6))
        assert mixture is not None
        drawn = Counter(mixture.draw(np.random.default_rng(0)).tolist())
        assert sum(count for row, count in drawn.items() if row >= 1000) == pytest.approx(505, abs=30)
        assert max(count for row, count in drawn.items() if row < 1000) == 1

    def test_weights_are_relative_to_other_corpora_of_a_direction(self, corpus: PreparedCorpus) -> None:
        origins = corpus.origins.copy()
        origins[:20, 0] = 1  # a third of de-en is from the second corpus
        mixed = replace(corpus, dataset=replace(corpus.dataset, origins=origins))
        found = rates(mixed, weights={"*news*": 0.25})
        assert found[1, 0] == pytest.approx(found[0, 0] / 4)
        shares = {(0, 0): 40.0, (1, 0): 20 / 4, (0, 1): 60.0, (1, 2): 4 / 4}
        for origin, share in shares.items():
            size = int((origins == origin).all(1).sum())
            assert found[origin] * size / 124 == pytest.approx(share / sum(shares.values()))

    def test_a_weight_of_0_leaves_a_corpus_out(self, corpus: PreparedCorpus) -> None:
        two = replace(corpus, directions=corpus.directions[:2], dataset=corpus.dataset.take(np.arange(120)))
        origins = two.origins.copy()
        origins[:30, 0] = 1
        two = replace(two, dataset=replace(two.dataset, origins=origins))
        assert rates(two, weights={NAMES[1]: 0.0})[1, 0] == 0.0


class TestDrawing:
    def test_counts_are_the_rates_rounded_one_way_or_the_other(self) -> None:
        rates = np.array([0.0, 0.25, 0.5, 1.0, 1.0, 2.25, 3.0])
        mixture = Mixture(rates, 8)
        random = np.random.default_rng(1)
        draws = [np.bincount(mixture.draw(random), minlength=len(rates)) for _ in range(4000)]
        for counts in draws:
            assert counts.sum() == 8
            assert (counts >= np.floor(rates)).all()
            assert (counts <= np.ceil(rates)).all()
        np.testing.assert_allclose(np.mean(draws, axis=0), rates, atol=0.03)

    def test_an_epoch_is_a_function_of_seed_and_number(self, corpus: PreparedCorpus) -> None:
        mixture = plan_mixture(corpus, config(temperature=3.0, epoch_pairs=50))
        training = TrainingConfig(batch_tokens=60)

        def layout(epoch: int) -> list[list[int]]:
            batches = plan_epoch(corpus.dataset, training, epoch, mixture).iterate(0)
            return [batch.source[:, 1].tolist() for batch in batches]

        assert layout(2) == layout(2) != layout(3)
        assert sum(map(len, layout(2))) == 50


class TestRefusals:
    def test_an_unknown_corpus_is_named_with_the_known_ones(self) -> None:
        with pytest.raises(
            ConfigError, match=r"'\*talk' is no corpus; the corpora are 'de-en talks\.de talks"
        ):
            corpus_weights({"*talk": 2.0}, NAMES)

    def test_two_patterns_for_a_corpus_are_refused(self) -> None:
        with pytest.raises(ConfigError, match=r"'\*talks\*' and 'de\*' are both for 'de-en talks\.de"):
            corpus_weights({"*talks*": 2.0, "de*": 1.0}, NAMES)

    def test_a_direction_without_weight_is_refused(self, corpus: PreparedCorpus) -> None:
        with pytest.raises(ConfigError, match="every pair of direction en-fr has weight 0"):
            plan_mixture(corpus, config(weights={"*news*": 0.0}))

    def test_a_folder_without_origins_must_be_prepared_again(self, corpus: PreparedCorpus) -> None:
        old = replace(corpus, dataset=replace(corpus.dataset, origins=None))
        with pytest.raises(CorpusError, match=r"data: prepared before .* again"):
            plan_mixture(old, config(temperature=2.0))
