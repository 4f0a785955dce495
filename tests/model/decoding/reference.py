"""Slow searches in plain Python, one sentence and one hypothesis at a time."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from model.config import DecodingOptions
from model.decoding import CONTROL_IDS, Job
from model.interface import Seq2Seq
from model.padding import pad_ids
from model.tokenizer import BOS, EOS


@dataclass(frozen=True)
class Path:
    """A hypothesis with the network's state behind it; ``log_prob`` is summed in float32."""

    tokens: tuple[int, ...]
    log_prob: np.float32
    coverage: tuple[float, ...]
    state: Any

    @property
    def last(self) -> int:
        return self.tokens[-1] if self.tokens else BOS


@dataclass(frozen=True)
class Ended:
    tokens: tuple[int, ...]
    log_prob: float
    score: float


class Walker:
    """Extends paths over one sentence, and knows which tokens are allowed where."""

    def __init__(
        self,
        network: Seq2Seq[Any, Any],
        source: Sequence[int],
        options: DecodingOptions,
        forbidden: Collection[int] = CONTROL_IDS,
    ) -> None:
        self.network = network
        self.options = options
        self.source = tuple(source)
        self.max_length = Job(0, self.source, options).max_length
        self.allowed = [t for t in range(network.vocabulary_size) if t not in forbidden and t != EOS]
        self.memory = network.encode(*pad_ids([self.source], network.device))

    def start(self) -> Path:
        state = self.network.init_state(self.memory, 1)
        return Path((), np.float32(0.0), (0.0,) * len(self.source), state)

    def log_probs(self, path: Path) -> tuple[dict[int, np.float32], tuple[float, ...], Any]:
        """The allowed next tokens with the sums they lead to; coverage and state after this step."""
        with torch.inference_mode():
            step = self.network.step(torch.tensor([[path.last]]), path.state, self.memory)
        values = step.log_probs[0, 0].numpy()
        coverage = tuple(c + a for c, a in zip(path.coverage, step.attention[0, 0].tolist(), strict=True))
        tokens = [] if len(path.tokens) == self.max_length else list(self.allowed)
        if len(path.tokens) >= min(self.options.min_length, self.max_length):
            tokens.append(EOS)
        return {token: path.log_prob + values[token] for token in sorted(tokens)}, coverage, step.state

    def end(self, tokens: tuple[int, ...], log_prob: float, coverage: Sequence[float]) -> Ended:
        return Ended(tokens, log_prob, score(len(tokens), log_prob, coverage, self.options))


def score(length: int, log_prob: float, coverage: Sequence[float], options: DecodingOptions) -> float:
    """The formula in ``DecodingOptions``, for ``length`` tokens before EOS."""
    norm = ((5 + length + 1) / 6) ** options.length_penalty
    term = sum(math.log(min(max(received, 1e-6), 1.0)) for received in coverage)
    return float(log_prob / norm + options.coverage_penalty * term)


def every_ending(walker: Walker) -> list[Ended]:
    """All translations there are, best first."""

    def below(path: Path) -> Iterator[Ended]:
        sums, coverage, state = walker.log_probs(path)
        for token, log_prob in sums.items():
            if token == EOS:
                yield walker.end(path.tokens, float(log_prob), coverage)
            else:
                yield from below(Path((*path.tokens, token), log_prob, coverage, state))

    return sorted(below(walker.start()), key=lambda ended: -ended.score)


def greedy(walker: Walker) -> tuple[int, ...]:
    """The tokens that are each the most probable in their place, the lowest where several are."""
    path = walker.start()
    while True:
        sums, coverage, state = walker.log_probs(path)
        token = max(sums, key=lambda t: (sums[t], -t))
        if token == EOS:
            return path.tokens
        path = Path((*path.tokens, token), sums[token], coverage, state)


def beam_search(walker: Walker) -> list[Ended]:
    """The search that ``model.decoding`` describes, without its bound."""
    size = walker.options.beam_size
    open_paths, ended = [walker.start()], list[Ended]()
    while open_paths and len(ended) < size:
        candidates = []
        for place, path in enumerate(open_paths):
            sums, coverage, state = walker.log_probs(path)
            candidates += [(-log_prob, place, token, coverage, state) for token, log_prob in sums.items()]
        candidates.sort(key=lambda candidate: candidate[:3])
        following = []
        for rank, (negative, place, token, coverage, state) in enumerate(candidates[: 2 * size]):
            tokens = open_paths[place].tokens
            if token != EOS:
                following.append(Path((*tokens, token), -negative, coverage, state))
            elif rank < size:
                ended.append(walker.end(tokens, float(-negative), coverage))
        open_paths = following[:size]
    return sorted(ended, key=lambda each: -each.score)[: walker.options.n_best]
