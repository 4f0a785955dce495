"""What a row read of its source at each step, to tell where the words of a finished hypothesis come from.

The beam is reordered at every step, so a hypothesis's attention is spread over the places its ancestors had.
Gathering it with the beam, as tokens are gathered, would copy ``beam * tgt_len * src_len`` numbers a row and
step. Instead each step is kept as it was, once for the whole batch, with back-pointers to the step before,
and only the hypotheses that are returned are walked back.
"""

from __future__ import annotations

from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt
from torch import Tensor

from model.decoding.hypothesis import Attention


class Frame(NamedTuple):
    """One step of a batch, on the host.

    Attributes:
        attention: of the hypotheses that were open before the step, float32 ``[batch, beam, src_len]``.
        parents: which of these each hypothesis after the step continues, int64 ``[batch, beam]``.
    """

    attention: Attention
    parents: npt.NDArray[np.int64]

    @classmethod
    def of(cls, attention: Tensor, parents: Tensor) -> Self:
        """A copy: the network may use the memory of what it returned again."""
        return cls(attention.to("cpu", copy=True).numpy(), parents.to("cpu", copy=True).numpy())


class Trail:
    """The steps of one row, which may be in another place of another batch at each.

    Grows in place while snapshots of the batch are replaced; a step that is repeated replaces what it wrote
    before. A frame lives as long as a row that was in it: a row of ``n`` steps holds at most ``n`` times the
    batch's padded source tokens times the beam.
    """

    __slots__ = ("_steps",)

    def __init__(self) -> None:
        self._steps: list[tuple[Frame, int]] = []

    def record(self, step: int, frame: Frame, place: int) -> None:
        """Keep what happened at ``step``, 0 for the first; the row was at ``place`` of the batch."""
        del self._steps[step:]
        self._steps.append((frame, place))

    def walk(self, length: int, parent: int, src_len: int) -> Attention:
        """What one finished hypothesis read, float32 ``[length + 1, src_len]``.

        Args:
            length: its target tokens without EOS; step ``length`` predicted EOS.
            parent: its place among the hypotheses that were open before that step.
            src_len: source tokens of the row.
        """
        attention = np.empty((length + 1, src_len), dtype=np.float32)
        # parents of step 1 [0, 0, 2], parent 2 at step 2: row 2 is read at 2, row 1 at parents[2] = 2
        for step in range(length, -1, -1):
            frame, place = self._steps[step]
            if step < length:
                parent = int(frame.parents[place, parent])
            attention[step] = frame.attention[place, parent, :src_len]
        attention.setflags(write=False)
        return attention
