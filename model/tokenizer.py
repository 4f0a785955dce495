"""SentencePiece: text to token ids and exactly back.

For every string without lone surrogates, ``decode(encode(text)) == tokenizer.in_script(normalize(text))``.
``normalize`` is Unicode NFKC, but for the full-width punctuation of Chinese, and nothing else: spaces at
either end, line breaks, NUL, joiners and emoji survive. ``in_script`` changes nothing unless the vocabulary
was made to read Chinese in one script. What the vocabulary lacks is spelt in UTF-8 bytes, so no text is
unknown; text that looks like a control symbol (``</s>``, ``<2de>``) is ordinary text.

Three departures from SentencePiece's defaults make the inverse exact. Its normalisation is the identity, or
one character for another (NFKC happens here, and no space is removed). The space put before the first word,
so that a word has the same piece wherever it stands, is added and removed here. U+2581, which SentencePiece
uses to write a space, is always spelt in bytes.

*Placeholders* are private-use characters that are always one piece. A network trained on sentences in which
they stand for names, numbers and the like copies them to their places in the translation.
"""

from __future__ import annotations

import heapq
import re
import unicodedata
from collections.abc import Iterable, Sequence
from itertools import count, takewhile
from pathlib import Path

from sentencepiece import SentencePieceProcessor

from model.errors import CheckpointError, DirectionError
from model.offsets import Offsets, before_normalization, spelt
from model.vocabulary import SPACE_SYMBOL, Vocabulary

PAD = 0
BOS = 1
EOS = 2
UNK = 3

_PROBE = " \u2581 a  \t\n\x00\U0001f469\u200d\U0001f680 "

_FULL_WIDTH = re.compile("([\uff01\uff08\uff09\uff0c\uff1a\uff1b\uff1f]+)")
"""What NFKC would turn into the ASCII ``! ( ) , : ; ?``, which nobody writes in Chinese."""
_FIRST_PLACEHOLDER = 0xE000

Segmentation = tuple[list[int], float]


def normalize(text: str) -> str:
    """Unicode NFKC of all but full-width exclamation and question marks, parentheses, commas and colons."""
    parts = _FULL_WIDTH.split(text)  # these stand at the odd places
    return "".join([part if i % 2 else unicodedata.normalize("NFKC", part) for i, part in enumerate(parts)])


def placeholder(number: int) -> str:
    """The character of placeholder ``number``, counted from 0."""
    return chr(_FIRST_PLACEHOLDER + number)


class Tokenizer:
    """A trained vocabulary. Immutable; may be used from several threads at once.

    Args:
        model_proto: a SentencePiece model as ``model.tokenizer_training`` makes it.

    Raises:
        CheckpointError: the bytes are not such a model.
    """

    def __init__(self, model_proto: bytes) -> None:
        self._processor = _load_processor(model_proto)
        self._serialized = model_proto
        self._vocabulary = Vocabulary.read(self._processor)
        self._space_symbol_ids = [self._processor.PieceToId(f"<0x{b:02X}>") for b in SPACE_SYMBOL.encode()]
        known = takewhile(frozenset(self._vocabulary.pieces).__contains__, map(placeholder, count()))
        self._placeholders = tuple(known)
        self._check()

    @classmethod
    def load(cls, path: Path) -> Tokenizer:
        """Read a model file.

        Raises:
            CheckpointError: the file cannot be read or is not such a model; names the file.
        """
        try:
            return cls(path.read_bytes())
        except OSError as error:
            raise CheckpointError(f"{path}: cannot be read: {error.strerror}") from error
        except CheckpointError as error:
            raise CheckpointError(f"{path}: {error}") from error

    @property
    def serialized(self) -> bytes:
        """The model file's content."""
        return self._serialized

    @property
    def vocabulary_size(self) -> int:
        """Number of token ids, control symbols included."""
        return len(self._vocabulary.pieces)

    @property
    def languages(self) -> tuple[str, ...]:
        """The target languages that have a tag, in the order of their ids."""
        return tuple(self._vocabulary.tags)

    @property
    def placeholders(self) -> tuple[str, ...]:
        """The characters that stand for what is to be copied; none in a vocabulary made without them."""
        return self._placeholders

    def in_script(self, text: str) -> str:
        """``text`` with the characters of the script that the vocabulary has, such as Simplified Chinese.

        One for one, and the text itself for a vocabulary without such a preference. Spaces stay as they are.
        """
        parts = text.split(SPACE_SYMBOL)
        return SPACE_SYMBOL.join([self._processor.Normalize(p).replace(SPACE_SYMBOL, " ") for p in parts])

    def tag(self, language: str) -> int:
        """The id that, as the first source token, asks for ``language``.

        Raises:
            DirectionError: there is no such tag; names the languages that have one.
        """
        try:
            return self._vocabulary.tags[language]
        except KeyError:
            known = ", ".join(self._vocabulary.tags) or "none"
            raise DirectionError(f"unknown target language {language!r}; known: {known}") from None

    def encode(self, text: str) -> list[int]:
        """The most probable segmentation of ``normalize(text)``; empty for an empty text.

        Raises:
            ValueError: ``text`` has a lone surrogate, which no UTF-8 text can have.
        """
        parts = [self._processor.EncodeAsIds(part) if part else [] for part in _parts(text)]
        return self._join(parts)

    def encode_inside(self, text: str) -> list[int]:
        """As ``encode``, but without the space before a first word: how ``text`` stands behind other text.

        Raises:
            ValueError: ``text`` has a lone surrogate.
        """
        first, *rest = _parts(text)
        parts = [first.removeprefix(" "), *rest]
        return self._join([self._processor.EncodeAsIds(part) if part else [] for part in parts])

    def encode_batch(self, texts: Iterable[str]) -> list[list[int]]:
        """``encode`` of each text."""
        return [self.encode(text) for text in texts]

    def encode_nbest(self, text: str, n: int) -> list[Segmentation]:
        """The ``n`` most probable segmentations with their log-probabilities, best first.

        Fewer where the text has fewer; the first is ``encode(text)``, or ties with it. All decode to the
        same text. The probability is the unigram language model's (Kudo 2018, eq. 2), a character outside
        the vocabulary counting as SentencePiece counts it.

        Raises:
            ValueError: ``text`` has a lone surrogate.
        """
        best: list[tuple[list[list[int]], float]] = [([], 0.0)]
        for part in _parts(text):
            options = self._part_nbest(part, n)
            joined = [([*ids, more], p + q) for ids, p in best for more, q in options]
            best = heapq.nlargest(n, joined, key=lambda item: item[1])
        return [(self._join(parts), log_prob) for parts, log_prob in best]

    def decode(self, ids: Iterable[int]) -> str:
        """The text of ``ids``; control symbols are skipped, bytes that are no character become U+FFFD."""
        text = b"".join([self._vocabulary.spellings[i] for i in ids]).decode(errors="replace")
        return text.removeprefix(" ")

    def encode_with_offsets(self, text: str) -> tuple[list[int], list[Offsets]]:
        """``encode(text)`` and what each token stands for in ``text``, as it was before normalisation.

        See ``model.offsets`` for what belongs to a token.

        Raises:
            ValueError: ``text`` has a lone surrogate.
        """
        ids = self.encode(text)
        return ids, before_normalization(text, self.decode_with_offsets(ids)[1], normalize)

    def decode_with_offsets(self, ids: Iterable[int]) -> tuple[str, list[Offsets]]:
        """``decode(ids)`` and what each token stands for in it; see ``model.offsets``."""
        return spelt([self._vocabulary.spellings[i] for i in ids])

    def pieces(self, ids: Iterable[int]) -> list[str]:
        """The vocabulary entries themselves, for people to read: ``['▁Guten', '▁Tag', '.']``."""
        return [self._vocabulary.pieces[i] for i in ids]

    def source_ids(self, text: str, target_language: str) -> list[int]:
        """What the encoder reads: ``[tag, *encode(text), EOS]``.

        Raises:
            DirectionError: ``target_language`` has no tag.
            ValueError: ``text`` has a lone surrogate.
        """
        return [self.tag(target_language), *self.encode(text), EOS]

    def _part_nbest(self, part: str, n: int) -> list[Segmentation]:
        if not part:
            return [([], 0.0)]
        found = self._processor.NBestEncodeAsIds(part, nbest_size=n)
        return [(ids, sum([self._vocabulary.log_probs[i] for i in ids])) for ids in found]

    def _join(self, parts: Sequence[list[int]]) -> list[int]:
        """Put the bytes of U+2581 between ``parts``."""
        joined = parts[0]
        for part in parts[1:]:
            joined = [*joined, *self._space_symbol_ids, *part]
        return joined

    def _check(self) -> None:
        special = (
            self._processor.pad_id(),
            self._processor.bos_id(),
            self._processor.eos_id(),
            self._processor.unk_id(),
        )
        if special != (PAD, BOS, EOS, UNK):
            raise CheckpointError(f"pad, bos, eos and unk have the ids {special}, not {(PAD, BOS, EOS, UNK)}")
        if self.decode(self.encode(_PROBE)) != _PROBE:
            raise CheckpointError("the tokenizer does not give text back as it was; train it with `prepare`")


def _parts(text: str) -> list[str]:
    """The normalised text, with the space before its first word, split at U+2581; ``[""]`` for no text."""
    normal = checked(text)
    return (" " + normal).split(SPACE_SYMBOL) if normal else [""]


def checked(text: str) -> str:
    """``normalize(text)``, which must be what UTF-8 can spell."""
    normal = normalize(text)
    try:
        normal.encode()
    except UnicodeEncodeError as error:
        raise ValueError(
            f"the text has a lone surrogate at character {error.start}; it must be valid Unicode"
        ) from None
    return normal


def _load_processor(model_proto: bytes) -> SentencePieceProcessor:
    if not model_proto:  # SentencePiece would accept it, as a model without entries
        raise CheckpointError("not a SentencePiece model: the file is empty")
    processor = SentencePieceProcessor()
    try:
        processor.LoadFromSerializedProto(model_proto)
    except (RuntimeError, UnicodeDecodeError) as error:
        raise CheckpointError("not a SentencePiece model, or a damaged one") from error
    return processor
