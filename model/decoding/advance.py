"""One step of the search, as a pure function."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from model.decoding.candidates import Candidates, Extensions, Ranking, Words, rank
from model.decoding.constrained import OpenRows, constrained_candidates
from model.decoding.constraints import Constraints
from model.decoding.finished import Shortlist
from model.decoding.options import Plan
from model.decoding.penalties import coverage_term, length_norm
from model.decoding.sampling import draw_candidates
from model.decoding.state import SearchState
from model.decoding.tensors import take_hypotheses
from model.tokenizer import EOS


class StepInput(NamedTuple):
    """What one step of the search reads besides its own state.

    Attributes:
        log_probs: of the next token, float32 ``[batch, beam, vocab]``.
        attention: float32 ``[batch, beam, src_len]``.
        mask: real source positions, bool ``[batch, src_len]``.
        words: what may be produced.
        plan: what the rows need together.
    """

    log_probs: Tensor
    attention: Tensor
    mask: Tensor
    words: Words
    plan: Plan


class Advanced(NamedTuple):
    """The search after a step.

    Attributes:
        search: the next state, hypotheses reordered.
        parents: which hypothesis each one continues, int64 ``[batch, beam]``.
        verdicts: for each row whether it has ended, and whether the network's numbers are unusable; bool
            ``[2, batch]``, so that the host learns all of it in one transfer.
    """

    search: SearchState
    parents: Tensor
    verdicts: Tensor


def advance(search: SearchState, given: StepInput) -> Advanced:
    """Extend every open hypothesis by one token.

    Where no row samples or has terms, nothing here makes the host wait for a GPU.

    Args:
        search: where the search stands; its capacity has room for one more token.
        given: what the network said.
    """
    candidates, unusable = _rank(search, given)
    coverage = search.coverage + given.attention
    is_eos = candidates.tokens == EOS
    shortlist = finish(search, given.plan, given.mask, candidates, coverage)
    log_probs, parents, tokens = _continue(search, given, candidates, is_eos)
    following = SearchState(
        options=search.options,
        length=search.length + 1,
        last=tokens,
        log_probs=log_probs,
        tokens=take_hypotheses(search.tokens, parents).scatter_(
            2, search.length[:, None, None].expand(-1, tokens.shape[1], 1), tokens[:, :, None]
        ),
        coverage=take_hypotheses(coverage, parents),
        shortlist=shortlist,
    )
    ended = has_ended(following)
    unusable = unusable | (ended & (shortlist.count == 0))
    return Advanced(following, parents, torch.stack([ended, unusable]))


def extend(search: SearchState, log_probs: Tensor) -> Extensions:
    """What the network's ``log_probs`` can make of the open hypotheses, within the rows' lengths."""
    must_end = (search.length >= search.options.max_length)[:, None]
    may_not_end = (search.length < search.options.min_length)[:, None]
    return Extensions(
        log_probs,
        going_on=search.log_probs.masked_fill(must_end, -torch.inf),
        ending=(search.log_probs + log_probs[:, :, EOS]).masked_fill(may_not_end, -torch.inf),
    )


def _rank(search: SearchState, given: StepInput) -> Ranking:
    """The ``2 * beam`` candidates of every row."""
    extensions, count = extend(search, given.log_probs), 2 * search.log_probs.shape[1]
    candidates, unusable = rank(extensions, given.words, count)
    if (sampling := given.plan.sampling) is not None:
        some = extensions.rows(sampling)
        drawn = draw_candidates(
            search.options.select(sampling),
            search.length[sampling],
            some.log_probs,
            some.sums(given.words),
            given.plan.support,
        )
        candidates = _replace(candidates, sampling, drawn)
    if (constraints := given.plan.constraints) is not None:
        held = _hold_terms(search, given, extensions, constraints)
        candidates = _replace(candidates, constraints.rows, held)
    return Ranking(candidates, unusable)


def _hold_terms(
    search: SearchState, given: StepInput, extensions: Extensions, constraints: Constraints
) -> Candidates:
    """The candidates of the rows that have terms."""
    rows = constraints.rows
    open_rows = OpenRows(
        search.tokens[rows],
        search.length[rows],
        given.attention[rows],
        search.options.max_length[rows],
        extensions.rows(rows),
        is_empty=search.shortlist.count[rows] == 0,
    )
    return constrained_candidates(open_rows, constraints, given.words, 2 * search.log_probs.shape[1])


def _replace(candidates: Candidates, rows: Tensor, by: Candidates) -> Candidates:
    return Candidates(*(old.index_copy(0, rows, new) for old, new in zip(candidates, by, strict=True)))


def finish(
    search: SearchState, plan: Plan, mask: Tensor, candidates: Candidates, coverage: Tensor
) -> Shortlist:
    """The shortlist with the candidates that are EOS and rank within their row's beam.

    Args:
        search: before the step.
        plan: what the rows need together.
        mask: real source positions, bool ``[batch, src_len]``.
        candidates: ``[batch, 2 * beam]``.
        coverage: of the open hypotheses with this step's attention, float32 ``[batch, beam, src_len]``.
    """
    beam = search.log_probs.shape[1]
    log_probs, parents, tokens = (part[:, :beam] for part in candidates)
    log_probs = log_probs.masked_fill(plan.beyond | (tokens != EOS), -torch.inf)
    if log_probs.device.type == "cpu" and not (log_probs > -torch.inf).any():
        return search.shortlist  # on a GPU the answer would have to be waited for
    norm = length_norm(search.length + 1, search.options.length_penalty)
    scores = log_probs.double() / norm[:, None]
    if plan.coverage:
        term = coverage_term(coverage, mask, search.options.coverage_penalty)
        scores = scores + term.gather(1, parents)
    return search.shortlist.add(scores, log_probs, parents, search.length, search.tokens, coverage)


def _continue(search: SearchState, given: StepInput, candidates: Candidates, is_eos: Tensor) -> Candidates:
    """The first ``beam`` candidates that are not EOS; log-probability -inf beyond the row's own beam."""
    beam = search.log_probs.shape[1]
    # [a, EOS, b, EOS] -> places [0, 2, 1, 3]: a stable sort puts what goes on first and keeps its order.
    order = is_eos.to(torch.uint8).sort(stable=True, dim=1)
    places = order.indices[:, :beam]
    log_probs, parents, tokens = (part.gather(1, places) for part in candidates)
    closed = given.plan.beyond | order.values[:, :beam].bool()
    return Candidates(log_probs.masked_fill(closed, -torch.inf), parents, tokens)


def has_ended(search: SearchState) -> Tensor:
    """Rows that are done, bool ``[batch]``; see the package's docstring for why the bound is exact."""
    options, shortlist = search.options, search.shortlist
    best_open = search.log_probs.amax(1)
    bound = best_open / options.longest_norm
    to_beat = shortlist.scores.gather(1, options.n_best[:, None] - 1)[:, 0]
    decided = options.early_stopping & (bound <= to_beat)
    return (shortlist.count >= options.beam_size) | (best_open == -torch.inf) | decided
