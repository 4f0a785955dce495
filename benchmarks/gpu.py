"""``python -m benchmarks.gpu``: how fast a GPU decodes, beside published numbers and the roofline."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import torch

from benchmarks.command import guarded, progress, whole
from benchmarks.gpu_decoder import METHOD, GpuBenchmark, GpuCell, Setting
from benchmarks.record import RESULTS, ROOT, Record, provenance, write_record
from benchmarks.roofline import Peaks, measure_peaks
from benchmarks.tables import print_table
from model.cli.arguments import HelpFormatter
from model.config import Frozen, ModelConfig, ModelShape
from model.errors import ConfigError

_EPILOG = """\
examples:
  python -m benchmarks.gpu                      on a GPU: writes benchmarks/results/gpu-NAME-DATE.json
  python -m benchmarks.gpu --size tiny --device cpu      shows that it works; its numbers mean nothing

benchmarks/README.md explains the numbers.
"""

GNMT_ON_A100 = {(1, 5): 848.0, (32, 5): 11_803.0, (128, 5): 28_201.0, (512, 5): 47_003.0}
"""Target tokens a second of NVIDIA's GNMT v2 for PyTorch, an LSTM of 4+4 layers of 1024, on an A100, by batch
and beam; of text whose lengths differ: a landmark, not a race."""


_COLUMNS = "batch|beam|target tok/s|without slots|GNMT, A100|ratio|ms/step|of the roofline|memory GiB"
_NOTHING = "-"


class Size(NamedTuple):
    """A network, how much is decoded with it, and what others have published about such a one."""

    model: ModelConfig
    source_tokens: int
    target_tokens: int
    combinations: tuple[tuple[int, int], ...]
    landmarks: dict[tuple[int, int], float]
    gemm_width: int
    copied_bytes: int


SIZES = {
    "gnmt": Size(
        ModelShape(embedding_size=1024, hidden_size=1024, encoder_layers=4, decoder_layers=4).with_vocabulary(
            32_000
        ),
        source_tokens=28,
        target_tokens=28,
        combinations=tuple(GNMT_ON_A100),
        landmarks=GNMT_ON_A100,
        gemm_width=8192,
        copied_bytes=2**30,
    ),
    "tiny": Size(
        ModelShape(embedding_size=32, hidden_size=32).with_vocabulary(500),
        source_tokens=6,
        target_tokens=5,
        combinations=((1, 5), (9, 2)),
        landmarks={},
        gemm_width=64,
        copied_bytes=2**20,
    ),
}


class GpuResults(Frozen):
    """All combinations, and what they have in common.

    Attributes:
        device: its name.
        peaks: what it does at best.
        landmarks: target tokens a second that others have published, by "batch/beam".
    """

    device: str
    precision: str
    model: ModelConfig
    source_tokens: int
    target_tokens: int
    repeats: int
    peaks: Peaks
    landmarks: dict[str, float]
    cells: tuple[GpuCell, ...]


def main(arguments: Sequence[str]) -> int:
    """Run the command; its exit status."""
    options = build_parser().parse_args(arguments)
    return guarded(lambda: _run(options, arguments))


def build_parser() -> argparse.ArgumentParser:
    """The parser of the command's arguments."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.gpu",
        description="Measure how fast a GPU decodes with a network of random weights.",
        epilog=_EPILOG,
        formatter_class=HelpFormatter,
    )
    parser.add_argument("--size", choices=tuple(SIZES), default="gnmt", help="default: %(default)s")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cuda", help="default: %(default)s")
    parser.add_argument(
        "--precision",
        choices=("bfloat16", "float16", "float32"),
        default="bfloat16",
        help="default: %(default)s",
    )
    parser.add_argument("--repeats", type=whole, default=5, metavar="N", help="timed passes (default: 5)")
    parser.add_argument(
        "--general",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="whether to time decoding without slots, too",
    )
    parser.add_argument(
        "--output", type=Path, metavar="FILE", help="default: on a GPU benchmarks/results/, elsewhere nowhere"
    )
    return parser


def measure(
    size: Size, device: torch.device, dtype: torch.dtype, repeats: int, *, general: bool
) -> GpuResults:
    """Measure every combination of ``size``."""
    peaks = measure_peaks(device, dtype, width=size.gemm_width, copied_bytes=size.copied_bytes)
    setting = Setting(size.model, dtype, device, size.source_tokens, size.target_tokens, repeats)
    benchmark = GpuBenchmark(setting, peaks)
    cells = []
    with progress(len(size.combinations)) as say:
        for batch, beam in size.combinations:
            cells.append(benchmark.measure(batch, beam, general=general))
            say(f"batch {batch}, beam {beam}: {cells[-1].tokens_per_second.median:.0f} target tokens/s")
    on_gpu = device.type == "cuda"
    return GpuResults(
        device=torch.cuda.get_device_name(device) if on_gpu else "CPU",
        precision=str(dtype).removeprefix("torch."),
        model=size.model,
        source_tokens=size.source_tokens,
        target_tokens=size.target_tokens,
        repeats=repeats,
        peaks=peaks,
        landmarks={f"{batch}/{beam}": rate for (batch, beam), rate in size.landmarks.items()},
        cells=tuple(cells),
    )


def show(results: GpuResults) -> None:
    """Print a row for each combination."""
    peaks = results.peaks
    title = (
        f"decoding on {results.device}, {results.precision}; at best "
        f"{peaks.flops_per_second / 1e12:.3g} TFLOP/s and {peaks.bytes_per_second / 1e9:.4g} GB/s"
    )
    print_table(title, _COLUMNS, [_row(cell, results.landmarks) for cell in results.cells])


def _row(cell: GpuCell, landmarks: dict[str, float]) -> list[str]:
    rate, general = cell.tokens_per_second, cell.general_tokens_per_second
    landmark = landmarks.get(f"{cell.batch}/{cell.beam_size}")
    return [
        str(cell.batch),
        str(cell.beam_size),
        f"{rate.median:.0f} ({rate.low:.0f}-{rate.high:.0f})",
        _NOTHING if general is None else f"{general.median:.0f}",
        _NOTHING if landmark is None else f"{landmark:.0f}",
        _NOTHING if landmark is None else f"{rate.median / landmark:.2f}",
        f"{cell.step_ms:.3f}",
        f"{cell.roofline_share:.1%}",
        _NOTHING if cell.memory_gib is None else f"{cell.memory_gib:.2f}",
    ]


def _run(options: argparse.Namespace, arguments: Sequence[str]) -> None:
    if options.device == "cuda" and not torch.cuda.is_available():
        raise ConfigError(
            "--device cuda: no CUDA device is available here; --device cpu --size tiny shows that "
            "the benchmark works"
        )
    device = torch.device(options.device)
    origin = provenance("benchmarks.gpu", arguments, method=METHOD, device=device)
    results = measure(
        SIZES[options.size],
        device,
        getattr(torch, options.precision),
        options.repeats,
        general=options.general,
    )
    show(results)
    if path := options.output or _default_path(results, device):
        write_record(Record[GpuResults](provenance=origin, results=results), path)


def _default_path(results: GpuResults, device: torch.device) -> Path | None:
    if device.type != "cuda":
        return None
    name = re.sub(r"[^a-z0-9]+", "-", results.device.lower()).strip("-")
    return ROOT / RESULTS / f"gpu-{name}-{datetime.now(UTC).date()}.json"


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
