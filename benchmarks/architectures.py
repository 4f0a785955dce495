"""``python -m benchmarks.architectures``: every architecture trained alike on Multi30k, in one table."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import torch
from rich.console import Console

from benchmarks.architecture_results import ArchitectureResult, ArchitectureResults, markdown
from benchmarks.architecture_runs import VARIANTS, Variant
from benchmarks.command import add_output, guarded, progress, whole
from benchmarks.decoder import DecodeBenchmark
from benchmarks.multi30k import add_texts
from benchmarks.multi30k_scores import METHOD, TEST, Split
from benchmarks.record import RESULTS, ROOT, CheckpointIdentity, Record, provenance, write_record
from benchmarks.summary import Spread
from model.checkpoint import Checkpoint
from model.cli.arguments import HelpFormatter
from model.config import DecodingOptions, Recipe, load_recipe
from model.evaluation import translate_texts
from model.training.batching import plan_epoch
from model.training.corpus import parse_direction
from model.training.mixture import plan_mixture
from model.training.prepared import PreparedCorpus

BATCH, BEAM_SIZE = 32, 5

_METHOD = (
    "Every network is trained by `python -m model train` with the same recipe but for its [model] table: the "
    "same batches in the same order, the same number of updates; no setting was tuned for any of them. The "
    "weights are the moving average after the last update, or one validated before that where the validation "
    f"text says so. Translations of the test text: beam {BEAM_SIZE}, float32, the default penalties. Speeds "
    "are by processor time of one thread, in "
    "training (bfloat16 where the recipe says nothing else, updates alone) and in decoding (float32, "
    f"at most {BATCH} sentences at a time, tokenised beforehand, after an untimed pass). {METHOD}"
)

_EPILOG = """\
example:
  sh recipes/prepare-multi30k.sh multi30k data/multi30k
  python -m benchmarks.architectures recipes/multi30k-architectures.toml --texts multi30k

A run that was stopped is continued by the same command; what is trained is not trained again. With more
--updates, all of them are trained further.
"""


def main(arguments: Sequence[str]) -> int:
    """Train, measure, print the table and write the record; returns the exit status."""
    options = build_parser().parse_args(arguments)
    return guarded(lambda: run(options, arguments))


def build_parser() -> argparse.ArgumentParser:
    """The parser of the command's arguments."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.architectures",
        description="Train every architecture alike and compare them.",
        epilog=_EPILOG,
        formatter_class=HelpFormatter,
    )
    parser.add_argument("recipe", type=Path, metavar="RECIPE.toml", help="what they have in common")
    add_texts(parser)
    parser.add_argument(
        "--runs", type=Path, default=Path("runs/architectures"), metavar="DIR", help="default: %(default)s"
    )
    parser.add_argument(
        "--only", nargs="+", choices=list(VARIANTS), default=list(VARIANTS), help="default: all of them"
    )
    parser.add_argument("--updates", type=whole, metavar="N", help="instead of the recipe's max_updates")
    parser.add_argument("--train-only", action="store_true", help="measure nothing yet, write no record")
    parser.add_argument(
        "--sentences", type=whole, default=200, metavar="N", help="decoded for the speed (default: 200)"
    )
    parser.add_argument("--repeats", type=whole, default=3, metavar="N", help="timed passes (default: 3)")
    add_output(parser, "architectures-SRC-TGT-DATE.json")
    return parser


def run(options: argparse.Namespace, arguments: Sequence[str]) -> None:
    """Train what is not trained yet; then measure all of it.

    Raises:
        BenchmarkError: a run is that of another recipe, the dataset's files do not belong together, or the
            record cannot be written.
        ModelError: the recipe or a file cannot be used.
    """
    base = _recipe(options)
    languages = parse_direction(options.direction)
    split = Split.read(options.texts, TEST, *languages)
    variants = [Variant.of(name, base, options.runs) for name in options.only]
    for variant in variants:
        if not variant.finished:
            variant.train()
    if options.train_only:
        return
    torch.set_num_threads(1)
    origin = provenance("benchmarks.architectures", arguments, method=_METHOD)
    found = []
    with progress(len(variants)) as say:
        for variant in variants:
            result = measure(variant, split, sentences=options.sentences, repeats=options.repeats)
            found.append(result)
            say(f"{variant.name}: BLEU {result.scores.published.bleu:.2f}")
    tokens, pairs = trained_on(base)
    results = ArchitectureResults(
        direction=options.direction,
        training=base.training,
        tokens=tokens,
        pairs=pairs,
        decoded_sentences=min(options.sentences, len(split.sources)),
        batch=BATCH,
        beam_size=BEAM_SIZE,
        architectures=tuple(found),
    )
    Console().print(markdown(results), highlight=False, soft_wrap=True)
    path = options.output or ROOT / RESULTS / f"architectures-{options.direction}-{origin.date[:10]}.json"
    write_record(Record[ArchitectureResults](provenance=origin, results=results), path)


def _recipe(options: argparse.Namespace) -> Recipe:
    recipe = load_recipe(options.recipe)
    if not options.updates:
        return recipe
    training = recipe.training.model_copy(update={"max_updates": options.updates})
    return recipe.model_copy(update={"training": training})


def measure(variant: Variant, split: Split, *, sentences: int, repeats: int) -> ArchitectureResult:
    """The scores and speeds of a network that is trained.

    Raises:
        BenchmarkError: its run is that of another recipe.
        ModelError: its checkpoint cannot be used.
    """
    checkpoint = variant.load()
    decoding = DecodingOptions(beam_size=BEAM_SIZE)
    texts = translate_texts(checkpoint.model, checkpoint.tokenizer, split.sources, split.target, decoding)
    return ArchitectureResult(
        name=variant.name,
        checkpoint=CheckpointIdentity.of(checkpoint),
        trained=variant.commit(),
        model=checkpoint.config.model,
        parameters=sum(parameter.numel() for parameter in checkpoint.model.parameters()),
        update=int(str(checkpoint.config.training["update"])),
        training_tokens_per_cpu_second=variant.training_speed(),
        perplexity=variant.training_records()[-1]["perplexity"],
        scores=split.score(texts),
        decoded_per_cpu_second=_decoding_speed(checkpoint, split, sentences, repeats),
    )


def trained_on(recipe: Recipe) -> tuple[int, int]:
    """Source and target tokens of all updates of ``recipe``, and the pairs there are.

    Raises:
        CorpusError: the prepared text cannot be used.
    """
    corpus = PreparedCorpus.load(recipe.data.directory).restricted_to(recipe.data.directions)
    tokens = sum(islice(_tokens(corpus, recipe), recipe.training.max_updates))
    return tokens, len(corpus.dataset)


def _tokens(corpus: PreparedCorpus, recipe: Recipe) -> Iterator[int]:
    """Real tokens of each update, without end."""
    mixture = plan_mixture(corpus, recipe.data)
    epoch = update = 0
    while True:
        planned = plan_epoch(corpus.dataset, recipe.training, epoch, mixture, update)
        for batch in planned.iterate(0):
            yield batch.tokens
        epoch, update = epoch + 1, update + len(planned)


def _decoding_speed(checkpoint: Checkpoint, split: Split, sentences: int, repeats: int) -> Spread:
    benchmark = DecodeBenchmark(
        checkpoint, checkpoint.model, split.sources[:sentences], split.target, repeats=repeats
    )
    cell = benchmark.measure(BATCH, BEAM_SIZE)
    slow, fast = cell.cpu_ms_per_sentence.high, cell.cpu_ms_per_sentence.low
    return Spread(median=1e3 / cell.cpu_ms_per_sentence.median, low=1e3 / slow, high=1e3 / fast)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
