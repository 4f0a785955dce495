"""The work of ``python -m model tune``."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from rich.console import Console
from rich.table import Table

from model.checkpoint import Checkpoint, read_manifest, set_decoding_defaults
from model.cli.progress import line_progress
from model.cli.run_evaluate import read_test_set
from model.cli.setup import open_checkpoints
from model.config import DecodingOptions, parse
from model.evaluation import comparable
from model.training.corpus import parse_direction
from model.training.tuning import Grid, Trial, best, tune
from model.training.validation import Validation
from model.translation import LineTranslator


def run_tune(args: argparse.Namespace) -> int:
    """Try every setting, print, and store the winner if asked to."""
    sets = read_sets(args)
    [checkpoint] = open_checkpoints(args, [args.checkpoint])
    for item in sets:
        checkpoint.require_direction(item.source_language, item.target_language)
        item.references[:] = comparable(item.references, checkpoint.tokenizer)
    grid = _grid(args, checkpoint)
    translator = LineTranslator(
        model=checkpoint.model,
        tokenizer=checkpoint.tokenizer,
        target_language=args.target_lang,
        options=checkpoint.decoding,
        rows=args.batch_rows,
        max_source_tokens=args.max_source_tokens,
    )
    sentences = sum(len(item.sources) for item in sets) * len(grid.beam_sizes)
    with line_progress(args.progress, sentences) as advance:
        trials = tune(translator, sets, grid, lambda count: advance(count, count))
    winner = best(trials)
    decoding = _with(checkpoint.decoding, winner)
    if args.write:
        set_decoding_defaults(args.checkpoint, decoding)
    if args.json:
        print(json.dumps(_as_json(args, checkpoint, sets, trials), indent=2, ensure_ascii=False))
    else:
        _print(args, checkpoint, sets, trials)
    return 0


def read_sets(args: argparse.Namespace) -> list[Validation]:
    """The text of every direction, read before anything is loaded."""
    named = [((args.source_lang, args.target_lang), args.source, args.reference)]
    named += [(parse_direction(direction), Path(one), Path(other)) for direction, one, other in args.also]
    return [Validation(*languages, *read_test_set(one, other)) for languages, one, other in named]


def _grid(args: argparse.Namespace, checkpoint: Checkpoint) -> Grid:
    """The grid asked for, each value accepted by ``DecodingOptions`` and tried once, in rising order.

    Raises:
        ConfigError: a value is not accepted; names it and says what is.
    """
    columns = {
        "beam_size": args.beam_sizes or [checkpoint.decoding.beam_size],
        "length_penalty": args.length_penalties,
        "coverage_penalty": args.coverage_penalties,
    }
    for name, values in columns.items():
        for value in values:
            parse(DecodingOptions, {name: value}, "decoding options")
    return Grid(*(tuple(sorted(set(values))) for values in columns.values()))


def _with(decoding: DecodingOptions, trial: Trial) -> DecodingOptions:
    changed = decoding.model_dump() | trial.setting._asdict()
    return parse(DecodingOptions, changed | {"n_best": 1}, "decoding options")


def _print(
    args: argparse.Namespace, checkpoint: Checkpoint, sets: Sequence[Validation], trials: Sequence[Trial]
) -> None:
    console, winner = Console(), best(trials)
    for beam_size, group in groupby(trials, key=lambda trial: trial.setting.beam_size):
        console.print(_table(beam_size, list(group), winner))
    console.print(_describe("now", _present(checkpoint, trials), sets), highlight=False, soft_wrap=True)
    console.print(_describe("best", winner, sets), highlight=False, soft_wrap=True)
    if args.write:
        digest = read_manifest(args.checkpoint).digest
        console.print(f"stored in {args.checkpoint}, now {digest}", highlight=False, soft_wrap=True)


def _table(beam_size: int, trials: Sequence[Trial], winner: Trial) -> Table:
    """Mean BLEU: a row for each length penalty, a column for each coverage penalty."""
    coverage = list(dict.fromkeys(trial.setting.coverage_penalty for trial in trials))
    table = Table(title=f"mean BLEU, beam size {beam_size}")
    table.add_column("length penalty", justify="right")
    for value in coverage:
        table.add_column(f"coverage {value:g}", justify="right")
    for length_penalty, group in groupby(trials, key=lambda trial: trial.setting.length_penalty):
        cells = (f"{trial.mean:.2f}" + ("*" if trial is winner else "") for trial in group)
        table.add_row(f"{length_penalty:g}", *cells)
    return table


def _present(checkpoint: Checkpoint, trials: Sequence[Trial]) -> Trial | None:
    """The trial of the checkpoint's present defaults, if the grid has it."""
    options = checkpoint.decoding
    present = (options.beam_size, options.length_penalty, options.coverage_penalty)
    return next((trial for trial in trials if trial.setting == present), None)


def _describe(heading: str, trial: Trial | None, sets: Sequence[Validation]) -> str:
    if trial is None:
        return f"{heading}: not on the grid"
    beam_size, length_penalty, coverage_penalty = trial.setting
    directions = ", ".join(
        f"{item.source_language}→{item.target_language} {bleu:.2f} (length ratio {ratio:.3f})"
        for item, bleu, ratio in zip(sets, trial.bleu, trial.length_ratio, strict=True)
    )
    return (
        f"{heading}: beam size {beam_size}, length penalty {length_penalty:g}, coverage penalty"
        f" {coverage_penalty:g}: {directions}"
    )


def _as_json(
    args: argparse.Namespace, checkpoint: Checkpoint, sets: Sequence[Validation], trials: Sequence[Trial]
) -> dict[str, object]:
    present = _present(checkpoint, trials)
    return {
        "checkpoint": {"name": checkpoint.name, "digest": checkpoint.digest},
        "directions": [[item.source_language, item.target_language] for item in sets],
        "best": _trial_as_json(best(trials)),
        "now": present and _trial_as_json(present),
        "trials": [_trial_as_json(trial) for trial in trials],
        "written": read_manifest(args.checkpoint).digest if args.write else None,
    }


def _trial_as_json(trial: Trial) -> dict[str, object]:
    return {
        **trial.setting._asdict(),
        "mean_bleu": trial.mean,
        "bleu": trial.bleu,
        "length_ratio": trial.length_ratio,
    }
