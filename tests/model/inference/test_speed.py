"""A guard against slow decoding: against a fixed computation, as seconds say more of the machine."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

import pytest
import torch

from benchmarks.reference import Reference
from model.build import build_model
from model.config import DecodingOptions, ModelConfig
from model.decoding import decode
from model.errors import KernelError
from model.inference import decoding_network
from model.tokenizer import EOS

SENTENCES, LENGTH, VOCABULARY = 32, 14, 6000
LEAST = {5: 40.0, 1: 90.0}
"""Sentences in the time of one reference computation, by beam size: some 60 % of what was measured."""


def cpu_seconds(work: Callable[[], object]) -> float:
    begin = time.process_time()
    work()
    return time.process_time() - begin


@pytest.mark.parametrize("beam_size", LEAST)
def test_int8_decoding_is_as_fast_as_ever(beam_size: int) -> None:
    """A network of the bundled one's shape, one thread, every translation as long as its source."""
    network = build_model(ModelConfig(vocabulary_size=VOCABULARY)).eval().requires_grad_(False)
    try:
        packed = decoding_network(network, "int8")
    except KernelError as error:
        pytest.skip(str(error))
    dice = random.Random(1)
    sources = [[*dice.choices(range(3, VOCABULARY), k=LENGTH), EOS] for _ in range(SENTENCES)]
    options = DecodingOptions(beam_size=beam_size, min_length=LENGTH, max_length=LENGTH)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        reference = Reference()
        rounds = [
            (cpu_seconds(reference.seconds), cpu_seconds(lambda: decode(packed, sources, options)))
            for _ in range(4)
        ]
    finally:
        torch.set_num_threads(threads)
    # The best of interleaved rounds: what other processes take is only ever added.
    ratio = SENTENCES * min(fixed for fixed, _ in rounds) / min(ours for _, ours in rounds)
    assert ratio > LEAST[beam_size], f"{ratio:.1f} sentences in the time of the reference"
