"""Slow searches in plain Python, one sentence and one hypothesis at a time."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from model.config import DecodingOptions
from model.decoding import CONTROL_IDS, Job, Term
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

    def attention(self, path: Path) -> list[float]:
        """What the step reads that ``log_probs`` is of."""
        with torch.inference_mode():
            step = self.network.step(torch.tensor([[path.last]]), path.state, self.memory)
        weights: list[float] = step.attention[0, 0].tolist()
        return weights

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

    terms: tuple[Term, ...]
    boundaries: frozenset[int]

    def held(self, tokens: tuple[int, ...]) -> list[Term]:
        """The terms that are somewhere in ``tokens``, each followed by a boundary or by nothing."""
        return [one for one in self.terms if any(self._holds(tokens, one, at) for at in range(len(tokens)))]

    def lacking(self, tokens: tuple[int, ...]) -> list[Term]:
        """The others."""
        held = self.held(tokens)
        return [term for term in self.terms if term not in held]

    def may_follow(self, tokens: tuple[int, ...], token: int, open_terms: Collection[Term]) -> bool:
        """Whether ``token`` does not go on with what has just been completed for the first time."""
        forced = {
            term.tokens[size]
            for term in self.lacking(tokens)
            for size in range(len(term.tokens))
            if ends_with(tokens, term, size) and (size or term in open_terms)
        }
        return not self.has_just_completed(tokens) or token in self.boundaries or token in forced

    def has_just_completed(self, tokens: tuple[int, ...]) -> bool:
        """Whether ``tokens`` ends with a term that it had not held before."""
        return any(
            tokens[-len(term.tokens) :] == term.tokens and not self._held_before(term, tokens)
            for term in self.terms
        )

    def standing(self, tokens: tuple[int, ...], token: int, open_terms: Collection[Term]) -> tuple[int, int]:
        """Terms held with one more token, and tokens of a further one; not what begins and is not open."""
        longer = (*tokens, token)
        held, most = 0, 0
        for term in self.terms:
            opened = term in open_terms or term.tokens[0] != token
            inside = any(self._holds(longer, term, at) for at in range(len(longer) - len(term.tokens)))
            complete = longer[-len(term.tokens) :] == term.tokens and (opened or len(term.tokens) > 1)
            if inside or complete:
                held += 1
            elif (size := begun(longer, term)) > 1 or opened:
                most = max(most, size)
        return held, most

    def _held_before(self, term: Term, tokens: tuple[int, ...]) -> bool:
        return any(self._holds(tokens, term, at) for at in range(len(tokens) - len(term.tokens)))

    def _holds(self, tokens: tuple[int, ...], term: Term, at: int) -> bool:
        end = at + len(term.tokens)
        return tokens[at:end] == term.tokens and (end == len(tokens) or tokens[end] in self.boundaries)


def begun(tokens: tuple[int, ...], term: Term) -> int:
    """How many first tokens of ``term``, but not all, ``tokens`` ends with at most."""
    return max(size for size in range(len(term.tokens)) if ends_with(tokens, term, size))


def ends_with(tokens: tuple[int, ...], term: Term, size: int) -> bool:
    """Whether ``tokens`` ends with the first ``size`` tokens of ``term``."""
    return size <= len(tokens) and tokens[len(tokens) - size :] == term.tokens[:size]


@dataclass(frozen=True)
class Candidate:
    """One more token, and where it puts the hypothesis: bank, and order within it."""

    place: int
    token: int
    log_prob: np.float32
    held: int
    begun: int
    cost: float
    coverage: tuple[float, ...]
    state: Any

    @property
    def bank(self) -> int:
        return 2 * self.held + (self.begun > 0)


def constrained_search(walker: Walker, demand: Demand) -> list[Ended]:
    """The search that ``model.decoding.constrained`` describes, over the whole vocabulary at each step."""
    size = walker.options.beam_size
    open_paths, ended = [walker.start()], list[Ended]()
    while open_paths and len(ended) < size:
        most = 0 if ended else max(len(demand.held(path.tokens)) for path in open_paths)
        candidates = [
            one
            for place, path in enumerate(open_paths)
            for one in continuations(
                walker, demand, place, path, not ended and len(demand.held(path.tokens)) == most
            )
        ]
        complete = [one for one in candidates if one.token != EOS or one.held == len(demand.terms)]
        if complete or ended or len(open_paths[0].tokens) < walker.max_length:
            candidates = complete
        following = []
        for rank, one in enumerate(in_turn(candidates)[: 2 * size]):
            tokens = open_paths[one.place].tokens
            if one.token != EOS:
                following.append(Path((*tokens, one.token), one.log_prob, one.coverage, one.state))
            elif rank < size:
                ended.append(walker.end(tokens, float(one.log_prob), one.coverage))
        open_paths = following[:size]
    return sorted(ended, key=lambda each: -each.score)[: walker.options.n_best]


def continuations(
    walker: Walker, demand: Demand, place: int, path: Path, is_foremost: bool
) -> Iterator[Candidate]:
    """What one more token makes of ``path``."""
    sums, coverage, state = walker.log_probs(path)
    open_terms = opened(walker, demand, path, sums, is_foremost)
    for token, log_prob in sums.items():
        if token == EOS:
            held = len(demand.held(path.tokens))
            yield Candidate(place, token, log_prob, held, 0, float(-log_prob), coverage, state)
        elif demand.may_follow(path.tokens, token, open_terms):
            held, most = demand.standing(path.tokens, token, open_terms)
            cost = float(-path.log_prob if most > 1 else -log_prob)
            yield Candidate(place, token, log_prob, held, most, cost, coverage, state)


def opened(
    walker: Walker, demand: Demand, path: Path, sums: Mapping[int, np.float32], is_foremost: bool
) -> Collection[Term]:
    """The terms that may begin: attended to, or all of them where ``path`` ends, or should."""
    some = demand.boundaries if demand.has_just_completed(path.tokens) else sums.keys()
    words = [log_prob for token, log_prob in sums.items() if token != EOS and token in some]
    ending = sums.get(EOS, np.float32(-np.inf))
    would_end = ending >= max(words, default=np.float32(-np.inf))
    if is_foremost and (would_end or 2 * len(path.tokens) >= walker.max_length):
        return demand.terms
    attention = walker.attention(path)
    return [term for term in demand.terms if max(attention[term.start : term.end]) >= 0.5 * max(attention)]


def in_turn(candidates: Sequence[Candidate]) -> list[Candidate]:
    """The candidates, bank by bank in turn."""
    banks: dict[int, list[Candidate]] = {}
    for one in candidates:
        banks.setdefault(one.bank, []).append(one)
    turns = [
        (rank, -bank, one)
        for bank, listed in banks.items()
        for rank, one in enumerate(
            sorted(
                listed,
                key=lambda one: (one.bank < max(banks) or one.begun < 3, one.cost, one.place, one.token),
            )
        )
    ]
    return [one for *_, one in sorted(turns, key=lambda turn: turn[:2])]
