"""A guard against slow decoding: against a fixed computation, as seconds say more of the machine."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import torch

from benchmarks.reference import Reference
from model.build import build_model
from model.config import DecodingOptions, ModelConfig
from model.decoding import Job, RunningBatch, decode
from model.errors import KernelError
from model.inference import decoding_network
from model.interface import Seq2Seq
from model.tokenizer import EOS

LENGTH, VOCABULARY = 14, 6000
ROUNDS = 4

Network = Seq2Seq[Any, Any]
Way = Callable[[Network, Sequence[list[int]], DecodingOptions], object]


def together(network: Network, sources: Sequence[list[int]], options: DecodingOptions) -> None:
    decode(network, sources, options)


def each_alone(network: Network, sources: Sequence[list[int]], options: DecodingOptions) -> None:
    """What a single user waits for: much of it is spent between the kernels."""
    for source in sources:
        decode(network, [source], options)


def one_after_the_other(network: Network, sources: Sequence[list[int]], options: DecodingOptions) -> None:
    """One joins at every step, and soon one leaves: what a service with many users does all the time."""
    batch = RunningBatch(network)
    for number, source in enumerate(sources):
        batch.join([Job(number, tuple(source), options)])
        batch.step()
    while batch.rows:
        batch.step()


def cpu_seconds(work: Callable[[], object]) -> float:
    begin = time.process_time()
    work()
    return time.process_time() - begin


@pytest.fixture(scope="module")
def packed() -> Network:
    """A network of the bundled one's shape."""
    network = build_model(ModelConfig(vocabulary_size=VOCABULARY)).eval().requires_grad_(False)
    try:
        return decoding_network(network, "int8")
    except KernelError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize(
    ("way", "sentences", "beam_size", "least"),
    [
        # sentences in the time of one reference computation: a half to two thirds of what was measured
        pytest.param(together, 32, 5, 40.0, id="32 at beam 5"),
        pytest.param(together, 32, 1, 90.0, id="32 at beam 1"),
        pytest.param(each_alone, 8, 5, 15.0, id="one at beam 5"),
        pytest.param(each_alone, 8, 1, 15.0, id="one at beam 1"),
        pytest.param(one_after_the_other, 32, 5, 20.0, id="joining at beam 5"),
        pytest.param(one_after_the_other, 32, 1, 28.0, id="joining at beam 1"),
    ],
)
def test_int8_decoding_is_as_fast_as_ever(
    packed: Network, way: Way, sentences: int, beam_size: int, least: float
) -> None:
    """One thread, every translation as long as its source."""
    dice = random.Random(1)
    sources = [[*dice.choices(range(3, VOCABULARY), k=LENGTH), EOS] for _ in range(sentences)]
    options = DecodingOptions(beam_size=beam_size, min_length=LENGTH, max_length=LENGTH)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        reference = Reference()
        rounds = [
            (cpu_seconds(reference.seconds), cpu_seconds(lambda: way(packed, sources, options)))
            for _ in range(ROUNDS)
        ]
    finally:
        torch.set_num_threads(threads)
    # The best of interleaved rounds: what other processes take is only ever added.
    ratio = sentences * min(fixed for fixed, _ in rounds) / min(ours for _, ours in rounds)
    assert ratio > least, f"{ratio:.1f} sentences in the time of the reference"
