"""What the comparison with other translators gives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Self

from benchmarks.summary import Spread
from benchmarks.tables import print_table
from model.config import Frozen

if TYPE_CHECKING:
    from benchmarks.peer_worker import Worker

_COLUMNS = "batch|beam|translator|version|parameters|sentences/s|sentences/CPU s|CPU ms/sentence|ours is"


class PeerPass(Frozen):
    """All sentences translated once; seconds."""

    seconds: float
    cpu_seconds: float


class PeerCell(Frozen):
    """One translator at one batch size and beam.

    Attributes:
        sentences_per_second: by wall time.
        sentences_per_cpu_second: by processor time.
        ratio: our sentences per second of processor time by this one's in the same round.
    """

    translator: str
    version: str
    parameters: int
    batch: int
    beam_size: int
    sentences_per_second: Spread
    sentences_per_cpu_second: Spread
    ratio: Spread

    @classmethod
    def of(
        cls,
        worker: Worker,
        batch: int,
        beam: int,
        sentences: int,
        passes: Sequence[PeerPass],
        ours: Sequence[PeerPass],
    ) -> Self:
        """From the timed passes of a translator, and ours of the same rounds."""
        pairs = zip(passes, ours, strict=True)
        return cls(
            translator=worker.name,
            version=worker.version,
            parameters=worker.parameters,
            batch=batch,
            beam_size=beam,
            sentences_per_second=Spread.of([sentences / each.seconds for each in passes]),
            sentences_per_cpu_second=Spread.of([sentences / each.cpu_seconds for each in passes]),
            ratio=Spread.of([theirs.cpu_seconds / own.cpu_seconds for theirs, own in pairs]),
        )


class PeerResults(Frozen):
    """All translators; ``length``: words of each source and translation."""

    sentences: int
    length: int
    vocabulary: int
    cells: tuple[PeerCell, ...]


def show_peers(results: PeerResults, ours: str) -> None:
    """Print a row for each translator and combination."""
    title = f"{results.length} words, vocabulary {results.vocabulary}; ratios to {ours}, by processor time"
    print_table(
        title,
        _COLUMNS,
        [
            (
                str(cell.batch),
                str(cell.beam_size),
                cell.translator,
                cell.version,
                f"{cell.parameters / 1e6:.1f}M",
                f"{cell.sentences_per_second.median:.1f}",
                f"{cell.sentences_per_cpu_second.median:.1f}",
                f"{1000.0 / cell.sentences_per_cpu_second.median:.2f}",
                f"{cell.ratio.median:.2f}x ({cell.ratio.low:.2f} to {cell.ratio.high:.2f})",
            )
            for cell in results.cells
        ],
    )
