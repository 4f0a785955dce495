"""Training batches: sentences of like length together, up to a budget of padded tokens.

What an epoch holds is a pure function of the dataset, the configuration and the epoch's number; a resumed run
therefore sees exactly the batches that an unbroken one would have seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from model.config import TrainingConfig
from model.errors import CorpusError
from model.tokenizer import BOS, EOS
from model.training.dataset import Dataset
from model.training.mixture import Mixture
from model.training.noise import noise
from model.transfer import send

SEGMENTATION_TEMPERATURE = 5.0
"""Divides log-probabilities when a segmentation is drawn: alpha 0.2 in Kudo 2018; over n-best lists."""

Int64 = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Batch:
    """One batch for teacher forcing.

    Attributes:
        source: tag, pieces, EOS; int64 ``[batch, src_len]``.
        source_mask: True where real, ``[batch, src_len]``.
        target_in: BOS, pieces; int64 ``[batch, tgt_len]``.
        target_out: pieces, EOS; int64 ``[batch, tgt_len]``.
        target_mask: True where real, ``[batch, tgt_len]``.
    """

    source: Tensor
    source_mask: Tensor
    target_in: Tensor
    target_out: Tensor
    target_mask: Tensor

    @property
    def tokens(self) -> int:
        """Real source and target tokens."""
        return int(self.source_mask.sum() + self.target_mask.sum())

    def to(self, device: torch.device) -> Batch:
        """The same batch on ``device``."""
        parts = (self.source, self.source_mask, self.target_in, self.target_out, self.target_mask)
        return Batch(*(send(part, device) for part in parts))


@dataclass(frozen=True)
class Epoch:
    """The batches of one epoch, as indices.

    Attributes:
        sources, targets: the drawn segmentation of each pair's two sides, int64 ``[pairs]``.
        tags: target-language tag ids, int32 ``[pairs]``.
        batches: the pairs of each batch, in training order.
    """

    dataset: Dataset
    sources: Int64
    targets: Int64
    tags: npt.NDArray[np.int32]
    batches: list[Int64]

    def __len__(self) -> int:
        return len(self.batches)

    def iterate(self, start: int, worker: int = 0, workers: int = 1) -> Iterator[Batch]:
        """Batches from the ``start``-th on, those of one of several workers: every ``workers``-th.

        Each gets as many as the others: what does not go round at the end of the epoch is left out.
        """
        rounds = (len(self.batches) - start) // workers
        for rows in self.batches[start + worker :: workers][:rounds]:
            yield self._collate(rows)

    def _collate(self, rows: Int64) -> Batch:
        sources = [self.dataset.segmentation(index) for index in self.sources[rows]]
        targets = [self.dataset.segmentation(index) for index in self.targets[rows]]
        source, source_mask = _pad(sources, before=self.tags[rows], after=EOS)
        target, target_mask = _pad(targets, before=np.full(len(rows), BOS, np.int32), after=EOS)
        return Batch(
            source, source_mask, target[:, :-1] * target_mask[:, 1:], target[:, 1:], target_mask[:, 1:]
        )


def plan_epoch(
    dataset: Dataset,
    config: TrainingConfig,
    epoch: int,
    mixture: Mixture | None = None,
    first_update: int = 0,
) -> Epoch:
    """Draw pairs and segmentations, group pairs by length, cut groups into batches and shuffle these.

    Args:
        dataset: the training rows.
        config: the seed, the limits and the share of sampled segmentations.
        epoch: its number, from 0.
        mixture: how often each row is drawn; None: once.
        first_update: the update that the epoch begins with; says how many segmentations are sampled.

    Raises:
        CorpusError: no pair is short enough for the configured limits.
    """
    random = np.random.default_rng((config.seed, epoch))
    if mixture:
        dataset = dataset.take(mixture.draw(random))
    draw = _SegmentationSampler(dataset, noise(first_update, config).segmentation_sampling, random)
    sources, targets = draw(dataset.pairs[:, 0]), draw(dataset.pairs[:, 1])
    lengths = np.diff(dataset.segmentation_offsets)
    source_lengths, target_lengths = lengths[sources] + 2, lengths[targets] + 1  # tag and EOS; EOS
    longest = np.maximum(source_lengths, target_lengths)
    limit = min(config.max_sentence_tokens, config.batch_tokens // 2)
    usable = np.flatnonzero(longest <= limit)
    if not len(usable):
        raise CorpusError(f"no training pair has at most {limit} tokens a side")
    order = np.lexsort((random.random(len(usable)), target_lengths[usable], source_lengths[usable]))
    batches = _cut(usable[order], source_lengths, target_lengths, config.batch_tokens)
    random.shuffle(batches)
    return Epoch(dataset, sources, targets, dataset.pairs[:, 2], batches)


class _SegmentationSampler:
    """Draws a segmentation for each sentence (Kudo 2018), all at once.

    The cumulative probabilities of sentence ``i``'s segmentations are stored shifted by ``i``, so that one
    sorted array serves one binary search for all draws.
    """

    def __init__(self, dataset: Dataset, share: float, random: np.random.Generator) -> None:
        self.first = dataset.sentence_offsets[:-1]
        self.share = share
        self.random = random
        counts = np.diff(dataset.sentence_offsets)
        owner = np.repeat(np.arange(len(counts)), counts)
        best = dataset.log_probs[self.first][owner]
        weights = np.exp((dataset.log_probs - best).astype(np.float64) / SEGMENTATION_TEMPERATURE)
        cumulative = np.cumsum(weights)
        before = (cumulative - weights)[self.first][owner]
        total = np.add.reduceat(weights, self.first)[owner]
        self.cumulative = owner + (cumulative - before) / total
        self.last = dataset.sentence_offsets[1:] - 1

    def __call__(self, sentences: npt.NDArray[np.int32]) -> Int64:
        drawn = np.searchsorted(self.cumulative, sentences + self.random.random(len(sentences)))
        drawn = np.clip(drawn, self.first[sentences], self.last[sentences])
        sampled = self.random.random(len(sentences)) < self.share
        return np.where(sampled, drawn, self.first[sentences])


def _cut(order: Int64, source_lengths: Int64, target_lengths: Int64, budget: int) -> list[Int64]:
    """Cut ``order`` into runs whose padded tokens stay within ``budget``."""
    batches, start, longest_source, longest_target = [], 0, 0, 0
    sides = zip(source_lengths[order].tolist(), target_lengths[order].tolist(), strict=True)
    for position, (source, target) in enumerate(sides):
        longest_source, longest_target = max(longest_source, source), max(longest_target, target)
        if (position + 1 - start) * (longest_source + longest_target) > budget:
            batches.append(order[start:position])
            start, longest_source, longest_target = position, source, target
    batches.append(order[start:])
    return batches


def _pad(
    rows: list[npt.NDArray[np.int32]], *, before: npt.NDArray[np.int32], after: int
) -> tuple[Tensor, Tensor]:
    """``before[i], *rows[i], after`` in an int64 ``[batch, longest + 2]`` tensor, and its mask."""
    lengths = np.array([len(row) for row in rows])
    ids = np.zeros((len(rows), int(lengths.max()) + 2), np.int64)
    ids[:, 0] = before
    for index, row in enumerate(rows):
        ids[index, 1 : len(row) + 1] = row
        ids[index, len(row) + 1] = after
    mask = np.arange(ids.shape[1]) < lengths[:, None] + 2
    return torch.from_numpy(ids), torch.from_numpy(mask)
