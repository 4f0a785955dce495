"""Which weights to keep: dev BLEU during a run, and the choice of a winner at its end."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import save_file

from model.build import build_model
from model.checkpoint import load_checkpoint, save_checkpoint
from model.config import DecodingOptions, Recipe
from model.network import AnyNetwork
from model.training.averaging import average_files
from model.training.prepared import PreparedCorpus
from model.training.reporting import Reporter
from model.training.state import Progress
from model.training.validation import validate, validation_sets


class Candidates:
    """Scores weights on the validation text and writes checkpoints.

    Args:
        recipe: the run's recipe.
        directory: the run's folder.
        corpus: where the validation text is.
    """

    def __init__(self, recipe: Recipe, directory: Path, corpus: PreparedCorpus) -> None:
        self._recipe = recipe
        self._directory = directory
        self._corpus = corpus
        self._sets = validation_sets(corpus, recipe.training.validation_sentences)

    def consider(self, model: AnyNetwork, progress: Progress, reporter: Reporter) -> Progress:
        """Score ``model``; keep it in ``best/`` if it is the best so far, and as a snapshot for averaging."""
        started = time.perf_counter()
        scores = self._scores(model, self._recipe.training.validation_beam_size)
        better = scores["bleu"] > progress.best_bleu
        seconds = round(time.perf_counter() - started, 1)
        reporter.record("valid", progress.update, scores | {"seconds": seconds})
        if better:
            self._write("best", model, progress, scores, f"validated at update {progress.update}")
        return progress.model_copy(
            update={
                "best_bleu": max(scores["bleu"], progress.best_bleu),
                "stale": 0 if better else progress.stale + 1,
                "snapshots": self._keep_snapshot(model, progress),
            }
        )

    def choose(self, last: AnyNetwork, progress: Progress, reporter: Reporter) -> Path:
        """Compare the best, the last and the average with the serving beam; write the winner."""
        best = load_checkpoint(self._directory / "best", device=last.device).model
        models = {"best validated": best, "last": last}
        if progress.snapshots:
            models[f"average of {len(progress.snapshots)} snapshots"] = self._averaged(last, progress)
        scores = {name: self._scores(model, DecodingOptions().beam_size) for name, model in models.items()}
        for name, values in scores.items():
            reporter.record("candidate", progress.update, {"name": name, **values})
        winner = max(scores, key=lambda name: scores[name]["bleu"])
        reporter.say(f"the winner: {winner}")
        return self._write("checkpoint", models[winner], progress, scores[winner], winner)

    def remove_old_snapshots(self, progress: Progress) -> None:
        """Delete the snapshots that the saved state no longer names."""
        kept = {self._snapshot(update) for update in progress.snapshots}
        for path in (self._directory / "snapshots").glob("*.safetensors"):
            if path not in kept:
                path.unlink()

    def _scores(self, model: AnyNetwork, beam: int) -> dict[str, float]:
        return validate(model, self._corpus, self._sets, DecodingOptions(beam_size=beam))

    def _keep_snapshot(self, model: AnyNetwork, progress: Progress) -> tuple[int, ...]:
        count = self._recipe.training.average_checkpoints
        if not count:
            return ()
        path = self._snapshot(progress.update)
        path.parent.mkdir(exist_ok=True)
        save_file({name: tensor.contiguous() for name, tensor in model.state_dict().items()}, path)
        return (*progress.snapshots, progress.update)[-count:]

    def _averaged(self, like: AnyNetwork, progress: Progress) -> AnyNetwork:
        averaged = build_model(like.config)
        averaged.load_state_dict(average_files([self._snapshot(update) for update in progress.snapshots]))
        return averaged.to(like.device).eval()

    def _snapshot(self, update: int) -> Path:
        return self._directory / "snapshots" / f"update-{update}.safetensors"

    def _write(
        self,
        folder: str,
        model: AnyNetwork,
        progress: Progress,
        scores: Mapping[str, float],
        origin: str,
    ) -> Path:
        path = self._directory / folder
        save_checkpoint(
            path,
            model=model,
            config=model.config,
            tokenizer=self._corpus.tokenizer,
            directions=self._corpus.directions,
            decoding=DecodingOptions(),
            name=self._directory.resolve().name,
            training={
                "update": progress.update,
                "epoch": progress.epoch,
                "seconds": round(progress.seconds, 1),
                "weights": origin,
                "validation": dict(scores),
                "recipe": self._recipe.training.model_dump(mode="json", exclude={"initialize_from"}),
                "data": self._recipe.data.model_dump(mode="json", exclude={"directory"}),
                "initialized_from": progress.initialized_from,
            },
            dtype=torch.bfloat16,
        )
        return path
