"""One step of the search over a network that ranks its own words, in compiled code where nothing finishes.

The same step as ``advance``'s, for rows that do not sample. At beam 5 the best ``2 * beam`` words of each
hypothesis are 50 numbers a row: what little work is left would be spent in the calls of some fifty tensor
operations.
"""

from __future__ import annotations

from ctypes import byref
from dataclasses import replace
from typing import NamedTuple

import torch
from torch import Tensor

from model.decoding.advance import Advanced, finish, has_ended
from model.decoding.candidates import Candidates
from model.decoding.options import Plan
from model.decoding.state import SearchState
from model.inference.library import SearchTask, address, load_library
from model.interface import Best


class RankedInput(NamedTuple):
    """What one step of the search reads besides its own state.

    Attributes:
        best: the best words of every hypothesis, at least ``2 * beam`` of them.
        attention: float32 ``[batch, beam, src_len]``.
        mask: real source positions, bool ``[batch, src_len]``.
        plan: what the rows need together; none samples.
    """

    best: Best
    attention: Tensor
    mask: Tensor
    plan: Plan


def advance_ranked(search: SearchState, given: RankedInput) -> Advanced:
    """Extend every open hypothesis by one token; see ``advance``."""
    batch, beam = search.log_probs.shape
    candidates = Candidates(torch.empty(batch, 2 * beam), _ids(batch, 2 * beam), _ids(batch, 2 * beam))
    following = SearchState(
        options=search.options,
        length=_ids(batch),
        last=_ids(batch, beam),
        log_probs=torch.empty(batch, beam),
        tokens=_ids(*search.tokens.shape),
        coverage=torch.empty(search.coverage.shape),
        shortlist=search.shortlist,
    )
    advanced = Advanced(following, _ids(batch, beam), torch.empty(3, batch, dtype=torch.bool))
    if _call(search, given, candidates, advanced):
        return _with_finished(search, given, candidates, advanced)
    return advanced


def _ids(*shape: int) -> Tensor:
    return torch.empty(shape, dtype=torch.int64)


def _call(search: SearchState, given: RankedInput, candidates: Candidates, into: Advanced) -> bool:
    """Write the step into ``into``, but for hypotheses that finish; whether there are any."""
    options, shortlist, best = search.options, search.shortlist, given.best
    # Kept here while the kernel reads them: a batch that has shrunk has views of wider tensors.
    log_probs, tokens = search.log_probs.contiguous(), search.tokens.contiguous()
    coverage, scores = search.coverage.contiguous(), shortlist.scores.contiguous()
    task = SearchTask(
        rows=log_probs.shape[0],
        beam=log_probs.shape[1],
        k=best.tokens.shape[2],
        capacity=tokens.shape[2],
        source=coverage.shape[2],
        n_best=scores.shape[1],
        options=address(options.integers),
        option_columns=options.integers.shape[1],
        longest_norm=address(options.longest_norm),
        norm_stride=options.reals.shape[1],
        length=address(search.length),
        log_probs=address(log_probs),
        values=address(best.log_probs),
        best=address(best.tokens),
        ending=address(best.ending),
        tokens=address(tokens),
        coverage=address(coverage),
        attention=address(given.attention),
        finished=address(shortlist.count),
        scores=address(scores),
        candidate_values=address(candidates.log_probs),
        candidate_parents=address(candidates.parents),
        candidate_tokens=address(candidates.tokens),
        next_log_probs=address(into.search.log_probs),
        next_parents=address(into.parents),
        next_last=address(into.search.last),
        next_tokens=address(into.search.tokens),
        next_coverage=address(into.search.coverage),
        next_length=address(into.search.length),
        verdicts=address(into.verdicts),
    )
    return bool(load_library().dragoman_search(byref(task)))


def _with_finished(
    search: SearchState, given: RankedInput, candidates: Candidates, advanced: Advanced
) -> Advanced:
    """``advanced`` with the hypotheses that finish by this step."""
    coverage = search.coverage + given.attention
    shortlist = finish(search, given.plan, given.mask, candidates, coverage)
    following = replace(advanced.search, shortlist=shortlist)
    ended, unusable = has_ended(following), advanced.verdicts[2]
    unusable = unusable | (ended & (shortlist.count == 0))
    return Advanced(following, advanced.parents, torch.stack([ended, torch.zeros_like(ended), unusable]))
