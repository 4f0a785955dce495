"""Search over the ``Seq2Seq`` interface: beam, greedy and sampling in one loop over a running batch.

What is searched
----------------
A hypothesis is a sequence of target tokens, none of them a control symbol, that ends with EOS after at least
``min_length`` and at most ``max_length`` tokens. At ``max_length`` tokens only EOS may follow, at its true
log-probability, and the hypothesis is flagged ``truncated``. Its score is ``model.decoding.penalties``':
``log p / lp(length with EOS) + coverage term``. Everything that varies is a row's own: beam, penalties,
limits, strategy, seed, and the step it is at.

Beam search
-----------
At each step the ``2 * beam_size`` continuations of a row with the highest log-probability are its candidates,
over all its open hypotheses and the vocabulary together; equal ones are ordered by lower hypothesis, then by
lower token. An EOS among the first ``beam_size`` candidates finishes its hypothesis. The first ``beam_size``
candidates that are not EOS stay open: finishing never narrows the beam. The row ends

* when ``beam_size`` hypotheses have finished, or
* when none is open any more, or
* by the bound below, if ``early_stopping``;

and its result is the ``n_best`` finished hypotheses with the highest scores, the earlier finished first
among equals; fewer where fewer finished. With ``beam_size`` 1 this is greedy search: EOS counts only where it
is the first candidate.

The bound is exact. Let an open hypothesis have log-probability ``c <= 0``, and let ``s`` be the score of the
``n_best``-th best finished one. Whatever the open one grows into has log-probability ``c' <= c``, since each
further token adds a number that is not positive; at most ``max_length + 1`` tokens, so a norm
``lp <= lp(max_length + 1)``, as ``length_penalty >= 0``; and a coverage term that is not positive. So its
score is at most ``c / lp(max_length + 1)``. If that is at most ``s`` for the most probable open hypothesis,
it is for all, and none that finishes later enters the ``n_best``, because among equals the earlier finished
stays ahead. Adding and dividing floats is monotonic, so rounding does not weaken the argument.

Sampling
--------
The same loop with another source of candidates: ``beam_size`` independent draws, each continuing itself, from
the network's distribution over the allowed tokens after temperature, then top-k, then top-p. A draw's
log-probability is the unmodified network's. The result is the ``n_best`` draws by score, equal ones counted
separately; ``beam_size`` 1 gives one plain draw. The random number behind a token is a function of the row's
seed, its step and the draw (``uniforms``), and of nothing else.

Terms
-----
A row may demand terms that its translations hold. It is searched like any other, with another order of the
candidates, and EOS only where all terms are held: see ``constrained``.

Rows share nothing but the network's arithmetic: the places that a narrower row leaves empty in the beam are
kept at log-probability -inf.
"""

from model.decoding.align import align
from model.decoding.hypothesis import Hypothesis, Translation
from model.decoding.job import Finished, Job, Term
from model.decoding.offline import decode, decode_stream
from model.decoding.running import CONTROL_IDS, RunningBatch

__all__ = [
    "CONTROL_IDS",
    "Finished",
    "Hypothesis",
    "Job",
    "RunningBatch",
    "Term",
    "Translation",
    "align",
    "decode",
    "decode_stream",
]
