"""Training the vocabulary of a ``Tokenizer``."""

from __future__ import annotations

import io
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from sentencepiece import SentencePieceTrainer

from model.errors import CorpusError
from model.tokenizer import BOS, EOS, PAD, UNK, Tokenizer, checked, placeholder
from model.vocabulary import tag_symbol

NO_CHARACTERS: Mapping[str, str] = MappingProxyType({})


def train_tokenizer(
    sentences: Iterable[str],
    *,
    vocabulary_size: int,
    languages: Sequence[str],
    character_coverage: float = 1.0,
    placeholders: int = 0,
    characters: Mapping[str, str] = NO_CHARACTERS,
    threads: int = 1,
) -> Tokenizer:
    """Train a unigram vocabulary (Kudo 2018) with a tag for each of ``languages``.

    The result depends on the arguments alone; nothing is random. Digits are pieces of their own, so that a
    number is copied digit by digit instead of being learnt.

    Args:
        sentences: the text; languages mixed in the proportion in which they shall share the vocabulary.
        vocabulary_size: number of ids, the 4 special, 256 byte, ``len(languages)`` tag and ``placeholders``
            ids included.
        languages: lower-case codes, such as ``de``.
        character_coverage: share of all characters in ``sentences`` that get a piece of their own; the
            rest, rare ones, are spelt in bytes.
        placeholders: how many characters shall stand for what is to be copied.
        characters: which character is read as which other, such as Traditional Chinese as Simplified.
        threads: part of "the arguments alone": sums are taken in another order with another number.

    Raises:
        CorpusError: there is no text, or ``vocabulary_size`` is too large or too small for it.
        ValueError: a language code is not lower-case letters, or a sentence has a lone surrogate.
    """
    model = io.BytesIO()
    lines = list(_training_lines(sentences))  # SentencePiece would hide what goes wrong while they are made
    with tempfile.NamedTemporaryFile("w", suffix=".tsv", encoding="ascii") as rules:
        rules.writelines(_rule(*entry) for entry in sorted(characters.items()))
        rules.flush()
        try:
            SentencePieceTrainer.Train(
                sentence_iterator=iter(lines),
                model_writer=model,
                model_type="unigram",
                vocab_size=vocabulary_size,
                character_coverage=character_coverage,
                byte_fallback=True,
                split_digits=True,
                normalization_rule_name="user_defined" if characters else "identity",
                normalization_rule_tsv=rules.name if characters else "",
                add_dummy_prefix=False,
                remove_extra_whitespaces=False,
                control_symbols=[tag_symbol(language) for language in languages],
                user_defined_symbols=[placeholder(number) for number in range(placeholders)],
                pad_id=PAD,
                bos_id=BOS,
                eos_id=EOS,
                unk_id=UNK,
                num_threads=threads,
                minloglevel=2,
            )
        except RuntimeError as error:
            raise CorpusError(_explain(str(error), vocabulary_size)) from error
    return Tokenizer(model.getvalue())


def _rule(character: str, replacement: str) -> str:
    """A line of SentencePiece's table of normalisations: code points in hexadecimal digits."""
    return f"{ord(character):X}\t{ord(replacement):X}\n"


def _training_lines(sentences: Iterable[str]) -> Iterator[str]:
    for sentence in sentences:
        if text := checked(sentence):
            yield " " + text


def _explain(message: str, vocabulary_size: int) -> str:
    if "sentences_.empty()" in message:
        return "no tokenizer can be trained: there is no text"
    if found := re.search(r"set it to a value <= (\d+)", message):
        return f"vocabulary size {vocabulary_size} is too large for this text; use at most {found[1]}"
    if "smaller than required_chars" in message:
        return (
            f"vocabulary size {vocabulary_size} is too small: the special symbols, the 256 bytes and every"
            " character of the text need an id; enlarge it or lower the character coverage"
        )
    return f"no tokenizer can be trained on this text: {message}"
