"""From attention between tokens to links between words.

Words are what stands between whitespace in the normalised text, numbered from 0. Text without whitespace,
such as Chinese, is one word.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from model.tokenizer import Tokenizer

Link = tuple[int, int]
"""A source word and a target word."""


def words_of(tokenizer: Tokenizer, ids: Sequence[int]) -> list[int]:
    """The word that each token of ``ids`` belongs to; whitespace belongs to a neighbour.

    ``▁Guten ▁Tag . ▁Wie`` -> ``[0, 1, 1, 2]``; all -1 where there is nothing but whitespace
    """
    last = len(tokenizer.decode(ids).split()) - 1
    # how many words have begun by the end of each token; a token may be half a character, so decode them all
    begun = [len(tokenizer.decode(ids[: end + 1]).split()) for end in range(len(ids))]
    return [min(max(count - 1, 0), last) for count in begun]


def word_links(
    attention: Tensor, source_words: Sequence[int], target_words: Sequence[int]
) -> tuple[Link, ...]:
    """Each target word with the source word that it attended to most, if there is one.

    The attention of all tokens of a word counts together, on either side. A target word that attended more
    to the language tag and EOS than to any word has no link.

    Args:
        attention: float32 ``[tgt_len + 1, src_len]`` as ``model.decoding.align`` gives it; the source is
            tag, pieces, EOS, and the last row predicted EOS.
        source_words: the word of each source piece, tag and EOS left out.
        target_words: the word of each target token.
    """
    if max(source_words, default=-1) < 0 or max(target_words, default=-1) < 0:
        return ()
    nothing = max(source_words) + 1
    columns = torch.tensor([nothing, *source_words, nothing])
    rows = torch.tensor(target_words)
    by_source_word = torch.zeros(len(attention), nothing + 1).index_add_(1, columns, attention)
    by_word = torch.zeros(max(target_words) + 1, nothing + 1).index_add_(0, rows, by_source_word[:-1])
    chosen: list[int] = by_word.argmax(1).tolist()
    return tuple((word, target) for target, word in enumerate(chosen) if word != nothing)
