"""The training loop.

A run lives in a folder::

    state.safetensors      everything that determines the rest of the run
    metrics.jsonl          one JSON object a record
    tensorboard/           the same for TensorBoard
    snapshots/             the last validated weights, for averaging
    best/                  a checkpoint: the weights with the best dev BLEU so far
    checkpoint/            a checkpoint: the winner, written when the run ends
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from pathlib import Path

import torch

from model.build import build_model
from model.config import Recipe
from model.errors import ConfigError, TrainingError
from model.network import AnyNetwork, Network
from model.recurrent_layers import set_weight_drop
from model.training.allocator import keep_freed_memory
from model.training.averaging import moving_average
from model.training.batching import Batch, plan_epoch
from model.training.candidates import Candidates
from model.training.initial import initial_weights
from model.training.interrupt import StopRequest, stop_on_signal
from model.training.mixture import plan_mixture
from model.training.noise import noise, set_noise
from model.training.objective import batch_loss
from model.training.optimizer import build_optimizer
from model.training.prepared import PreparedCorpus
from model.training.reporting import Reporter, open_reporter
from model.training.schedule import learning_rate
from model.training.state import STATE_FILE, Progress, load_state, random_states, save_state
from model.training.step import build_step
from model.training.window import Sums, Update, Window
from model.training.workers import Workers, join_workers
from model.training.zeros import Zeros


@dataclass(frozen=True)
class Outcome:
    """How a call of ``train`` ended.

    Attributes:
        finished: the run is complete; False if it was asked to stop and can be resumed.
        update: updates made in all.
        checkpoint: the winner's folder, once finished; the first worker, which chose it, has it alone.
    """

    finished: bool
    update: int
    checkpoint: Path | None


def train(recipe: Recipe, directory: Path, *, resume: bool = False) -> Outcome:
    """Train a checkpoint into ``directory``.

    Args:
        recipe: data, network and training.
        directory: the run's folder; must not hold a run unless ``resume``.
        resume: continue the run in ``directory``; it ends with the weights of an unbroken run.

    Raises:
        TrainingError: there is a run where none should be, or none where one should be; the recipe is not
            the run's; or the loss is no longer finite (``best/`` and the last saved state stay).
        CorpusError: the prepared corpus cannot be used.
        ConfigError: the recipe asks for what the corpus or the checkpoint to start from does not have.
    """
    has_run = (directory / STATE_FILE).exists()
    if resume and not has_run:
        raise TrainingError(f"{directory}: nothing to resume: no {STATE_FILE}")
    if has_run and not resume:
        raise TrainingError(f"{directory}: holds a run; continue it with --resume or name another folder")
    directory.mkdir(parents=True, exist_ok=True)
    keep_freed_memory()
    torch.set_num_threads(recipe.training.threads)
    with join_workers() as workers:
        trainer = Trainer(recipe, directory, workers)
        if resume:
            trainer.restore()
        else:
            trainer.initialise()
        return trainer.run()


class Trainer:
    """One run: the network, its moving average, its optimiser, and the loop over them."""

    def __init__(self, recipe: Recipe, directory: Path, workers: Workers) -> None:
        config = recipe.training
        self.workers = workers
        self.recipe = recipe
        self.config = config
        self.directory = directory
        self.device = _device(config.device)
        self.corpus = PreparedCorpus.load(recipe.data.directory).restricted_to(recipe.data.directions)
        self.mixture = plan_mixture(self.corpus, recipe.data)
        self.candidates = Candidates(recipe, directory, self.corpus)
        torch.manual_seed(config.seed)
        shape = recipe.model.with_vocabulary(self.corpus.tokenizer.vocabulary_size)
        self.model = build_model(shape, dropout=config.dropout, word_dropout=config.word_dropout)
        if config.weight_drop and not set_weight_drop(self.model, config.weight_drop):
            raise ConfigError(f"training.weight_drop: a {shape.architecture} has no recurrent weights")
        self.model.to(self.device)
        self.average = moving_average(self.model, config.ema_decay)
        self.optimizer = build_optimizer(self.model, config)
        self.step = build_step(self.model, self.average, self.optimizer, config)
        self.progress = Progress()
        self.zeros = Zeros()

    def initialise(self) -> None:
        """Start from the checkpoint that the recipe names, if it names one.

        Raises:
            ConfigError: its weights do not fit.
        """
        if self.config.initialize_from:
            weights, digest = initial_weights(
                self.config.initialize_from,
                self.model.config,
                self.corpus.tokenizer,
                transfer_vocabulary=self.config.transfer_vocabulary,
            )
            for model in (self.model, self.average.module):
                model.load_state_dict(weights)
            self.progress = Progress(initialized_from=digest)
        self._note_zeros()
        self.workers.seed_apart(self.config.seed)  # now that all have made the same weights

    def restore(self) -> None:
        """Continue from the saved state."""
        self.workers.seed_apart(self.config.seed)
        self.progress = load_state(self.directory, self.recipe, self._models(), self.optimizer, self.workers)
        self._note_zeros()

    def _note_zeros(self) -> None:
        if self.config.keep_zeros:
            self.zeros = Zeros(self.model)

    def run(self) -> Outcome:
        """Train until done, or until somebody asks to stop."""
        with (
            open_reporter(
                self.directory, self.config.max_updates, self.progress.update, self.workers
            ) as reporter,
            stop_on_signal() as stop,
        ):
            reporter.say(self._describe())
            while not self._complete():
                if self._run_epoch(reporter, stop):
                    self._save()
                    reporter.say(f"stopped after update {self.progress.update}; continue with --resume")
                    return Outcome(False, self.progress.update, None)
            self._save()
            checkpoint = None
            if self.workers.first:
                checkpoint = self.candidates.choose(self._candidate(), self.progress, reporter)
            return Outcome(True, self.progress.update, checkpoint)

    def _complete(self) -> bool:
        impatient = 0 < self.config.patience <= self.progress.stale
        return impatient or self.progress.update >= self.config.max_updates

    def _run_epoch(self, reporter: Reporter, stop: StopRequest) -> bool:
        """Make updates until the epoch ends, the run is complete, or a stop is requested: then True."""
        first_update = self.progress.update - self.progress.batch // self.workers.size
        epoch = plan_epoch(self.corpus.dataset, self.config, self.progress.epoch, self.mixture, first_update)
        window = Window()
        for batch in epoch.iterate(self.progress.batch, self.workers.rank, self.workers.size):
            update = self._update(batch.to(self.device))
            window.add(update)
            self._count_update(update.seconds)
            window = self._after_update(window, reporter)
            if self.workers.any(bool(stop)):
                return True
            if self._complete():
                return False
        self.progress = self.progress.model_copy(update={"epoch": self.progress.epoch + 1, "batch": 0})
        return False

    def _update(self, batch: Batch) -> Update:
        """One step of the optimiser, with this worker's ``batch`` and those of the others.

        Raises:
            TrainingError: the loss or its gradient is not finite; the weights are untouched.
        """
        started, started_cpu = time.perf_counter(), time.process_time()
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(self.progress.update, self.config)
        set_noise(self.model, noise(self.progress.update, self.config))
        sums = self._backward(batch)
        norm = self.step.norm()
        self._check_finite(sums.nll, norm)
        self.step.take(norm, self.zeros)
        seconds, own_cpu_seconds = time.perf_counter() - started, time.process_time() - started_cpu
        (cpu_seconds,) = self.workers.sum([own_cpu_seconds])
        return Update(sums, gradient_norm=norm, seconds=seconds, cpu_seconds=cpu_seconds)

    def _backward(self, batch: Batch) -> Sums:
        """The gradients of a target token's mean loss, over all workers' batches; and what these hold."""
        self.model.train()
        self.optimizer.zero_grad(set_to_none=True)
        loss = batch_loss(self.model, batch, self.config, self.progress.update)
        own = (float(loss.nll), float(loss.smoothed.detach()), int(batch.target_mask.sum()), batch.tokens)
        sums = Sums(*self.workers.sum(own))
        (loss.smoothed / sums.target_tokens).backward()
        self.workers.add_gradients(self.model.parameters())
        return sums

    def _check_finite(self, *values: float) -> None:
        if not all(map(math.isfinite, values)):
            raise TrainingError(
                f"update {self.progress.update + 1}: the loss or its gradient is not finite. "
                f"Start again with a lower training.learning_rate (now {self.config.learning_rate}) or a "
                f"longer warm-up; what was validated so far is in {self.directory / 'best'}"
            )

    def _count_update(self, seconds: float) -> None:
        now = self.progress
        batch = now.batch + self.workers.size
        self.progress = now.model_copy(
            update={"update": now.update + 1, "batch": batch, "seconds": now.seconds + seconds}
        )

    def _after_update(self, window: Window, reporter: Reporter) -> Window:
        """Record, validate and save where the update is due for it; the window to go on with."""
        config, update = self.config, self.progress.update
        reporter.advance(update)
        if update % config.log_every_updates == 0:
            reporter.record("train", update, window.summary(learning_rate(update, config)))
            window = Window()
        if update % config.validate_every_updates == 0 or update == config.max_updates:
            self._validate(reporter)
        if update % config.save_every_updates == 0:
            self._save()
        return window

    def _validate(self, reporter: Reporter) -> None:
        """The first worker validates; the others wait, and learn what came of it."""
        if self.workers.first:
            self.progress = self.candidates.consider(self._candidate(), self.progress, reporter)
        self.progress = Progress.model_validate_json(self.workers.tell(self.progress.model_dump_json()))

    def _candidate(self) -> AnyNetwork:
        """What would be served now: the moving average, or the weights themselves where there is none."""
        module = self.average.module if self.config.ema_decay else self.model
        assert isinstance(module, Network)  # noqa: S101 - narrows AveragedModel's attribute
        return module.eval()

    def _save(self) -> None:
        generators = random_states(self.workers)
        if self.workers.first:
            save_state(self.directory, self.progress, self.recipe, self._models(), self.optimizer, generators)
            self.candidates.remove_old_snapshots(self.progress)

    def _models(self) -> dict[str, torch.nn.Module]:
        return {"model": self.model, "average": self.average}

    def _describe(self) -> str:
        parameters = sum(parameter.numel() for parameter in self.model.parameters())
        directions = ", ".join("→".join(pair) for pair in self.corpus.directions)
        return (
            f"{parameters:,} parameters, {len(self.corpus.dataset):,} training pairs ({directions}), "
            f"{self.config.precision} on {self.device}, from update {self.progress.update}"
        )


def _device(name: str) -> torch.device:
    """The device asked for; ``auto`` is a GPU where there is one.

    Raises:
        TrainingError: a GPU is asked for where there is none.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if name == "cuda" and not torch.cuda.is_available():
        raise TrainingError("training.device is 'cuda', but no CUDA device is available here")
    return torch.device(name)
