"""The loss of a batch under each training technique, against the same loss put together by hand."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from model.build import build_model
from model.config import ModelConfig, TrainingConfig
from model.network import AnyNetwork
from model.tokenizer import BOS, EOS, UNK
from model.training.batching import Batch
from model.training.loss import Loss
from model.training.objective import batch_loss
from model.training.scheduled_sampling import sampled_inputs

VOCABULARY, TAG = 40, 4
PLAIN = TrainingConfig(precision="float32", dropout=0.0, word_dropout=0.0)


@pytest.fixture(autouse=True)
def fixed_seed() -> Iterator[None]:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield


def network(dropout: float = 0.0) -> AnyNetwork:
    config = ModelConfig(vocabulary_size=VOCABULARY, embedding_size=16, hidden_size=16, attention_heads=2)
    return build_model(config, dropout=dropout).train()


def batch(rows: int = 6, longest: int = 9) -> Batch:
    random = torch.Generator().manual_seed(rows)
    lengths = torch.randint(2, longest, (rows,), generator=random)
    mask = torch.arange(longest) < lengths[:, None] + 1

    def ids(first: int) -> Tensor:
        drawn = torch.randint(UNK + 2, VOCABULARY, (rows, longest), generator=random)
        drawn[:, 0] = first
        return drawn * mask

    target_in = ids(BOS)
    target_out = target_in.roll(-1, 1)
    target_out[torch.arange(rows), lengths] = EOS
    return Batch(ids(TAG), mask, target_in, target_out * mask, mask)


def changed(**values: object) -> TrainingConfig:
    return PLAIN.model_copy(update=values)


def value(loss: Loss) -> float:
    return float(loss.smoothed.detach())


def logits(model: AnyNetwork, batch: Batch, target_in: Tensor | None = None) -> Tensor:
    given = batch.target_in if target_in is None else target_in
    features = model.features(batch.source, batch.source_mask, given)[0]
    return F.linear(features, model.embedding.weight, model.output_bias)[batch.target_mask]


def cross_entropy(logits: Tensor, batch: Batch) -> Tensor:
    gold = batch.target_out[batch.target_mask]
    return F.cross_entropy(logits, gold, label_smoothing=PLAIN.label_smoothing, reduction="sum")


class TestConsistency:
    @pytest.mark.parametrize("kind", ["r_drop", "simcut"])
    def test_without_noise_both_readings_are_one(self, kind: str) -> None:
        model, data = network(), batch()
        both = batch_loss(model, data, changed(consistency=kind, simcut_share=0.0), 0)
        torch.testing.assert_close(both.smoothed, batch_loss(model, data, PLAIN, 0).smoothed)

    def test_r_drop_reads_twice_under_two_draws_of_dropout(self) -> None:
        model, data = network(dropout=0.4), batch()
        first, second, third = (
            value(batch_loss(model, data, changed(consistency="r_drop", consistency_weight=alpha), 0))
            for alpha in (0.0, 1.0, 3.0)
            if torch.manual_seed(5)
        )
        assert second > first + 0.1
        assert third - first == pytest.approx(3 * (second - first), rel=1e-4)

    def test_simcut_compares_the_whole_reading_with_a_cut_one(self) -> None:
        model, data = network(), batch()
        torch.manual_seed(3)
        found = batch_loss(model, data, changed(consistency="simcut", simcut_share=0.3), 0)
        torch.manual_seed(3)
        draws = [torch.rand(ids.shape) < 0.3 for ids in (data.source, data.target_in)]
        for cut in draws:
            cut[:, 0] = False
        source, target_in = (
            ids.masked_fill(cut, UNK) for ids, cut in zip((data.source, data.target_in), draws, strict=True)
        )
        whole = logits(model, data)
        cut_data = Batch(source, data.source_mask, target_in, data.target_out, data.target_mask)
        divergence = F.kl_div(
            logits(model, cut_data).log_softmax(-1), whole.log_softmax(-1), log_target=True, reduction="sum"
        )
        torch.testing.assert_close(found.smoothed, cross_entropy(whole, data) + 3.0 * divergence)

    def test_what_is_drawn_follows_the_seed(self) -> None:
        model, data = network(dropout=0.3), batch()
        config = changed(consistency="simcut", simcut_share=0.2)
        losses = [value(batch_loss(model, data, config, 0)) for seed in (1, 1, 2) if torch.manual_seed(seed)]
        assert losses[0] == losses[1] != losses[2]


class TestScheduledSampling:
    def test_it_begins_when_it_should(self) -> None:
        model, data = network(), batch(rows=300)
        config = changed(scheduled_sampling=0.8, scheduled_sampling_after_updates=100, max_updates=500)
        plain = value(batch_loss(model, data, PLAIN, 0))
        for update in (0, 100):
            assert value(batch_loss(model, data, config, update)) == plain
        assert value(batch_loss(model, data, config, 300)) != plain

    def test_replaced_tokens_are_what_the_network_says_there(self) -> None:
        model, data = network(dropout=0.5), batch(rows=400)
        mixed = sampled_inputs(model, data, share=0.3, temperature=0.0, dtype=torch.float32)
        assert model.training
        best = torch.zeros_like(mixed)
        scores = logits(model.eval(), data)
        scores[:, : UNK + 1] = -torch.inf
        best[data.target_mask] = scores.argmax(-1)
        new = mixed != data.target_in
        assert not new[:, 0].any()
        assert not new[~data.target_mask].any()
        assert torch.equal(mixed[:, 1:][new[:, 1:]], best[:, :-1][new[:, 1:]])
        real = data.target_mask[:, 1:]
        different = (best[:, :-1] != data.target_in[:, 1:])[real].float().mean()
        assert float(new[:, 1:][real].float().mean() / different) == pytest.approx(0.3, abs=0.04)

    def test_tokens_are_drawn_by_their_probability(self) -> None:
        model, temperature = network(), 0.7
        one = batch(rows=1, longest=3)
        many = Batch(
            *(part.repeat(6000, 1) for part in vars(one).values()),
        )
        drawn = sampled_inputs(model, many, share=1.0, temperature=temperature, dtype=torch.float32)[:, 1]
        observed = torch.bincount(drawn, minlength=VOCABULARY) / len(drawn)
        scores = logits(model.eval(), one)[0].detach() / temperature
        scores[: UNK + 1] = -torch.inf
        torch.testing.assert_close(observed, scores.softmax(-1), atol=0.02, rtol=0)

    def test_the_loss_is_that_of_the_mixed_inputs(self) -> None:
        model, data = network(), batch()
        config = changed(scheduled_sampling=0.5, max_updates=10)
        torch.manual_seed(9)
        mixed = sampled_inputs(model, data, share=0.5, temperature=0.0, dtype=torch.float32)
        torch.manual_seed(9)
        found = batch_loss(model, data, config, 10)
        torch.testing.assert_close(found.smoothed, cross_entropy(logits(model, data, mixed), data))


def test_the_defaults_draw_no_random_number_of_their_own() -> None:
    model, data = network(), batch()
    before = torch.get_rng_state()
    batch_loss(model, data, PLAIN, 0)
    assert torch.equal(torch.get_rng_state(), before)
