"""What each token id of a SentencePiece model stands for."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sentencepiece import SentencePieceProcessor

from model.errors import CheckpointError

SPACE_SYMBOL = "\u2581"
"""How SentencePiece writes a space inside a piece."""

_TAG = re.compile(r"<2([a-z]+)>")
_UNKNOWN_CHARACTER_PENALTY = 10.0
"""SentencePiece scores a character outside the vocabulary this much below its least probable piece."""


@dataclass(frozen=True)
class Vocabulary:
    """A table over the token ids.

    Attributes:
        pieces: the entries as the model writes them.
        spellings: the UTF-8 bytes each stands for; empty for control symbols.
        log_probs: unigram log-probabilities. The first byte of a character spelt in bytes carries what
            SentencePiece gives an unknown character, the other bytes 0, so that sums come out the same.
        tags: the id of each target language's tag.
    """

    pieces: tuple[str, ...]
    spellings: tuple[bytes, ...]
    log_probs: tuple[float, ...]
    tags: dict[str, int]

    @classmethod
    def read(cls, processor: SentencePieceProcessor) -> Vocabulary:
        """The vocabulary of a loaded model.

        Raises:
            CheckpointError: it has a malformed entry, or does not have every byte.
        """
        try:
            pieces = tuple(processor.IdToPiece(i) for i in range(len(processor)))
            spellings = tuple(_spell(processor, i, piece) for i, piece in enumerate(pieces))
        except ValueError as error:
            raise CheckpointError("a damaged SentencePiece model: an entry cannot be read") from error
        byte_ids = {i for i in range(len(pieces)) if processor.IsByte(i)}
        if {spellings[i] for i in byte_ids} != {bytes([value]) for value in range(256)}:
            raise CheckpointError("the vocabulary does not have each byte; train it with `prepare`")
        tags = {
            found[1]: i
            for i, piece in enumerate(pieces)
            if processor.IsControl(i) and (found := _TAG.fullmatch(piece))
        }
        return cls(pieces, spellings, _log_probs(processor, spellings, byte_ids), tags)


def tag_symbol(language: str) -> str:
    """The entry that asks for ``language``: ``<2de>``.

    Raises:
        ValueError: ``language`` is not a word of lower-case letters.
    """
    symbol = f"<2{language}>"
    if not _TAG.fullmatch(symbol):
        raise ValueError(f"a language code has lower-case letters only, like de; not {language!r}")
    return symbol


def _spell(processor: SentencePieceProcessor, index: int, piece: str) -> bytes:
    if processor.IsControl(index) or processor.IsUnknown(index):
        return b""
    if processor.IsByte(index):
        return bytes.fromhex(piece[3:-1])  # <0x0A>
    return piece.replace(SPACE_SYMBOL, " ").encode()


def _log_probs(
    processor: SentencePieceProcessor, spellings: tuple[bytes, ...], byte_ids: set[int]
) -> tuple[float, ...]:
    scores = [processor.GetScore(i) for i in range(len(spellings))]
    ordinary = [scores[i] for i, spelling in enumerate(spellings) if spelling and i not in byte_ids]
    unknown = min(ordinary, default=0.0) - _UNKNOWN_CHARACTER_PENALTY
    for i in byte_ids:
        continues = 0x80 <= spellings[i][0] < 0xC0
        scores[i] = 0.0 if continues else unknown
    return tuple(scores)
