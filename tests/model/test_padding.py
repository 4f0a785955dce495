"""Rows of different lengths become one tensor and stay what they were."""

from __future__ import annotations

import pytest
import torch

from model.beams import follow
from model.padding import pad_and_concat, pad_ids


@pytest.mark.parametrize("left", [False, True])
@pytest.mark.parametrize("dim", [1, 2])
def test_parts_keep_their_content_and_the_rest_is_zero(dim: int, left: bool) -> None:
    random = torch.Generator().manual_seed(1)
    parts = []
    for rows, length in ((2, 3), (1, 5), (3, 0)):
        part = torch.rand(rows, length, 4, generator=random) + 1
        parts.append(part.movedim(1, dim))
    joined = pad_and_concat(parts, dim=dim, left=left)
    assert joined.shape == ((6, 5, 4) if dim == 1 else (6, 4, 5))
    start = 0
    for part in parts:
        padded = joined[start : start + len(part)].movedim(dim, 1)
        length = part.shape[dim]
        content = torch.arange(5) >= 5 - length if left else torch.arange(5) < length
        assert torch.equal(padded[:, content], part.movedim(dim, 1))
        assert padded[:, ~content].eq(0).all()
        start += len(part)


def test_masks_are_padded_with_false() -> None:
    joined = pad_and_concat([torch.ones(1, 1, dtype=torch.bool), torch.ones(1, 2, dtype=torch.bool)])
    assert joined.tolist() == [[True, False], [True, True]]


def test_ids_and_their_mask() -> None:
    ids, mask = pad_ids([[5, 6], [7], [8, 9, 4]])
    assert ids.tolist() == [[5, 6, 0], [7, 0, 0], [8, 9, 4]]
    assert mask.sum(1).tolist() == [2, 1, 3]


def test_hypotheses_follow_parents_of_their_own_row() -> None:
    x = torch.rand(3, 2, 4, 5, generator=torch.Generator().manual_seed(1))
    parents = torch.tensor([[1, 1, 0], [0, 1, 0], [0, 0, 0]])
    followed = follow(x, parents)
    for row in range(3):
        for place in range(3):
            assert torch.equal(followed[row, place], x[row, parents[row, place]])
