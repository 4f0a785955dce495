"""The time that no arrangement of the same work can beat: its arithmetic or traffic at the machine's best.

Williams et al. 2009: a computation is bound by arithmetic or by memory, whichever takes longer by itself.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn

from model.config import Frozen
from model.recurrent import RecurrentSeq2Seq

FLOAT32_BYTES = 4
REPEATS = 5


@dataclass(frozen=True)
class Work:
    """What a computation takes at least.

    Attributes:
        flops: floating-point operations of matrix products, two for each multiply-add.
        bytes: read and written, each number once.
    """

    flops: float
    bytes: float

    def __add__(self, other: Work) -> Work:
        """Both, one after the other."""
        return Work(self.flops + other.flops, self.bytes + other.bytes)

    def times(self, count: float) -> Work:
        """The same ``count`` times."""
        return Work(self.flops * count, self.bytes * count)


class Peaks(Frozen):
    """What the machine does at best, as measured in the same run.

    Attributes:
        flops_per_second: of a large square matrix product in the precision of the network.
        bytes_per_second: of a large copy, read and written.
    """

    flops_per_second: float
    bytes_per_second: float

    def seconds(self, work: Work) -> float:
        """The least time for ``work``."""
        return max(work.flops / self.flops_per_second, work.bytes / self.bytes_per_second)


def measure_peaks(device: torch.device, dtype: torch.dtype, *, width: int, copied_bytes: int) -> Peaks:
    """Time a product of two ``[width, width]`` matrices and a copy of ``copied_bytes``; the best of five."""
    left, right = (torch.randn(width, width, device=device).to(dtype) for _ in range(2))
    product = torch.empty_like(left)
    origin = torch.zeros(copied_bytes, dtype=torch.uint8, device=device)
    copy = torch.empty_like(origin)
    multiplying = best_seconds(lambda: torch.mm(left, right, out=product), device)
    copying = best_seconds(lambda: copy.copy_(origin), device)
    return Peaks(flops_per_second=2.0 * width**3 / multiplying, bytes_per_second=2.0 * copied_bytes / copying)


def best_seconds(run: Callable[[], object], device: torch.device) -> float:
    """The least time of five, after one that warms up."""
    seconds = []
    for _ in range(REPEATS + 1):
        wait_for(device)
        begin = time.perf_counter()
        run()
        wait_for(device)
        seconds.append(time.perf_counter() - begin)
    return min(seconds[1:])


def wait_for(device: torch.device) -> None:
    """Until ``device`` has done all that it was told."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def step_work(model: RecurrentSeq2Seq, rows: int, beam: int, src_len: int) -> Work:
    """A decoding step of ``rows`` sentences: every matrix applied to every hypothesis, and attention.

    Weights are read once; keys, values and states once, states are written as well; logits are written and
    read in float32.
    """
    config, number = model.config, model.output_bias.element_size()
    hypotheses, hidden = rows * beam, config.hidden_size
    parts = (model.query_layer, model.decoder_layers, model.readout, model.embedding)
    weights = sum(map(_matrix_entries, parts)) + _attention_entries(model, "query.weight")
    attention = 2 * src_len * hidden
    state = config.decoder_layers * model.query_layer.slots * hidden
    return Work(
        flops=2.0 * hypotheses * (weights + attention),
        bytes=number * (weights + rows * attention + 2.0 * hypotheses * state)
        + 2.0 * FLOAT32_BYTES * hypotheses * config.vocabulary_size,
    )


def encoder_work(model: RecurrentSeq2Seq, rows: int, src_len: int) -> Work:
    """Encoding ``rows`` sentences of ``src_len`` tokens; weights are read once."""
    parts = [model.forward_layer, model.encoder_layers]
    if model.backward_layer is not None:
        parts.append(model.backward_layer)
    weights = sum(map(_matrix_entries, parts)) + _attention_entries(model, "key.weight", "value.weight")
    return Work(2.0 * rows * src_len * weights, float(model.output_bias.element_size() * weights))


def _attention_entries(model: RecurrentSeq2Seq, *names: str) -> int:
    return sum(weight.numel() for name, weight in model.attention.named_parameters() if name in names)


def _matrix_entries(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters() if parameter.dim() == 2)
