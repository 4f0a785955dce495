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


@dataclass(frozen=True)
class Demand:
    """What a translation must hold, and what may follow it."""

    terms: tuple[tuple[int, ...], ...]
    boundaries: frozenset[int]

    def held(self, tokens: tuple[int, ...]) -> int:
        """How many terms are somewhere in ``tokens``, each followed by a boundary or by nothing."""
        return sum(any(self._holds(tokens, term, at) for at in range(len(tokens))) for term in self.terms)

    def begun(self, tokens: tuple[int, ...]) -> int:
        """How many first tokens of a term that is not held, but not all, ``tokens`` ends with at most."""
        lacking = [term for term in self.terms if not self.held_alone(term, tokens)]
        return max((self._begun(tokens, term) for term in lacking), default=0)

    def may_follow(self, tokens: tuple[int, ...], token: int) -> bool:
        """Whether ``token`` does not go on with what has just been completed for the first time."""
        lacking = [term for term in self.terms if not self.held_alone(term, tokens)]
        forced = {term[self._begun(tokens, term)] for term in lacking}
        first = any(
            tokens[-len(term) :] == term and not self._held_before(term, tokens) for term in self.terms
        )
        return not first or token in self.boundaries or token in forced

    def held_alone(self, term: tuple[int, ...], tokens: tuple[int, ...]) -> bool:
        return Demand((term,), self.boundaries).held(tokens) == 1

    def _held_before(self, term: tuple[int, ...], tokens: tuple[int, ...]) -> bool:
        places = range(len(tokens) - len(term))
        return any(self._holds(tokens, term, at) for at in places)

    def _holds(self, tokens: tuple[int, ...], term: tuple[int, ...], at: int) -> bool:
        behind = tokens[at + len(term) :]
        return tokens[at : at + len(term)] == term and (not behind or behind[0] in self.boundaries)

    def _begun(self, tokens: tuple[int, ...], term: tuple[int, ...]) -> int:
        return max(size for size in range(len(term)) if tokens[len(tokens) - size :] == term[:size])


def constrained_search(walker: Walker, demand: Demand) -> list[Ended]:
    """The search that ``model.decoding.constrained`` describes, over the whole vocabulary at each step."""
    size = walker.options.beam_size
    open_paths, ended = [walker.start()], list[Ended]()
    while open_paths and len(ended) < size:
        candidates = []
        for place, path in enumerate(open_paths):
            sums, coverage, state = walker.log_probs(path)
            for token, log_prob in sums.items():
                if token == EOS or demand.may_follow(path.tokens, token):
                    candidates.append((-log_prob, place, token, coverage, state))
        complete = [place for place, path in enumerate(open_paths) if is_complete(path, demand)]
        may_end = complete
        if not complete and not ended and len(open_paths[0].tokens) == walker.max_length:
            may_end = list(range(len(open_paths)))
        following = []
        for rank, one in enumerate(in_turn(open_paths, candidates, may_end, demand)[: 2 * size]):
            negative, place, token, coverage, state = one
            tokens = open_paths[place].tokens
            if token != EOS:
                following.append(Path((*tokens, token), -negative, coverage, state))
            elif rank < size:
                ended.append(walker.end(tokens, float(-negative), coverage))
        open_paths = following[:size]
    return sorted(ended, key=lambda each: -each.score)[: walker.options.n_best]


def is_complete(path: Path, demand: Demand) -> bool:
    return demand.held(path.tokens) == len(demand.terms)


def in_turn(
    open_paths: Sequence[Path], candidates: Sequence[Any], may_end: Collection[int], demand: Demand
) -> list[Any]:
    """The candidates, bank by bank in turn."""
    banks: dict[int, list[Any]] = {}
    for candidate in candidates:
        negative, place, token, *_ = candidate
        path = open_paths[place]
        if token == EOS and place in may_end:
            banks.setdefault(2 * demand.held(path.tokens), []).append((0, negative, place, token, candidate))
        elif token != EOS:
            tokens = (*path.tokens, token)
            begun = demand.begun(tokens)
            cost = -path.log_prob if begun > 1 else negative
            bank = banks.setdefault(2 * demand.held(tokens) + (begun > 0), [])
            bank.append((begun, cost, place, token, candidate))
    turns = [
        (rank, -bank, candidate)
        for bank, listed in banks.items()
        for rank, (*_, candidate) in enumerate(
            sorted(listed, key=lambda one: (bank < max(banks) or one[0] < 3, *one[1:4]))
        )
    ]
    return [candidate for *_, candidate in sorted(turns, key=lambda turn: turn[:2])]
