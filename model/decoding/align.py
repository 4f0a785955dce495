"""Which source positions the network read for each word of a given target."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from model.interface import Memory, Seq2Seq, State
from model.padding import pad_ids
from model.tokenizer import BOS


def align(
    model: Seq2Seq[Memory, State],
    sources: Sequence[Sequence[int]],
    targets: Sequence[Sequence[int]],
    *,
    max_rows: int = 64,
    max_padded_tokens: int = 4096,
) -> list[Tensor]:
    """Attention of the network made to say ``targets``, by one teacher-forced pass over each batch.

    Args:
        model: the network, in evaluation mode.
        sources: token ids as the tokenizer's ``source_ids`` gives them; none is empty.
        targets: their translations without BOS and EOS; may be empty.
        max_rows: sentences in a batch.
        max_padded_tokens: target positions of a batch, padding included, as the network's output has
            ``vocab`` numbers for each; a longer target goes alone.

    Returns:
        For each pair float32 ``[tgt_len + 1, src_len]`` on the CPU, head average: row ``t`` is what predicted
        target token ``t``, the last row what predicted EOS. Rows sum to one.

    Raises:
        ValueError: the two sequences differ in length, a source is empty or a limit is not positive.
    """
    if len(sources) != len(targets):
        raise ValueError(f"{len(sources)} sources but {len(targets)} targets: each source needs one target")
    if max_rows < 1 or max_padded_tokens < 1:
        raise ValueError(
            f"max_rows ({max_rows}) and max_padded_tokens ({max_padded_tokens}) must be positive"
        )
    if empty := [index for index, source in enumerate(sources) if not source]:
        raise ValueError(f"source {empty[0]} is empty")
    found: dict[int, Tensor] = {}
    order = sorted(range(len(sources)), key=lambda i: (len(targets[i]), len(sources[i])), reverse=True)
    while order:
        rows = min(max_rows, max(1, max_padded_tokens // (len(targets[order[0]]) + 1)))
        chosen, order = order[:rows], order[rows:]
        attention = _attention(model, [sources[i] for i in chosen], [targets[i] for i in chosen])
        for index, weights in zip(chosen, attention, strict=True):
            found[index] = weights[: len(targets[index]) + 1, : len(sources[index])].clone()
    return [found[index] for index in range(len(sources))]


def _attention(
    model: Seq2Seq[Memory, State], sources: Sequence[Sequence[int]], targets: Sequence[Sequence[int]]
) -> Tensor:
    source, mask = pad_ids(sources, model.device)
    target_in, _ = pad_ids([(BOS, *target) for target in targets], model.device)
    with torch.inference_mode():
        return model.force(source, mask, target_in).attention.cpu()
