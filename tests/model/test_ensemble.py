"""Several networks as one: the mean of their probabilities, through the same search."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from model.checkpoint import load_checkpoint, save_checkpoint
from model.config import DecodingOptions
from model.decoding import decode
from model.ensemble import EnsembleSeq2Seq, ensemble
from model.errors import CheckpointError
from model.interface import Seq2Seq
from model.padding import pad_ids
from model.tokenizer import BOS
from model.tokenizer_training import train_tokenizer
from tests.conftest import TINY_TEXT
from tests.model.decoding.network import TinyNetwork
from tests.model.decoding.reference import Walker, beam_search
from tests.model.decoding.samples import beam_options, mixed_jobs, sources

VOCABULARY = 9


class WideMemoryNetwork(TinyNetwork):
    """Sees and keeps two positions of padding more than it was given."""

    def encode(self, source: Tensor, mask: Tensor) -> Any:
        wider = torch.nn.functional.pad(source, (0, 2)), torch.nn.functional.pad(mask, (0, 2))
        return super().encode(*wider)


def members() -> list[TinyNetwork]:
    return [TinyNetwork(VOCABULARY, seed=1), TinyNetwork(VOCABULARY, seed=2, width=6)]


def walk(model: Seq2Seq[Any, Any], tokens: Tensor, source: Tensor, mask: Tensor) -> Iterator[Any]:
    memory = model.encode(source, mask)
    state = model.init_state(memory, 1)
    for column in tokens.unbind(1):
        step = model.step(column[:, None], state, memory)
        state = step.state
        yield step


def some_batch() -> tuple[Tensor, Tensor, Tensor]:
    source, mask = pad_ids(sources(5, VOCABULARY, seed=3))
    target = torch.randint(4, VOCABULARY, (5, 6), generator=torch.Generator().manual_seed(0))
    target[:, 0] = BOS
    return source, mask, target


def test_probabilities_and_attention_are_means() -> None:
    source, mask, target = some_batch()
    networks = members()
    together = walk(EnsembleSeq2Seq(networks), target, source, mask)
    alone = zip(*(walk(network, target, source, mask) for network in networks), strict=True)
    for step, parts in zip(together, alone, strict=True):
        mean = torch.stack([part.log_probs.exp() for part in parts]).mean(0)
        torch.testing.assert_close(step.log_probs.exp(), mean)
        torch.testing.assert_close(step.attention, torch.stack([part.attention for part in parts]).mean(0))


def test_forcing_equals_stepping() -> None:
    source, mask, target = some_batch()
    model = EnsembleSeq2Seq(members())
    forced = model.force(source, mask, target)
    steps = list(walk(model, target, source, mask))
    torch.testing.assert_close(forced.log_probs, torch.cat([step.log_probs for step in steps], 1))
    torch.testing.assert_close(forced.attention, torch.cat([step.attention for step in steps], 1))


def test_copies_of_one_network_translate_as_it_does() -> None:
    network = TinyNetwork(VOCABULARY, seed=4)
    texts = sources(20, VOCABULARY, seed=5)
    alone = decode(network, texts, DecodingOptions())
    together = decode(EnsembleSeq2Seq([network] * 3), texts, DecodingOptions())
    for one, other in zip(alone, together, strict=True):
        assert [each.tokens for each in one.hypotheses] == [each.tokens for each in other.hypotheses]
        assert other.hypotheses[0].log_prob == pytest.approx(one.hypotheses[0].log_prob, rel=1e-4)


@pytest.mark.parametrize("second", [TinyNetwork, WideMemoryNetwork])
def test_the_running_batch_finds_what_a_slow_search_finds(second: type[TinyNetwork]) -> None:
    model = EnsembleSeq2Seq([TinyNetwork(VOCABULARY, seed=6), second(VOCABULARY, seed=7)])
    dice = random.Random(8)
    for source in sources(12, VOCABULARY, seed=9):
        options = beam_options(dice)
        [translation] = decode(model, [source], options)
        expected = beam_search(Walker(model, source, options))
        assert [each.tokens for each in translation.hypotheses] == [each.tokens for each in expected]


def test_who_else_is_in_the_batch_changes_nothing() -> None:
    model = EnsembleSeq2Seq(members())
    jobs = [job for job in mixed_jobs(30, VOCABULARY, seed=10) if job.options.strategy == "beam"]
    options = jobs[0].options
    texts = [job.source for job in jobs]
    together = decode(model, texts, options, max_rows=7)
    for text, translation in zip(texts, together, strict=True):
        [alone] = decode(model, [text], options)
        assert alone.hypotheses[0].tokens == translation.hypotheses[0].tokens


class TestRefusals:
    def test_vocabularies_of_different_size(self) -> None:
        with pytest.raises(ValueError, match=r"vocabularies of \[9, 10\] entries"):
            EnsembleSeq2Seq([TinyNetwork(9), TinyNetwork(10)])

    def test_nobody(self) -> None:
        with pytest.raises(ValueError, match="needs a member"):
            EnsembleSeq2Seq([])

    def test_checkpoints_of_different_vocabularies(self, tiny_checkpoint: Path, tmp_path: Path) -> None:
        first = load_checkpoint(tiny_checkpoint)
        other = train_tokenizer(
            [text.swapcase() for text in TINY_TEXT],
            vocabulary_size=first.tokenizer.vocabulary_size,
            languages=("de", "en"),
        )
        save_checkpoint(
            tmp_path / "other",
            model=first.model,
            config=first.config.model,
            tokenizer=other,
            directions=first.directions,
            name="other",
        )
        with pytest.raises(CheckpointError, match=r"other: another vocabulary than .*tiny"):
            ensemble([first, load_checkpoint(tmp_path / "other")])


def test_a_single_checkpoint_is_its_own_network(tiny_checkpoint: Path) -> None:
    checkpoint = load_checkpoint(tiny_checkpoint)
    assert ensemble([checkpoint]) is checkpoint.model
    assert isinstance(ensemble([checkpoint, checkpoint]), EnsembleSeq2Seq)
