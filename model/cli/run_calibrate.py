"""The work of ``python -m model calibrate``."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from model.calibration import Bin, Calibration, Thresholds, brier_score, calibration_error, reliability
from model.checkpoint import Checkpoint, read_manifest, set_calibration
from model.cli.progress import line_progress
from model.cli.run_tune import read_sets
from model.cli.setup import open_checkpoints
from model.errors import ConfigError
from model.evaluation import comparable
from model.plotting.drawing import format_of
from model.plotting.reliability import Series, draw_reliability
from model.training.calibrating import Judged, calibrate, judge
from model.translation import LineTranslator


@dataclass(frozen=True, slots=True)
class Measured:
    """How well confidence says what is good, in one direction."""

    judged: Judged
    good: float
    mean_probability: float
    bins: list[Bin]
    brier: float

    @property
    def error(self) -> float:
        """See ``calibration_error``."""
        return calibration_error(self.bins)


def run_calibrate(args: argparse.Namespace) -> int:
    """Translate, fit or look up, measure, store if asked to, draw, print."""
    kinds = {path: format_of(path) for path in args.output}
    if args.good_chrf is not None and not 0.0 < args.good_chrf <= 100.0:
        raise ConfigError(f"--good-chrf: must be above 0 and at most 100, not {args.good_chrf:g}")
    sets = read_sets(args)
    [checkpoint] = open_checkpoints(args, [args.checkpoint])
    for item in sets:
        checkpoint.require_direction(item.source_language, item.target_language)
        item.references[:] = comparable(item.references, checkpoint.tokenizer)
    stored = _stored(checkpoint) if args.check else None
    with line_progress(args.progress, sum(len(item.sources) for item in sets)) as advance:
        judged = [
            judge(_translator(args, checkpoint, item.target_language), item, lambda n: advance(n, n))
            for item in sets
        ]
    wanted = None if args.good_chrf is None else Thresholds(good_chrf=args.good_chrf)
    calibration = stored or calibrate(judged, wanted)
    if args.write:
        set_calibration(args.checkpoint, calibration)
    measured = [_measure(one, calibration) for one in judged]
    series = [Series(one.judged.direction.replace("-", "→"), one.bins) for one in measured]
    for path, kind in kinds.items():
        path.write_bytes(draw_reliability(series, str(calibration), kind))
    if args.json:
        print(json.dumps(_as_json(args, checkpoint, calibration, measured), indent=2))
    else:
        _print(args, checkpoint, calibration, measured)
    return 0


def _stored(checkpoint: Checkpoint) -> Calibration:
    if checkpoint.config.calibration is None:
        raise ConfigError(f"{checkpoint.name} has not been calibrated; leave out --check to fit one")
    return checkpoint.config.calibration


def _translator(args: argparse.Namespace, checkpoint: Checkpoint, target_language: str) -> LineTranslator:
    return LineTranslator(
        model=checkpoint.model,
        tokenizer=checkpoint.tokenizer,
        target_language=target_language,
        options=checkpoint.decoding,
        rows=args.batch_rows,
        max_source_tokens=args.max_source_tokens,
    )


def _measure(judged: Judged, calibration: Calibration) -> Measured:
    good = judged.good(calibration.threshold(judged.direction))
    confidences = [calibration.confidence(judged.direction, value) for value in judged.mean_log_probs]
    return Measured(
        judged,
        good=sum(good) / len(good),
        mean_probability=sum(confidences) / len(good),
        bins=reliability(confidences, good),
        brier=brier_score(confidences, good),
    )


def _print(
    args: argparse.Namespace, checkpoint: Checkpoint, calibration: Calibration, measured: Sequence[Measured]
) -> None:
    console = Console()
    table = Table(title=f"confidence of {checkpoint.name}: good is a chrF of {calibration}")
    for heading in ("direction", "sentences", "good", "mean confidence", "calibration error", "Brier score"):
        table.add_column(heading, justify="left" if heading == "direction" else "right")
    for one in measured:
        table.add_row(
            one.judged.direction,
            str(len(one.judged.chrf)),
            f"{one.good:.3f}",
            f"{one.mean_probability:.3f}",
            f"{one.error:.3f}",
            f"{one.brier:.3f}",
        )
    console.print(table)
    console.print(f"flagged below a coverage of {calibration.coverage_floor:.3f}", highlight=False)
    if args.write:
        digest = read_manifest(args.checkpoint).digest
        console.print(f"stored in {args.checkpoint}, now {digest}", highlight=False, soft_wrap=True)


def _as_json(
    args: argparse.Namespace, checkpoint: Checkpoint, calibration: Calibration, measured: Sequence[Measured]
) -> dict[str, object]:
    return {
        "checkpoint": {"name": checkpoint.name, "digest": checkpoint.digest},
        "calibration": calibration.model_dump(mode="json"),
        "measured": {
            one.judged.direction: {
                "sentences": len(one.judged.chrf),
                "good": one.good,
                "mean_confidence": one.mean_probability,
                "calibration_error": one.error,
                "brier_score": one.brier,
                "bins": [each.model_dump(mode="json") for each in one.bins],
            }
            for one in measured
        },
        "written": read_manifest(args.checkpoint).digest if args.write else None,
    }
