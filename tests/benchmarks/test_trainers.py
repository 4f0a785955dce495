"""The trainers: what they are told, what is read from them, and a short real run of ours."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from benchmarks.errors import BenchmarkError
from benchmarks.follow import Stamp
from benchmarks.trainers import (
    Dragoman,
    OpenNMT,
    TrainingPlan,
    Work,
    environment_of,
    measure_round,
    planned_work,
    reported_work,
)
from benchmarks.training_corpus import PeerFiles, made_pairs, prepare_pairs
from model.build import build_model
from model.config import Recipe
from model.training.batching import plan_epoch
from model.training.prepared import PreparedCorpus

PLAN = TrainingPlan(width=16, layers=2, batch_tokens=400, threads=1, warmup=2, updates=4)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> PreparedCorpus:
    return prepare_pairs(made_pairs(40, seed=5), tmp_path_factory.mktemp("corpus"), 400)


def opennmt(*, input_feed: bool = True) -> OpenNMT:
    files = PeerFiles(Path("s"), Path("t"), Path("v"))
    return OpenNMT(files, PLAN, Path("environment"), pairs=40, vocabulary_size=400, input_feed=input_feed)


@dataclass(frozen=True)
class Talker:
    """A trainer that says what it is told to."""

    lines: tuple[str, ...]
    name: str = "talker"
    precision: str = "float32"
    progress: re.Pattern[str] = re.compile(r"^at (?P<update>\d+)!")
    size: re.Pattern[str] = re.compile(r"^(?P<parameters>[\d,]+) weights")

    def command(self, folder: Path) -> list[str]:
        assert folder.is_dir()
        return [sys.executable, "-S", "-c", f"for line in {self.lines!r}: print(line)"]

    def work(self, plan: TrainingPlan, stamps: Sequence[Stamp]) -> Work:
        return Work(sentences=len(stamps), target_tokens=77)


def test_planned_work_is_what_the_batches_hold_over_the_end_of_epochs(corpus: PreparedCorpus) -> None:
    recipe = Recipe.model_validate(Dragoman(corpus, PLAN, "float32").document())
    expected: list[tuple[int, int]] = []
    update = epoch = 0
    while len(expected) < 60:
        planned = plan_epoch(corpus.dataset, recipe.training, epoch, None, update)
        expected += [(len(batch.source), int(batch.target_mask.sum())) for batch in planned.iterate(0)]
        epoch, update = epoch + 1, update + len(planned)
    assert epoch > 1, "more than one epoch, or the test shows too little"
    wanted = expected[3:60]
    assert planned_work(corpus, recipe, 3, 60) == Work(
        sum(sentences for sentences, _ in wanted), sum(tokens for _, tokens in wanted)
    )


def test_reported_work_is_read_from_opennmts_lines_of_the_measured_updates() -> None:
    def line(step: int, sentences: int, words: int) -> str:
        return (
            f"[2024-01-01 00:00:0{step},000 INFO] Step {step:2d}/    9; acc: 7.7; ppl: 974.4; xent: 6.9; "
            f"lr: 0.00100; sents: {sentences:7.0f}; bsz: {words + 3:4.0f}/{words:4.0f}/{sentences / 2:2.0f}; "
            "900/800 tok/s;      3 sec;"
        )

    lines = ["Step by step", line(2, 100, 900), line(4, 33, 520), line(6, 31, 490), line(8, 99, 999)]
    assert reported_work(lines, PLAN) == Work(sentences=64, target_tokens=2 * 520 + 2 * 490)


def test_reports_come_at_the_begin_and_at_the_end_of_what_is_measured() -> None:
    for warmup, updates in ((2, 4), (10, 25), (3, 7)):
        plan = TrainingPlan(16, 2, 400, 1, warmup, updates)
        assert warmup % plan.report_every == plan.last_update % plan.report_every == 0


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_our_recipe_and_the_peers_options_describe_one_network(
    corpus: PreparedCorpus, precision: str
) -> None:
    recipe = Recipe.model_validate(Dragoman(corpus, PLAN, precision).document())
    peer = opennmt().document(Path("folder"))
    shape, training = recipe.model, recipe.training
    assert shape.embedding_size == shape.hidden_size == peer["hidden_size"] == peer["word_vec_size"]
    assert (shape.encoder_layers, shape.decoder_layers) == (peer["enc_layers"], peer["dec_layers"])
    assert shape.attention == peer["global_attention"]
    assert [training.dropout] == peer["dropout"]
    assert training.label_smoothing == peer["label_smoothing"]
    assert training.gradient_clip_norm == peer["max_grad_norm"]
    assert training.learning_rate == peer["learning_rate"]
    assert training.adam_betas[1] == peer["adam_beta2"]
    assert training.precision == precision
    assert peer["input_feed"] == 1
    assert opennmt(input_feed=False).document(Path("folder"))["input_feed"] == 0


def test_a_round_of_ours_for_real(corpus: PreparedCorpus, tmp_path: Path) -> None:
    trainer = Dragoman(corpus, PLAN, "float32")
    parameters, measured = measure_round(trainer, PLAN, tmp_path / "round")
    recipe = Recipe.model_validate(trainer.document())
    model = build_model(recipe.model.with_vocabulary(corpus.tokenizer.vocabulary_size))
    assert parameters == sum(weights.numel() for weights in model.parameters())
    assert measured.updates == 4
    assert measured.target_tokens == planned_work(corpus, recipe, 2, 6).target_tokens
    assert measured.seconds > 0


def test_a_round_is_measured_between_warm_up_and_end(tmp_path: Path) -> None:
    parameters, measured = measure_round(
        Talker(("1,234 weights", "at 2!", "at 4!", "at 6!", "at 8!")), PLAN, tmp_path / "round"
    )
    assert parameters == 1234
    assert (measured.updates, measured.sentences, measured.target_tokens) == (4, 4, 77)


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (("at 2!", "at 6!"), "did not report its size"),
        (("9 weights", "at 4!", "at 6!"), "and update 2"),
        (("9 weights", "at 2!", "at 60!"), "before it was done"),
    ],
)
def test_a_trainer_that_does_not_say_enough_is_an_error(
    lines: tuple[str, ...], reason: str, tmp_path: Path
) -> None:
    with pytest.raises(BenchmarkError, match=reason):
        measure_round(Talker(lines), PLAN, tmp_path / "round")


def test_every_library_gets_the_threads() -> None:
    made = environment_of({"OMP_NUM_THREADS": "8", "FORCE_COLOR": "1", "HOME": "/h"}, 1)
    assert made["OMP_NUM_THREADS"] == made["MKL_NUM_THREADS"] == "1"
    assert made["HOME"] == "/h"
    assert "FORCE_COLOR" not in made
