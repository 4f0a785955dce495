"""The candidates of rows whose translations must hold certain terms.

After Post & Vilar 2018, whose beam is divided into banks by how much of the constraints a hypothesis has
met, so that those which have placed a term compete with one another and not with those which still avoid its
cost; and Hu et al. 2019, who fill the beam from the banks by sorting. The beam is filled in turn, with the
best of each bank from the highest down, then with the second best of each, and so on. The rest is the search
that the package describes, with its candidates in this order.

Departures, as both papers count tokens and a beam of five would be split too thin. A hypothesis that holds
``h`` terms is in bank ``2 * h``, and in bank ``2 * h + 1`` while it ends with the first tokens of another
one. In the latter banks, what has begun a term and goes on with it is ranked without the cost of the token
that is added: else the next hypothesis to begin one would always be cheaper, and an improbable term would
never be completed. Where nobody in the beam has come further, whoever adds a third token or a later one goes
before all others of the bank, for the same reason.

Beside the best words of each hypothesis, the next token of a term that it lacks is a candidate, however
improbable: always where it has begun the term, and the first token where the network attends to what the term
translates (as Alkhouli et al. 2018 choose entries by alignment). Otherwise the cheapest place for a term that
the network does not expect would be the beginning or the end of the translation. A first token elsewhere is a
word like any other, and raises no hypothesis to a higher bank. So that no term is left out, all may begin
where a hypothesis would rather end than go on, and in the second half of ``max_length``, if no other one
holds more terms and none has finished.

What has just been completed must be followed by the beginning of a word, by punctuation or by the
end: a term is held whole, not as the beginning of another word. A hypothesis may end when it holds
all terms. At ``max_length``, where none does and none ever has, it may end without.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from model.decoding.candidates import Candidates, Extensions, Words, ordered_keys, rank
from model.decoding.constraints import Constraints, Standing
from model.tokenizer import EOS

UNLISTED = -20.0
"""Log-probability of a term's token that the network does not compute: see ``model.shortlist``."""


class OpenRows(NamedTuple):
    """The constrained rows before a step.

    Attributes:
        tokens: of the open hypotheses, int64 ``[rows, beam, capacity]``.
        length: how many of them are real, int64 ``[rows]``.
        attention: of this step, float32 ``[rows, beam, src_len]``.
        max_length: target tokens after which only EOS is allowed, int64 ``[rows]``.
        extensions: what the network says.
        is_empty: no translation has finished yet, bool ``[rows]``.
    """

    tokens: Tensor
    length: Tensor
    attention: Tensor
    max_length: Tensor
    extensions: Extensions
    is_empty: Tensor


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
    ordinary = _ordinary(rows.extensions, standing, words, count + constraints.terms[0].numel())
    may_begin = _may_begin(rows, constraints, standing, ordinary)
    forced = _forced(rows.extensions, constraints, standing, words, may_begin)
    again = (ordinary.tokens[..., None] == forced.tokens[:, :, None]) & (forced.values > -torch.inf)[
        :, :, None
    ]
    ending = _ending(rows, constraints, standing)
    values = torch.cat(
        [ordinary.values.masked_fill(again.any(3), -torch.inf), forced.values, ending.values], 2
    )
    tokens = torch.cat([ordinary.tokens, forced.tokens, ending.tokens], 2)
    held, begun = constraints.progress(standing, tokens, may_begin, words.boundaries)
    order = _ranking(_Options(values, tokens), held, begun, rows.extensions.going_on, words.size)
    return _in_turn(_Options(values, tokens), 2 * held + (begun > 0), order, count)


def _may_begin(rows: OpenRows, constraints: Constraints, standing: Standing, ordinary: _Options) -> Tensor:
    """Terms that a hypothesis may begin whatever that costs, bool ``[rows, beam, terms]``."""
    before, ending = rows.extensions.going_on, rows.extensions.ending
    held = standing.met.sum(2).masked_fill(before == -torch.inf, -1)
    is_foremost = (held == held.amax(1, keepdim=True)) & rows.is_empty[:, None]
    would_end = ending >= ordinary.values[:, :, 0]
    is_late = (2 * rows.length >= rows.max_length)[:, None]
    rescued = is_foremost & (would_end | is_late)
    return constraints.attended(rows.attention) | rescued[:, :, None]


def _forced(
    extensions: Extensions, constraints: Constraints, standing: Standing, words: Words, may_begin: Tensor
) -> _Options:
    """The tokens that begin or go on with a term that a hypothesis lacks, each token once."""
    wanted = standing.expected.clone()
    wanted[..., 0] = may_begin & (constraints.lengths > 0)[:, None]
    wanted = (wanted & ~standing.met[..., None]).flatten(2)
    tokens = constraints.terms.flatten(1).clamp(min=0)
    wanted = wanted & ~words.excluded[tokens][:, None]
    same = (tokens[:, :, None] == tokens[:, None]).tril(-1)  # [rows, tokens, earlier tokens]
    wanted = wanted & ~(same[:, None] & wanted[:, :, None]).any(3)
    tokens = tokens[:, None].expand_as(wanted)
    log_probs = extensions.log_probs.gather(2, tokens)
    log_probs = log_probs.masked_fill(log_probs == -torch.inf, UNLISTED)
    values = log_probs + extensions.going_on[:, :, None]
    return _Options(values.masked_fill(~wanted, -torch.inf), tokens)


def _ordinary(extensions: Extensions, standing: Standing, words: Words, k: int) -> _Options:
    """The ``k`` best words of each hypothesis, of those that may follow what it ends with."""
    just_completed = (standing.at_end & ~standing.inside).any(2)
    log_probs = extensions.log_probs.masked_fill(just_completed[:, :, None] & ~words.boundaries, -torch.inf)
    never = torch.full_like(extensions.going_on, -torch.inf)
    # Each hypothesis for itself, like a row with a beam of one.
    alone = Extensions(*(part.flatten(0, 1)[:, None] for part in (log_probs, extensions.going_on, never)))
    k = min(k, len(words.excluded))
    candidates = rank(alone, words, k).candidates
    shape = (*extensions.going_on.shape, k)
    return _Options(candidates.log_probs.view(shape), candidates.tokens.view(shape))


def _ending(rows: OpenRows, constraints: Constraints, standing: Standing) -> _Options:
    """EOS, where all terms are held, or where the row gives up."""
    complete = (standing.met | (constraints.lengths == 0)[:, None]).all(2)
    values = rows.extensions.ending
    possible = (complete & (values > -torch.inf)).any(1)
    gives_up = (rows.length >= rows.max_length) & rows.is_empty & ~possible
    allowed = complete | gives_up[:, None]
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
