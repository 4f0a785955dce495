"""Drawing the next token: temperature, then top-k, then top-p."""

from __future__ import annotations

import torch
from torch import Tensor

from model.decoding.candidates import Candidates, largest
from model.decoding.options import RowOptions
from model.decoding.uniforms import uniforms


def draw_candidates(
    options: RowOptions, length: Tensor, log_probs: Tensor, sums: Tensor, support: int | None
) -> Candidates:
    """One draw for each open hypothesis, in hypothesis order.

    Args:
        options: of the rows that sample; so are all other arguments.
        length: target tokens so far, int64 ``[batch]``.
        log_probs: of the next token, float32 ``[batch, beam, vocab]``.
        sums: of the whole hypothesis, of the same shape; -inf marks what is not allowed.
        support: as in ``Plan``.

    Returns:
        ``[batch, 2 * beam]``; the second half is empty, as the width is that of a beam search's.
    """
    logits = log_probs / options.temperature.float()[:, None, None]
    probabilities = logits.masked_fill(sums == -torch.inf, -torch.inf).softmax(2).nan_to_num(0.0)
    probabilities = restrict(probabilities, options, support)
    drawn = draw(probabilities, uniforms(options.seed, length, sums.shape[1]))
    values = sums.gather(2, drawn[:, :, None])[:, :, 0]
    parents = torch.arange(sums.shape[1], device=sums.device).expand_as(drawn)
    return Candidates(
        torch.cat([values, torch.full_like(values, -torch.inf)], 1),
        torch.cat([parents, parents], 1),
        torch.cat([drawn, drawn], 1),
    )


def restrict(probabilities: Tensor, options: RowOptions, support: int | None) -> Tensor:
    """Zero what top-k and top-p leave out; what is left is not rescaled.

    Top-k keeps the ``k`` most probable tokens. Of these top-p keeps the fewest, most probable first, whose
    share of their mass reaches ``p``; always at least one. Equal probabilities count in order of token id.

    Args:
        probabilities: float32 ``[batch, beam, vocab]``.
        options: of these rows.
        support: as in ``Plan``.
    """
    if support == 0:
        return probabilities
    vocab = probabilities.shape[2]
    k = vocab if support is None else min(support, vocab)
    order = largest(probabilities, k)
    ranked = probabilities.gather(2, order).double()
    limit = torch.where(options.top_k > 0, options.top_k, vocab)[:, None, None]
    ranked = ranked.masked_fill(torch.arange(k, device=order.device) >= limit, 0.0)
    before = ranked.cumsum(2) - ranked
    beyond = before >= options.top_p[:, None, None] * ranked.sum(2, keepdim=True)
    beyond &= (options.top_p < 1.0)[:, None, None]
    ranked = ranked.masked_fill(beyond, 0.0)
    filtered = (options.top_k > 0) | (options.top_p < 1.0)
    kept = torch.zeros_like(probabilities).scatter(2, order, ranked.float())
    return torch.where(filtered[:, None, None], kept, probabilities)


def draw(probabilities: Tensor, uniform: Tensor) -> Tensor:
    """Invert the cumulative distribution at ``uniform``: token ids, int64 ``[batch, beam]``.

    Args:
        probabilities: not negative, need not sum to one, ``[batch, beam, vocab]``.
        uniform: from [0, 1), float64 ``[batch, beam]``.
    """
    cumulative = probabilities.cumsum(2, dtype=torch.float64)
    # The first entry above the target is never one of probability zero: the sum does not grow there.
    target = uniform[:, :, None] * cumulative[:, :, -1:]
    drawn = torch.searchsorted(cumulative, target, right=True)[:, :, 0]
    return drawn.clamp(max=probabilities.shape[2] - 1)
