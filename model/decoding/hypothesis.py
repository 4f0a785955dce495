"""What a search returns: plain values on the host."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Attention = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One finished translation of a sentence.

    Attributes:
        tokens: target token ids without BOS and EOS.
        score: what hypotheses are ranked by: normalised log-probability plus coverage term.
        log_prob: sum of token log-probabilities, EOS included.
        coverage: attention each source position received over all steps, ``[src_len]``.
        truncated: the length limit, not the network, ended it.
        attention: where the job asks for it, what each step read, head average, float32
            ``[tgt_len + 1, src_len]``, read-only: row ``t`` predicted token ``t``, the last row EOS; rows sum
            to one, and are all equal where the network has no attention. It follows from the tokens, so
            hypotheses are compared without it.
    """

    tokens: tuple[int, ...]
    score: float
    log_prob: float
    coverage: tuple[float, ...]
    truncated: bool
    attention: Attention | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Translation:
    """The ``n_best`` hypotheses of one sentence, best first, never empty; ``steps`` is what they cost."""

    hypotheses: tuple[Hypothesis, ...]
    steps: int

    @property
    def best(self) -> Hypothesis:
        """The winner."""
        return self.hypotheses[0]
