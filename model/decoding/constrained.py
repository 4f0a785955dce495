"""The candidates of rows whose translations must hold certain terms.

After Post & Vilar 2018, whose beam is divided into banks by how much of the constraints a hypothesis has
met, so that those which have placed a term compete with one another and not with those which still avoid its
cost; and Hu et al. 2019, who fill the beam from the banks by sorting. The beam is filled in turn, with the
best of each bank from the highest down, then with the second best of each, and so on. The rest is the search
that the package describes, with its candidates in this order.

Departures, as both papers count tokens and a beam of five would be split too thin. A hypothesis that holds
``h`` terms is in bank ``2 * h``, and in bank ``2 * h + 1`` while it ends with the first tokens of another
one. In the latter banks, what has begun a term and goes on with it is ranked without the cost of the token that is
added: else the next hypothesis to begin one would always be cheaper, and an improbable term would never be
completed. Where nobody in the beam has come further, whoever adds a third token or a later one goes before
all others of the bank, for the same reason.

Beside the best words of each hypothesis, the next token of each term that it lacks is a candidate, however
improbable. What has just been completed must be followed by the beginning of a word, by punctuation or by the
end: a term is held whole, not as the beginning of another word. A hypothesis may end when it holds
all terms. At ``max_length``, where none does and none ever has, it may end without.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from model.decoding.candidates import Candidates, Extensions, Words, ordered_keys, rank, rank_exactly
from model.decoding.constraints import Constraints, Standing
from model.tokenizer import EOS


class OpenRows(NamedTuple):
    """The constrained rows before a step.

    Attributes:
        tokens: of the open hypotheses, int64 ``[rows, beam, capacity]``.
        length: how many of them are real, int64 ``[rows]``.
        extensions: what the network says.
        gives_up: at its last step, without a finished translation; bool ``[rows]``.
    """

    tokens: Tensor
    length: Tensor
    extensions: Extensions
    gives_up: Tensor


class _Options(NamedTuple):
    """Continuations of each hypothesis, ``[rows, beam, options]``; values of -inf count for nothing."""

    values: Tensor
    tokens: Tensor


def constrained_candidates(rows: OpenRows, constraints: Constraints, words: Words, count: int) -> Candidates:
    """The first ``count`` candidates of each row, in the order that the module describes.

    Args:
        rows: those of ``constraints``, in its order.
        constraints: their terms.
        words: what may be produced.
        count: twice the beam.
    """
    standing = constraints.standing(rows.tokens, rows.length, words.boundaries)
    forced = _forced(rows.extensions, constraints, standing, words)
    ordinary = _ordinary(rows.extensions, standing, words, count + forced.tokens.shape[2])
    again = (ordinary.tokens[..., None] == forced.tokens[:, :, None]) & (forced.values > -torch.inf)[
        :, :, None
    ]
    ending = _ending(rows, constraints, standing)
    values = torch.cat(
        [ordinary.values.masked_fill(again.any(3), -torch.inf), forced.values, ending.values], 2
    )
    tokens = torch.cat([ordinary.tokens, forced.tokens, ending.tokens], 2)
    held, begun = constraints.progress(standing, tokens, words.boundaries)
    order = _ranking(_Options(values, tokens), held, begun, rows.extensions.going_on, words.size)
    return _in_turn(_Options(values, tokens), 2 * held + (begun > 0), order, count)


def _forced(extensions: Extensions, constraints: Constraints, standing: Standing, words: Words) -> _Options:
    """The next token of each term that a hypothesis lacks, each token once."""
    tokens = standing.following.clamp(min=0)
    wanted = ~standing.met & (constraints.lengths > 0)[:, None] & ~words.excluded[tokens]
    same = (tokens[..., None, :] == tokens[..., None]) & wanted[..., None, :]
    wanted = wanted & ~same.tril(-1).any(3)
    values = extensions.log_probs.gather(2, tokens) + extensions.going_on[:, :, None]
    return _Options(values.masked_fill(~wanted, -torch.inf), tokens)


def _ordinary(extensions: Extensions, standing: Standing, words: Words, k: int) -> _Options:
    """The ``k`` best words of each hypothesis, of those that may follow what it ends with."""
    just_completed = (standing.at_end & ~standing.inside).any(2)
    log_probs = extensions.log_probs.masked_fill(just_completed[:, :, None] & ~words.boundaries, -torch.inf)
    never = torch.full_like(extensions.going_on, -torch.inf)
    # Each hypothesis for itself, like a row with a beam of one.
    alone = Extensions(*(part.flatten(0, 1)[:, None] for part in (log_probs, extensions.going_on, never)))
    k = min(k, len(words.excluded))
    candidates, ambiguous, _ = rank(alone, words, k)
    if ambiguous.any():
        tied = ambiguous.nonzero().flatten()
        exact = rank_exactly(alone.rows(tied), words, k)
        candidates = Candidates(
            *(old.index_copy(0, tied, new) for old, new in zip(candidates, exact, strict=True))
        )
    shape = (*extensions.going_on.shape, k)
    return _Options(candidates.log_probs.view(shape), candidates.tokens.view(shape))


def _ending(rows: OpenRows, constraints: Constraints, standing: Standing) -> _Options:
    """EOS, where all terms are held, or where the row gives up."""
    complete = (standing.met | (constraints.lengths == 0)[:, None]).all(2)
    values = rows.extensions.ending
    possible = (complete & (values > -torch.inf)).any(1)
    allowed = complete | (rows.gives_up & ~possible)[:, None]
    values = values.masked_fill(~allowed, -torch.inf)[:, :, None]
    return _Options(values, torch.full_like(values, EOS, dtype=torch.int64))


def _ranking(options: _Options, held: Tensor, begun: Tensor, before: Tensor, vocabulary: int) -> Tensor:
    """Places of all options of a row, int64 ``[rows, beam * options]``, as they are ranked within a bank.

    Args:
        options: of each hypothesis.
        held: terms that it holds with each of them, int64 ``[rows, beam, options]``.
        begun: tokens of a further one that it ends with, likewise.
        before: log-probability without the option, float32 ``[rows, beam]``.
        vocabulary: its size.
    """
    beam, width = options.values.shape[1:]
    possible = options.values > -torch.inf
    keys = torch.where(possible & (begun > 1), before[:, :, None], options.values).flatten(1)
    hypotheses = torch.arange(beam, device=keys.device).repeat_interleave(width)
    ranked = ordered_keys(keys, hypotheses * vocabulary + options.tokens.flatten(1))
    order = ranked.sort(dim=1, descending=True).indices
    banks = (2 * held + (begun > 0)).masked_fill(~possible, -1).flatten(1)
    goes_first = (begun > 2).flatten(1) & (banks == banks.amax(1, keepdim=True))
    later = (~goes_first).gather(1, order).to(torch.uint8)
    return order.gather(1, later.sort(stable=True, dim=1).indices)


def _in_turn(options: _Options, banks: Tensor, order: Tensor, count: int) -> Candidates:
    """The first of each bank in ``order``, the highest bank's first; then the second of each, and so on."""
    rows, beam, width = banks.shape
    values, tokens = options.values.flatten(1), options.tokens.flatten(1)
    parents = torch.arange(beam, device=values.device).repeat_interleave(width).expand(rows, -1)
    banks = banks.flatten(1).gather(1, order)
    number = int(banks.max()) + 1
    is_in = banks[..., None] == torch.arange(number, device=values.device)
    place = (is_in.cumsum(1) - 1).gather(2, banks[..., None])[..., 0]
    # 3 banks: the first of bank 2 has turn 0, of bank 1 turn 1, of bank 0 turn 2; the second of bank 2 turn 3
    turn = place * number + (number - 1 - banks)
    turn = turn.masked_fill(values.gather(1, order) == -torch.inf, torch.iinfo(torch.int64).max)
    first = order.gather(1, turn.sort(stable=True, dim=1).indices[:, :count])
    return Candidates(values.gather(1, first), parents.gather(1, first), tokens.gather(1, first))
