"""Decoding in slots of fixed shapes, so that a GPU can replay recorded steps.

On a GPU the arithmetic of a step takes less time than telling the GPU to do it: some 150 operations, each
launched from Python. A CUDA graph launches all of them at once, but it repeats the same operations on the
same memory, so nothing may change its shape or its place, and nothing may be decided by the host.

``RunningBatch`` makes new tensors at every step, just large enough. Here they are made once (``buffers``): a
*slot* is one row of each of them. A sentence joins by being copied into a free slot, leaves by being marked
as resting, and moves to a lower slot when many are free. A row that rests stays as it is, whatever steps
follow, so several steps are taken between two looks of the host (``search``), and the results are copied out
while the next steps run.

The arithmetic is that of ``model.decoding``: the same functions, on rows that are padded to one of a few
sizes (``shape``), for each of which a step is recorded when it is first needed (``replay``). Where there is
no GPU the same step is taken operation by operation; that is for tests.

What does not fit the slots goes another way, by a ``RunningBatch`` (``batch``): rows that sample, that hold
terms, that keep a trail of attention; wide beams and very long sentences; networks that are not
recurrent; and rows whose numbers turn out to be unusable, which begin anew there and fail as they always did.
"""

from model.slots.batch import SlotBatch
from model.slots.choice import decoding_batches
from model.slots.search import SlotSearch
from model.slots.shape import SlotShape

__all__ = ["SlotBatch", "SlotSearch", "SlotShape", "decoding_batches"]
