"""Batches: every pair once an epoch, within the budget, reproducible, and framed as the network expects."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from model.config import TrainingConfig
from model.errors import CorpusError
from model.tokenizer import BOS, EOS
from model.training.batching import Epoch, plan_epoch
from model.training.dataset import Dataset

CONFIG = TrainingConfig(batch_tokens=60, segmentation_sampling=0.5, max_sentence_tokens=20)
TAG = 7


def dataset(lengths: list[tuple[int, int]], segmentations: int = 3) -> Dataset:
    """Pairs of the given lengths. Segmentation ``k`` of a sentence has ``k`` tokens more than the best.

    Token ``10 + sentence`` repeated, so that a batch tells which sentence it holds.
    """
    sentences = [length for pair in lengths for length in pair]
    rows = [
        np.full(length + k, 10 + index, np.int32)
        for index, length in enumerate(sentences)
        for k in range(segmentations)
    ]
    count = len(sentences)
    return Dataset(
        tokens=np.concatenate(rows),
        segmentation_offsets=np.cumsum([0, *(len(row) for row in rows)]),
        sentence_offsets=np.arange(0, count * segmentations + 1, segmentations),
        log_probs=np.tile(-np.arange(segmentations, dtype=np.float32), count),
        pairs=np.array([[i, i + 1, TAG] for i in range(0, count, 2)], np.int32),
    )


def some_pairs(count: int = 80) -> Dataset:
    random = np.random.default_rng(0)
    return dataset([tuple(pair) for pair in random.integers(1, 12, (count, 2)).tolist()])


def sources_of(epoch: Epoch) -> Counter[int]:
    return Counter(token for batch in epoch.iterate(0) for token in batch.source[:, 1].tolist())


def test_every_pair_is_used_once() -> None:
    data = some_pairs()
    assert sources_of(plan_epoch(data, CONFIG, 0)) == Counter((10 + data.pairs[:, 0]).tolist())


def test_batches_stay_within_the_budget() -> None:
    for batch in plan_epoch(some_pairs(), CONFIG, 0).iterate(0):
        padded = batch.source.numel() + batch.target_in.numel()
        assert padded <= CONFIG.batch_tokens or len(batch.source) == 1
        assert batch.tokens <= padded


def test_sides_are_framed() -> None:
    for batch in plan_epoch(some_pairs(), CONFIG, 0).iterate(0):
        for row in range(len(batch.source)):
            source = batch.source[row][batch.source_mask[row]].tolist()
            target_in = batch.target_in[row][batch.target_mask[row]].tolist()
            target_out = batch.target_out[row][batch.target_mask[row]].tolist()
            assert source[0] == TAG
            assert source[-1] == EOS
            assert target_in[0] == BOS
            assert target_out[-1] == EOS
            assert target_in[1:] == target_out[:-1]
            assert set(target_out[:-1]) == {source[1] + 1}  # the other side of the same pair
        assert not batch.source[~batch.source_mask].any()
        assert not batch.target_in[~batch.target_mask].any()


def test_an_epoch_is_a_function_of_seed_and_number() -> None:
    data = some_pairs()

    def layout(config: TrainingConfig, epoch: int) -> list[list[int]]:
        return [batch.source.flatten().tolist() for batch in plan_epoch(data, config, epoch).iterate(0)]

    assert layout(CONFIG, 3) == layout(CONFIG, 3)
    assert layout(CONFIG, 3) != layout(CONFIG, 4)
    assert layout(CONFIG, 3) != layout(CONFIG.model_copy(update={"seed": 2}), 3)


def test_iteration_can_start_anywhere() -> None:
    epoch = plan_epoch(some_pairs(), CONFIG, 0)
    rest = [batch.source.tolist() for batch in epoch.iterate(5)]
    assert rest == [batch.source.tolist() for batch in epoch.iterate(0)][5:]


def test_without_sampling_the_best_segmentation_is_used() -> None:
    data = some_pairs()
    config = CONFIG.model_copy(update={"segmentation_sampling": 0.0})
    epoch = plan_epoch(data, config, 0)
    assert epoch.sources.tolist() == data.sentence_offsets[data.pairs[:, 0]].tolist()


def test_segmentations_are_drawn_by_their_probability() -> None:
    data = dataset([(3, 3)] * 4000)
    config = CONFIG.model_copy(update={"segmentation_sampling": 0.999999})
    drawn = plan_epoch(data, config, 0).sources - data.sentence_offsets[data.pairs[:, 0]]
    weights = np.exp(-np.arange(3) / 5.0)
    expected = weights / weights.sum()
    observed = np.bincount(drawn, minlength=3) / len(drawn)
    np.testing.assert_allclose(observed, expected, atol=0.03)


def test_long_pairs_are_left_out() -> None:
    epoch = plan_epoch(dataset([(5, 5), (60, 5), (5, 60)]), CONFIG, 0)
    assert sources_of(epoch) == Counter([10])


def test_no_usable_pair_is_an_error() -> None:
    with pytest.raises(CorpusError, match="20 tokens"):
        plan_epoch(dataset([(60, 60)]), CONFIG, 0)
