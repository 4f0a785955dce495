"""What the comparison of architectures found, and its table."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.multi30k_scores import SplitScores
from benchmarks.record import CheckpointIdentity, Commit
from benchmarks.summary import Spread
from model.config import Frozen, ModelConfig, TrainingConfig


class ArchitectureResult(Frozen):
    """One trained network.

    Attributes:
        trained: the code that began its training.
        update: the one whose weights are kept.
        training_tokens_per_cpu_second: source and target tokens; the spread is over the run's records.
        perplexity: of the last training batches, with all their noise, per target token; the batches are the
            same for all networks.
        decoded_per_cpu_second: sentences; the spread is over repeats.
    """

    name: str
    checkpoint: CheckpointIdentity
    trained: Commit
    model: ModelConfig
    parameters: int
    update: int
    training_tokens_per_cpu_second: Spread
    perplexity: float
    scores: SplitScores
    decoded_per_cpu_second: Spread


class ArchitectureResults(Frozen):
    """All of them, with what they have in common.

    Attributes:
        tokens: real source and target tokens that each was trained on.
        pairs: training pairs.
        decoded_sentences: of the test text, for the speed.
        batch: sentences decoded at a time, for the speed.
    """

    direction: str
    training: TrainingConfig
    tokens: int
    pairs: int
    decoded_sentences: int
    batch: int
    beam_size: int
    architectures: tuple[ArchitectureResult, ...]


HEADINGS = (
    "network",
    "encoder",
    "attention",
    "BLEU",
    "cased BLEU",
    "perplexity",
    "parameters",
    "training tokens/s",
    "decoding sentences/s",
)


def rows(results: ArchitectureResults) -> Iterator[tuple[str, ...]]:
    """A row of cells for each network, as ``HEADINGS`` names them; the best first."""
    for each in sorted(results.architectures, key=lambda result: -result.scores.published.bleu):
        yield (
            *_describe(each.model),
            f"{each.scores.published.bleu:.1f}",
            f"{each.scores.cased.bleu:.1f}",
            f"{each.perplexity:.1f}",
            f"{each.parameters / 1e6:.2f} M",
            f"{_round(each.training_tokens_per_cpu_second.median):,}",
            f"{each.decoded_per_cpu_second.median:.0f}",
        )


def markdown(results: ArchitectureResults) -> str:
    """The table as it stands in ``docs/architectures.md``."""
    lines = [HEADINGS, ("---",) * 3 + ("--:",) * 6, *rows(results)]
    return "".join("| " + " | ".join(cells) + " |\n" for cells in lines)


def _describe(model: ModelConfig) -> tuple[str, str, str]:
    if model.architecture == "transformer":
        return "Transformer", "all to all", f"{model.attention_heads} heads in every layer"
    encoder = "both ways" if model.bidirectional else "forward"
    attention = model.attention.replace("_", " ")
    return ("RNN (tanh)" if model.cell == "rnn" else model.cell.upper()), encoder, attention


def _round(rate: float) -> int:
    """Two digits say all that a rate of this kind is worth."""
    return int(float(f"{rate:.2g}"))
