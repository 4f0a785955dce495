"""What comparing trainers gives, and its arithmetic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from benchmarks.summary import Spread
from model.config import Frozen


class TrainingRound(Frozen):
    """The measured updates of one run of a trainer.

    Attributes:
        target_tokens: real ones: pieces and EOS, neither padding nor BOS.
        seconds: wall time.
        cpu_seconds: of the trainer's process; None where the system does not tell.
    """

    updates: int
    sentences: int
    target_tokens: int
    seconds: float
    cpu_seconds: float | None

    @property
    def tokens_per_second(self) -> float:
        """Real target tokens in a second of wall time."""
        return self.target_tokens / self.seconds

    @property
    def tokens_per_cpu_second(self) -> float | None:
        """Real target tokens in a second of processor time."""
        return self.target_tokens / self.cpu_seconds if self.cpu_seconds else None


class TrainerResult(Frozen):
    """One trainer; the rounds in their order."""

    name: str
    precision: str
    parameters: int
    sentences_per_update: float
    target_tokens_per_update: float
    tokens_per_second: Spread
    tokens_per_cpu_second: Spread | None
    rounds: tuple[TrainingRound, ...]

    @classmethod
    def of(cls, name: str, precision: str, parameters: int, rounds: Sequence[TrainingRound]) -> TrainerResult:
        """The summary of ``rounds``, at least one."""
        updates = sum(each.updates for each in rounds)
        return cls(
            name=name,
            precision=precision,
            parameters=parameters,
            sentences_per_update=sum(each.sentences for each in rounds) / updates,
            target_tokens_per_update=sum(each.target_tokens for each in rounds) / updates,
            tokens_per_second=Spread.of([each.tokens_per_second for each in rounds]),
            tokens_per_cpu_second=_spread([each.tokens_per_cpu_second for each in rounds]),
            rounds=tuple(rounds),
        )


class TrainingRatio(Frozen):
    """How many times as fast ``name`` is as ``peer``: the spread over rounds of the ratio within a round.

    Attributes:
        wall: by wall time.
        cpu: by processor time, the better of the two on a machine with other work.
    """

    name: str
    precision: str
    peer: str
    wall: Spread
    cpu: Spread | None

    @classmethod
    def of(cls, ours: TrainerResult, peer: TrainerResult) -> TrainingRatio:
        """``ours`` by ``peer``, round by round."""
        both = list(zip(ours.rounds, peer.rounds, strict=True))
        return cls(
            name=ours.name,
            precision=ours.precision,
            peer=peer.name,
            wall=Spread.of([a.tokens_per_second / b.tokens_per_second for a, b in both]),
            cpu=_spread([_divided(a.tokens_per_cpu_second, b.tokens_per_cpu_second) for a, b in both]),
        )


class TrainingResults(Frozen):
    """Everything that was measured.

    Attributes:
        text: what was trained on.
        pairs: sentence pairs after cleaning.
        shape: of all networks: layers, sizes, attention.
        batch_tokens: the limit of padded source and target tokens of a batch.
        cpu: the core that all processes were kept on; None: as the system liked.
        warmup_updates: not timed.
        packages: versions in the peer's environment.
    """

    text: str
    pairs: int
    vocabulary_size: int
    shape: Mapping[str, int | str]
    batch_tokens: int
    threads: int
    cpu: int | None
    warmup_updates: int
    packages: Mapping[str, str]
    trainers: tuple[TrainerResult, ...]
    ratios: tuple[TrainingRatio, ...]


def width(spread: Spread) -> float:
    """How far repeats lie apart: greatest less least, by the median."""
    return (spread.high - spread.low) / spread.median


def _divided(a: float | None, b: float | None) -> float | None:
    return None if a is None or b is None else a / b


def _spread(values: Sequence[float | None]) -> Spread | None:
    known = [value for value in values if value is not None]
    return Spread.of(known) if len(known) == len(values) else None
