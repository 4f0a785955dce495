"""What hypotheses are ranked by: length-normalised log-probability plus a coverage term.

Wu et al. 2016, equation 14: ``s(Y, X) = log P(Y|X) / lp(Y) + cp(X; Y)`` with
``lp = ((5 + |Y|) / 6) ** alpha`` and ``cp = beta * sum_i log(min(sum_j p_ij, 1))``. Departures: ``|Y|``
counts EOS; a source position that received less than ``COVERAGE_FLOOR`` counts as having received that much,
so that a score is always finite. Scores are float64.
"""

from __future__ import annotations

import torch
from torch import Tensor

COVERAGE_FLOOR = 1e-6


def length_norm(tokens: Tensor, length_penalty: Tensor) -> Tensor:
    """``lp`` of targets of ``tokens`` tokens, EOS counted, float64; the arguments broadcast."""
    return ((tokens.double() + 5.0) / 6.0) ** length_penalty


def coverage_term(coverage: Tensor, mask: Tensor, coverage_penalty: Tensor) -> Tensor:
    """``cp``, float64 ``[batch, beam]``, never positive.

    Args:
        coverage: attention received so far, ``[batch, beam, src_len]``.
        mask: real source positions, bool ``[batch, src_len]``.
        coverage_penalty: ``beta``, float64 ``[batch]``.
    """
    logs = coverage.double().clamp(COVERAGE_FLOOR, 1.0).log()
    # A running sum, as a plain one is rounded otherwise where another row makes the padding longer.
    total = torch.where(mask[:, None], logs, 0.0).cumsum(-1)[..., -1]
    return coverage_penalty[:, None] * total
