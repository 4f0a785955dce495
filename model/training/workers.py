"""The processes that make a run's updates together, each with batches of its own.

``torchrun`` starts them and tells each its rank; a run without it is one worker. All hold the same weights:
the gradients of their batches are added before each step (data-parallel training), so an update of ``n``
workers is the update of one whose batch is theirs together. The first worker alone writes, validates and
reports.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch import Tensor

from model.errors import TrainingError

RANK_SEED_STRIDE = 1_000_003
"""Apart from one another by a prime: no worker draws what another run's first worker draws."""


@dataclass(frozen=True)
class Workers:
    """This process among the workers of a run.

    Attributes:
        rank: its number, from 0.
        size: how many there are.
    """

    rank: int = 0
    size: int = 1

    @property
    def first(self) -> bool:
        """Whether this worker writes, validates and reports."""
        return self.rank == 0

    def seed_apart(self, seed: int) -> None:
        """Give this worker random numbers of its own; the first goes on with those of a lone worker."""
        if not self.first:
            torch.manual_seed(seed + self.rank * RANK_SEED_STRIDE)

    def sum(self, values: Sequence[float]) -> list[float]:
        """The sum over the workers of each of ``values``."""
        if self.size == 1:
            return list(values)
        sums = torch.tensor(values, dtype=torch.float64)
        dist.all_reduce(sums)
        return [float(value) for value in sums]

    def any(self, mine: bool) -> bool:
        """Whether it is so for any worker."""
        return self.sum([float(mine)])[0] > 0

    def add_gradients(self, parameters: Iterable[Tensor]) -> None:
        """Replace the gradient of each of ``parameters`` by the sum over the workers, in one exchange.

        A parameter that this worker's batch did not touch counts as zero.
        """
        if self.size == 1:
            return
        parameters = [parameter for parameter in parameters if parameter.requires_grad]
        gradients = [torch.zeros_like(p) if p.grad is None else p.grad for p in parameters]
        flat = torch.cat([gradient.reshape(-1) for gradient in gradients])
        dist.all_reduce(flat)
        parts = flat.split([gradient.numel() for gradient in gradients])
        for parameter, part in zip(parameters, parts, strict=True):
            parameter.grad = part.view_as(parameter)

    def tell(self, text: str) -> str:
        """The first worker's ``text``, on all of them."""
        if self.size == 1:
            return text
        told = torch.tensor(list(text.encode()), dtype=torch.uint8)
        length = torch.tensor([len(told)])
        dist.broadcast(length, src=0)
        if not self.first:
            told = torch.empty(int(length), dtype=torch.uint8)
        dist.broadcast(told, src=0)
        return bytes(told.tolist()).decode()

    def gather(self, tensor: Tensor) -> list[Tensor]:
        """Every worker's ``tensor`` (all of one shape and dtype), by rank."""
        if self.size == 1:
            return [tensor]
        gathered = [torch.empty_like(tensor) for _ in range(self.size)]
        dist.all_gather(gathered, tensor)
        return gathered


@contextmanager
def join_workers() -> Iterator[Workers]:
    """Meet the other workers that ``torchrun`` started, and part from them at the end; alone without it.

    Raises:
        TrainingError: there are more workers than GPUs.
    """
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1:
        yield Workers()
        return
    rank, local_rank = int(os.environ["RANK"]), int(os.environ["LOCAL_RANK"])
    if torch.cuda.is_available():
        if local_rank >= torch.cuda.device_count():
            raise TrainingError(f"{size} workers, but {torch.cuda.device_count()} GPUs: start one for each")
        torch.cuda.set_device(local_rank)
    # Tensors meet through NCCL where they are on GPUs, and through gloo where they are not.
    dist.init_process_group("cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo")
    try:
        yield Workers(rank, size)
    finally:
        dist.destroy_process_group()
