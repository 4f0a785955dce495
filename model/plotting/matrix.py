"""What each piece, or word, of a translation attended to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from model.checkpoint import Checkpoint
from model.config import DecodingOptions
from model.decoding import CONTROL_IDS, align, decode
from model.errors import ConfigError
from model.tokenizer import EOS, Tokenizer
from model.translation import MAX_SOURCE_TOKENS
from model.word_alignment import words_of


@dataclass(frozen=True)
class AttentionMatrix:
    """Attention with a label for each row and column.

    Attributes:
        source: the language tag, pieces or words, and EOS.
        target: pieces or words, and EOS.
        weights: float32 ``[target, source]``, head average; rows sum to one.
    """

    source: tuple[str, ...]
    target: tuple[str, ...]
    weights: Tensor


@dataclass(frozen=True)
class TranslationAttention:
    """A sentence, its translation, and the attention between their tokens.

    Attributes:
        tokenizer: whose tokens they are.
        source: int ids: tag, text, EOS.
        target: int ids: text, EOS.
        weights: float32 ``[target, source]``, head average; rows sum to one.
    """

    tokenizer: Tokenizer
    source: tuple[int, ...]
    target: tuple[int, ...]
    weights: Tensor

    def by_piece(self) -> AttentionMatrix:
        """Every token by itself."""
        pieces = self.tokenizer.pieces
        return AttentionMatrix(tuple(pieces(self.source)), tuple(pieces(self.target)), self.weights)

    def by_word(self) -> AttentionMatrix:
        """The tokens of a word together: columns added up, rows averaged, so that rows still sum to one.

        Words are what stands between whitespace, see ``model.word_alignment``: Chinese is one word.
        """
        [tag, *source, end], [*target, _] = self.source, self.target
        source_words, columns = self._words(source)
        target_words, rows = self._words(target)
        control = self.tokenizer.pieces([tag, end])
        columns = [0, *(word + 1 for word in columns), len(source_words) + 1]
        rows = [*rows, len(target_words)]
        by_source = torch.zeros(len(rows), len(source_words) + 2)
        by_source.index_add_(1, torch.tensor(columns), self.weights)
        by_word = torch.zeros(len(target_words) + 1, len(source_words) + 2)
        by_word.index_add_(0, torch.tensor(rows), by_source)
        sizes = torch.tensor(rows).bincount(minlength=len(by_word))
        return AttentionMatrix(
            (control[0], *source_words, control[1]), (*target_words, control[1]), by_word / sizes[:, None]
        )

    def _words(self, ids: Sequence[int]) -> tuple[list[str], list[int]]:
        """The words that ``ids`` spell, and the word of each; whitespace alone is one word."""
        words = self.tokenizer.decode(ids).split()
        if not words:
            return ["␣"] * bool(ids), [0] * len(ids)
        return words, words_of(self.tokenizer, ids)


def translation_attention(
    checkpoint: Checkpoint,
    text: str,
    target_language: str,
    options: DecodingOptions,
    *,
    translation: str | None = None,
    max_source_tokens: int = MAX_SOURCE_TOKENS,
) -> TranslationAttention:
    """The attention between ``text`` and its translation.

    Args:
        checkpoint: what translates.
        text: a sentence.
        target_language: what to translate into.
        options: how to decode.
        translation: what the network is made to say; None: what it says by itself.
        max_source_tokens: of the text, tag and EOS included.

    Raises:
        ConfigError: the network has no attention, or the text is blank or too long.
        DirectionError: the vocabulary has no tag for the target language.
    """
    if checkpoint.config.model.attention == "none":
        raise ConfigError(f"{checkpoint.name} is a network without attention: there is nothing to draw")
    tokenizer = checkpoint.tokenizer
    source = tokenizer.source_ids(text.strip(), target_language)
    if len(source) == 2:
        raise ConfigError("the text is blank: there is nothing to translate")
    if len(source) > max_source_tokens:
        raise ConfigError(
            f"the text has {len(source)} tokens; at most {max_source_tokens} can be drawn: shorten it"
        )
    if translation is None:
        forbidden = CONTROL_IDS | {tokenizer.tag(language) for language in tokenizer.languages}
        [found] = decode(checkpoint.model, [source], options, forbidden=forbidden)
        target = list(found.hypotheses[0].tokens)
    else:
        target = tokenizer.encode(translation.strip())
    [weights] = align(checkpoint.model, [source], [target])
    return TranslationAttention(tokenizer, tuple(source), (*target, EOS), weights)
