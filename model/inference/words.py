"""What translations are made of: columns of the softmax layer, for each target language."""

from __future__ import annotations

import ctypes
from collections.abc import Collection, Mapping, Sequence
from ctypes import c_void_p
from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from torch import Tensor

from model.inference.library import Columns, Shortlist
from model.inference.packing import PANEL, PackedLinear
from model.tokenizer import EOS

REST = 4 * PANEL
"""Columns that stand for all tokens that a shortlist leaves out."""
_MEAN_SQUARE_OF_A_FEATURE = 0.6


@dataclass(frozen=True)
class SoftmaxPart:
    """The rows of a softmax layer that one target language uses.

    Attributes:
        tokens: what each column is, ascending, EOS among them; int32 ``[columns]``.
        packed: the rows.
    """

    tokens: Tensor
    packed: PackedLinear

    @classmethod
    def of(cls, embedding: Tensor, bias: Tensor, tokens: Collection[int]) -> Self:
        """The part of a softmax layer ``embedding`` ``[vocab, embedding]`` that has ``tokens`` and EOS."""
        embedding, bias = embedding.float(), bias.float()
        chosen = torch.tensor(sorted({EOS, *tokens}))
        left_out = torch.ones(len(embedding), dtype=torch.bool)
        left_out[chosen] = False
        rest, rest_bias = summarise(embedding[left_out], bias[left_out])
        padding = -len(chosen) % PANEL  # so that the rest begins a panel
        packed = PackedLinear.of(
            [torch.cat([embedding[chosen], embedding.new_zeros(padding, embedding.shape[1]), rest])],
            torch.cat([bias[chosen], bias.new_full([padding], -torch.inf), rest_bias]),
        )
        return cls(chosen.to(torch.int32), packed)


def summarise(rows: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
    """What is needed to estimate ``logsumexp(rows · features + bias)`` for whatever features.

    A network trained with label smoothing gives the tokens that a language does not use some percents of its
    probability, more or less at each step: without them, scores would favour other lengths. Weighted by
    ``softmax(bias)``, the rows have a mean and a covariance, and if ``rows · features`` is distributed
    normally over them, ``logsumexp = logsumexp(bias) + mean · features + variance / 2``. The variance is the
    sum of squares of the projections on the covariance's eigenvectors, of which the largest are kept. Those
    beyond have a share that is taken to be the same for all features, which are those of a tanh.

    Returns:
        Weights ``[REST, embedding]`` and biases ``[REST]``: the first for the mean, the others for the square
        roots of parts of the variance; their bias is 0.
    """
    share = bias.softmax(0)
    mean = share @ rows
    centred = (rows - mean) * share[:, None].sqrt()
    values, vectors = torch.linalg.eigh(centred.T @ centred)
    values, vectors = values.clamp(min=0.0).flip(0), vectors.flip(1)
    kept = min(REST - 1, len(values))
    weights = rows.new_zeros(REST, rows.shape[1])
    weights[0] = mean
    weights[1 : 1 + kept] = (vectors * values.sqrt()).T[:kept]
    biases = rows.new_zeros(REST)
    biases[0] = bias.logsumexp(0) + _MEAN_SQUARE_OF_A_FEATURE * values[kept:].sum() / 2
    return weights, biases


class Words:
    """All tokens but EOS and the forbidden ones, of the whole vocabulary and of each part.

    Args:
        size: entries of the vocabulary.
        parts: of a target language, by its tag.
        forbidden: tokens that are no words.
        boundaries: tokens that may follow a term that a translation must hold; None for all.
    """

    def __init__(
        self,
        size: int,
        parts: Mapping[int, SoftmaxPart],
        forbidden: Collection[int],
        boundaries: Collection[int] | None = None,
    ) -> None:
        self._masks: list[np.ndarray[tuple[int], np.dtype[np.uint8]]] = []
        excluded = np.zeros(size, dtype=bool)
        excluded[[EOS, *forbidden]] = True
        self.boundaries = np.full(size, boundaries is None)
        """What may follow a term, EOS among it, bool ``[vocab]``."""
        self.boundaries[[EOS, *(boundaries or ())]] = True
        width = -(-size // PANEL) * PANEL
        self.columns = Columns(
            words=self._mask(~excluded, width),
            boundaries=self._mask(~excluded & self.boundaries, width),
            tokens=None,
            count=size,
            ending=EOS,
            rest=-(-size // PANEL),
        )
        self._shortlists = {
            tag: Shortlist(softmax=part.packed.matrix(), columns=self._columns(part, excluded))
            for tag, part in parts.items()
        }
        self._parts = parts  # the structures point into them

    def shortlists(self, targets: Sequence[int]) -> ctypes.Array[c_void_p] | None:
        """Where the shortlist of each row is, by its target language's tag; null for one without."""
        if not self._shortlists:
            return None
        found = [self._shortlists.get(target) for target in targets]
        return (c_void_p * len(found))(*[None if each is None else ctypes.addressof(each) for each in found])

    def _columns(self, part: SoftmaxPart, excluded: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Columns:
        tokens = part.tokens.numpy()
        return Columns(
            words=self._mask(~excluded[tokens], part.packed.scale.shape[1]),
            boundaries=self._mask((~excluded & self.boundaries)[tokens], part.packed.scale.shape[1]),
            tokens=tokens.ctypes.data,
            count=len(tokens),
            ending=int(np.searchsorted(tokens, EOS)),
            rest=(part.packed.scale.shape[1] - REST) // PANEL,
        )

    def _mask(self, words: np.ndarray[tuple[int], np.dtype[np.bool_]], columns: int) -> int:
        """Where a bit for each of ``columns`` is; those that ``words`` does not speak of are no words."""
        padded = np.zeros(columns, dtype=bool)
        padded[: len(words)] = words
        self._masks.append(np.packbits(padded, bitorder="little"))
        return int(self._masks[-1].ctypes.data)
