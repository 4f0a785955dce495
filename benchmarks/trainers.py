"""The trainers that are compared, each run as its users run it: a command and a configuration."""

from __future__ import annotations

import json
import math
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from benchmarks.errors import BenchmarkError
from benchmarks.follow import Stamp, follow
from benchmarks.opennmt import python_of
from benchmarks.record import ROOT
from benchmarks.training_corpus import PeerFiles
from benchmarks.training_results import TrainingRound
from model.config import Recipe, load_recipe
from model.training.batching import plan_epoch
from model.training.mixture import plan_mixture
from model.training.prepared import PreparedCorpus

_NEVER = 1_000_000_000
_BUCKET = 262_144
"""OpenNMT-py's default: pairs that it sorts by length at a time."""


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """What every trainer is told.

    Attributes:
        width: of the embeddings and of the hidden layers; equal, so that the peer can tie them too.
        layers: of the encoder and of the decoder.
        batch_tokens: the limit of padded source and target tokens of a batch.
        warmup: updates before the measured ones.
        updates: measured.
    """

    width: int
    layers: int
    batch_tokens: int
    threads: int
    warmup: int
    updates: int

    @property
    def report_every(self) -> int:
        """Updates between two lines of progress: one comes after the warm-up, one after the last update."""
        return math.gcd(self.warmup, self.updates)

    @property
    def last_update(self) -> int:
        """Where the measurement ends."""
        return self.warmup + self.updates


@dataclass(frozen=True, slots=True)
class Work:
    """What some updates trained on; real target tokens, EOS included."""

    sentences: int
    target_tokens: int


class Trainer(Protocol):
    """One trainer."""

    @property
    def name(self) -> str:
        """For people."""

    @property
    def precision(self) -> str:
        """What it computes in."""

    @property
    def progress(self) -> re.Pattern[str]:
        """Matches a line of progress; its group ``update`` is the number of updates made."""

    @property
    def size(self) -> re.Pattern[str]:
        """Matches the line with the number of parameters; its group ``parameters``."""

    def command(self, folder: Path) -> list[str]:
        """What to run, once all that it reads is written to ``folder``."""

    def work(self, plan: TrainingPlan, stamps: Sequence[Stamp]) -> Work:
        """What the measured updates trained on."""


@dataclass(frozen=True)
class Dragoman:
    """``python -m model train``."""

    corpus: PreparedCorpus
    plan: TrainingPlan
    precision: str
    name: str = "dragoman"
    progress: re.Pattern[str] = re.compile(r"^train (?P<update>\d+) ")
    size: re.Pattern[str] = re.compile(r"^(?P<parameters>[\d,]+) parameters, ")

    def command(self, folder: Path) -> list[str]:
        """See ``Trainer.command``."""
        return [
            sys.executable,
            "-m",
            "model",
            "train",
            str(self._recipe(folder)),
            "--output",
            str(folder / "run"),
        ]

    def work(self, plan: TrainingPlan, stamps: Sequence[Stamp]) -> Work:
        """Batches are a pure function of corpus and recipe: counted, not reported."""
        recipe = Recipe.model_validate(self.document())
        return planned_work(self.corpus, recipe, plan.warmup, plan.last_update)

    def document(self) -> dict[str, dict[str, object]]:
        """The recipe: what the peer has too, and nothing that costs time and that it has not."""
        plan = self.plan
        return {
            "data": {"directory": str(self.corpus.directory.resolve())},
            "model": {
                "embedding_size": plan.width,
                "hidden_size": plan.width,
                "encoder_layers": plan.layers,
                "decoder_layers": plan.layers,
                "attention": "general",
            },
            "training": {
                "max_updates": plan.last_update + plan.report_every,
                "batch_tokens": plan.batch_tokens,
                "learning_rate": 1e-3,
                "dropout": 0.3,
                "word_dropout": 0.0,
                "label_smoothing": 0.1,
                "segmentation_sampling": 0.0,
                "ema_decay": 0.0,
                "gradient_clip_norm": 1.0,
                "average_checkpoints": 0,
                "validate_every_updates": _NEVER,
                "save_every_updates": _NEVER,
                "validation_sentences": 1,
                "log_every_updates": plan.report_every,
                "precision": self.precision,
                "threads": plan.threads,
                "device": "cpu",
            },
        }

    def _recipe(self, folder: Path) -> Path:
        path = folder / "recipe.toml"
        lines: list[str] = []
        for table, values in self.document().items():
            lines += [f"[{table}]", *(f"{key} = {json.dumps(value)}" for key, value in values.items())]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        load_recipe(path)
        return path


@dataclass(frozen=True)
class OpenNMT:
    """``onmt_train`` in an environment of its own.

    Attributes:
        input_feed: whether the decoder reads its last attention vector (Luong et al. 2015, section 3.3), as
            it does unless told otherwise; our networks do not.
    """

    files: PeerFiles
    plan: TrainingPlan
    environment: Path
    pairs: int
    vocabulary_size: int
    input_feed: bool
    precision: str = "float32"
    progress: re.Pattern[str] = re.compile(r"Step\s+(?P<update>\d+)/")
    size: re.Pattern[str] = re.compile(r"\* number of parameters: (?P<parameters>[\d,]+)")

    @property
    def name(self) -> str:
        """For people."""
        return "OpenNMT-py" if self.input_feed else "OpenNMT-py, no input feeding"

    def command(self, folder: Path) -> list[str]:
        """See ``Trainer.command``."""
        path = folder / "opennmt.yaml"
        path.write_text(json.dumps(self.document(folder), indent=1), encoding="utf-8")  # JSON is YAML
        return [str(python_of(self.environment)), "-m", "onmt.bin.train", "--config", str(path)]

    def work(self, plan: TrainingPlan, stamps: Sequence[Stamp]) -> Work:
        """What its lines of progress say, see ``reported_work``."""
        lines = [stamp.line for stamp in stamps]
        return reported_work(lines, plan)

    def document(self, folder: Path) -> dict[str, object]:
        """Its options. The data loader's worker processes are off: one process, as ours."""
        plan = self.plan
        return {
            "data": {"corpus": {"path_src": str(self.files.source), "path_tgt": str(self.files.target)}},
            "src_vocab": str(self.files.vocabulary),
            "tgt_vocab": str(self.files.vocabulary),
            "src_vocab_size": self.vocabulary_size,
            "tgt_vocab_size": self.vocabulary_size,
            "share_vocab": True,
            "save_model": str(folder / "model"),
            "save_checkpoint_steps": _NEVER,
            "valid_steps": _NEVER,
            "train_steps": plan.last_update + plan.report_every,
            "report_every": plan.report_every,
            "encoder_type": "brnn",
            "decoder_type": "rnn",
            "rnn_type": "LSTM",
            "enc_layers": plan.layers,
            "dec_layers": plan.layers,
            "hidden_size": plan.width,
            "word_vec_size": plan.width,
            "global_attention": "general",
            "input_feed": int(self.input_feed),
            "share_embeddings": True,
            "share_decoder_embeddings": True,
            "dropout": [0.3],
            "label_smoothing": 0.1,
            "optim": "adam",
            "adam_beta2": 0.98,
            "learning_rate": 1e-3,
            "max_grad_norm": 1.0,
            "batch_type": "tokens",
            "batch_size": plan.batch_tokens // 2,  # it counts the longer side alone
            "normalization": "tokens",
            "bucket_size": min(_BUCKET, self.pairs),
            "num_workers": 0,
            "seed": 1,
        }


def measure_round(trainer: Trainer, plan: TrainingPlan, folder: Path) -> tuple[int, TrainingRound]:
    """Run ``trainer`` once in the new folder ``folder``; its network's parameters, and what was measured.

    Raises:
        BenchmarkError: it fails, or says nothing of what is expected.
    """
    folder.mkdir(parents=True)
    last = re.compile(trainer.progress.pattern.replace(r"(?P<update>\d+)", str(plan.last_update)))
    stamps = follow(trainer.command(folder), environment=environment_of(os.environ, plan.threads), last=last)
    begin = next((stamp for stamp in stamps if _update(trainer, stamp) == plan.warmup), None)
    sizes = [found["parameters"] for stamp in stamps if (found := trainer.size.search(stamp.line))]
    if begin is None or not sizes:
        raise BenchmarkError(f"{trainer.name} did not report its size and update {plan.warmup}")
    end, work = stamps[-1], trainer.work(plan, stamps)
    known = begin.cpu_seconds is not None and end.cpu_seconds is not None
    measured = TrainingRound(
        updates=plan.updates,
        sentences=work.sentences,
        target_tokens=work.target_tokens,
        seconds=end.seconds - begin.seconds,
        cpu_seconds=(end.cpu_seconds or 0.0) - (begin.cpu_seconds or 0.0) if known else None,
    )
    return int(sizes[0].replace(",", "")), measured


def environment_of(environment: Mapping[str, str], threads: int) -> dict[str, str]:
    """``environment`` with so many threads for every library, our code first, and plain unbuffered output."""
    dropped = {"FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "PYTHONWARNINGS"}
    kept = {name: value for name, value in environment.items() if name not in dropped}
    count = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), str(threads))
    return kept | count | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", "COLUMNS": "400"}


def planned_work(corpus: PreparedCorpus, recipe: Recipe, after: int, until: int) -> Work:
    """What ``model train`` trains on in the updates after ``after``, up to ``until``."""
    sentences = tokens = 0
    for update, (rows, lengths) in enumerate(_batches(corpus, recipe), start=1):
        if update > until:
            break
        if update > after:
            sentences, tokens = sentences + rows, tokens + lengths
    return Work(sentences, tokens)


def reported_work(lines: Sequence[str], plan: TrainingPlan) -> Work:
    """What OpenNMT-py says it trained on after the warm-up.

    ``bsz: a/b/c`` are means of an update since the line before: real source tokens, real target tokens (what
    its loss counts: not padding, not BOS, but EOS), sentences. The means are rounded, so the number of tokens
    is true to half a token an update. ``sents`` is exact.
    """
    sentences = tokens = 0
    for line in lines:
        if not (found := _OPENNMT_LINE.search(line)):
            continue
        if plan.warmup < int(found["update"]) <= plan.last_update:
            sentences += int(found["sentences"])
            tokens += int(found["target"]) * plan.report_every
    return Work(sentences, tokens)


_OPENNMT_LINE = re.compile(
    r"Step\s+(?P<update>\d+)/.*; sents:\s+(?P<sentences>\d+); bsz:\s*\d+/\s*(?P<target>\d+)/\s*\d+;"
)


def _batches(corpus: PreparedCorpus, recipe: Recipe) -> Iterator[tuple[int, int]]:
    """Sentences and real target tokens of each update, without end."""
    mixture = plan_mixture(corpus, recipe.data)
    epoch = update = 0
    while True:
        planned = plan_epoch(corpus.dataset, recipe.training, epoch, mixture, update)
        offsets = planned.dataset.segmentation_offsets
        for rows in planned.batches:
            targets = planned.targets[rows]
            yield len(rows), int((offsets[targets + 1] - offsets[targets] + 1).sum())
        epoch, update = epoch + 1, update + len(planned)


def _update(trainer: Trainer, stamp: Stamp) -> int | None:
    found = trainer.progress.search(stamp.line)
    return int(found["update"]) if found else None
