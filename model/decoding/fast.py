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
    numbers = torch.empty(3, batch, beam)  # next log-probabilities, then those of the candidates
    ids = torch.empty(6 * batch * beam + batch, dtype=torch.int64)
    parents, last, candidate_parents, candidate_tokens, length = _cut(
        ids, (batch, beam), (batch, beam), (batch, 2 * beam), (batch, 2 * beam), (batch,)
    )
    tokens, coverage = torch.empty(search.tokens.shape, dtype=torch.int64), torch.empty(search.coverage.shape)
    verdicts = torch.empty(3, batch, dtype=torch.bool)
    candidates = Candidates(numbers[1:].view(batch, 2 * beam), candidate_parents, candidate_tokens)
    following = replace(
        search, length=length, last=last, log_probs=numbers[0], tokens=tokens, coverage=coverage
    )
    advanced = Advanced(following, parents, verdicts)
    if _call(search, given, candidates, advanced):
        return _with_finished(search, given, candidates, advanced)
    return advanced


def _cut(flat: Tensor, *shapes: tuple[int, ...]) -> list[Tensor]:
    """One allocation as several contiguous tensors."""
    parts, begin = [], 0
    for shape in shapes:
        size = torch.Size(shape).numel()
        parts.append(flat[begin : begin + size].view(shape))
        begin += size
    return parts


def _call(search: SearchState, given: RankedInput, candidates: Candidates, into: Advanced) -> bool:
    """Write the step into ``into``, but for hypotheses that finish; whether there are any."""
    batch, beam = search.log_probs.shape
    options = search.options
    reads = {
        "options": options.integers,
        "longest_norm": options.longest_norm,
        "length": search.length,
        "log_probs": search.log_probs.contiguous(),
        "values": given.best.log_probs,
        "best": given.best.tokens,
        "ending": given.best.ending,
        "tokens": search.tokens.contiguous(),
        "coverage": search.coverage.contiguous(),
        "attention": given.attention,
        "finished": search.shortlist.count,
        "scores": search.shortlist.scores.contiguous(),
    }
    writes = {
        "candidate_values": candidates.log_probs,
        "candidate_parents": candidates.parents,
        "candidate_tokens": candidates.tokens,
        "next_log_probs": into.search.log_probs,
        "next_parents": into.parents,
        "next_last": into.search.last,
        "next_tokens": into.search.tokens,
        "next_coverage": into.search.coverage,
        "next_length": into.search.length,
        "verdicts": into.verdicts,
    }
    task = SearchTask(
        rows=batch,
        beam=beam,
        k=given.best.tokens.shape[2],
        capacity=search.tokens.shape[2],
        source=search.coverage.shape[2],
        n_best=search.shortlist.scores.shape[1],
        option_columns=options.integers.shape[1],
        norm_stride=options.reals.shape[1],
        **{name: address(tensor) for name, tensor in (reads | writes).items()},
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
