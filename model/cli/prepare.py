"""``python -m model prepare``: from parallel text to the folder that training reads."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from model.cli.arguments import HelpFormatter, positive, share
from model.training.cleaning import TokenLimits
from model.training.corpus import parse_direction, parse_parallel_text
from model.training.prepare import PrepareOptions

if TYPE_CHECKING:
    from model.cli.arguments import Subparsers

_EXAMPLE = """\
examples:
  Both directions between German and English, from two aligned files and a compressed table:

    python -m model prepare --output prepared/de-en \\
        --corpus de-en train.de train.en \\
        --corpus de-en more.tsv.gz \\
        --valid de-en valid.de valid.en

  Two languages into English, with the tokenizer of an earlier corpus:

    python -m model prepare --output prepared/to-en \\
        --corpus de-en train.de train.en --corpus fr-en fr.txt.xz en.txt.xz \\
        --valid de-en valid.de valid.en --valid fr-en valid.fr valid.en \\
        --direction de-en --direction fr-en --tokenizer prepared/all/tokenizer.model
"""


def add_parser(subparsers: Subparsers) -> None:
    """Add the command ``prepare``."""
    parser = subparsers.add_parser(
        "prepare",
        help="clean parallel text, train the tokenizer, encode",
        description="Clean parallel text, train a joint SentencePiece tokenizer, and write all that `train`"
        " needs\ninto one folder.",
        epilog=_EXAMPLE,
        formatter_class=HelpFormatter,
    )
    parser.set_defaults(run=run)
    _add_text_arguments(parser)
    _add_tokenizer_arguments(parser)
    _add_cleaning_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Prepare what ``args`` ask for and print what was dropped."""
    from model.cli.run_prepare import run_prepare  # noqa: PLC0415 - keeps --help instant

    return run_prepare(_options(args))


def _add_text_arguments(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("text")
    group.add_argument("--output", type=Path, required=True, metavar="DIR", help="the folder to write")
    group.add_argument(
        "--corpus",
        nargs="+",
        action="append",
        default=[],
        metavar=("PAIR", "FILE"),
        help="training text: a language pair like de-en, then two aligned files (one sentence a line) or one"
        " file of two tab-separated columns; UTF-8, may be .gz or .xz; repeat for more",
    )
    group.add_argument(
        "--one-way",
        nargs="+",
        action="append",
        default=[],
        metavar=("PAIR", "FILE"),
        help="training text for the direction PAIR alone, such as a teacher's translations; repeat for more",
    )
    group.add_argument(
        "--valid",
        nargs="+",
        action="append",
        required=True,
        metavar=("PAIR", "FILE"),
        help="validation text, written the same way; training pairs with a sentence of it are dropped",
    )
    group.add_argument(
        "--direction",
        action="append",
        default=[],
        metavar="PAIR",
        help="train this direction, as de-en; repeat for more (default: both directions of each corpus)",
    )


def _add_tokenizer_arguments(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("tokenizer")
    source = group.add_mutually_exclusive_group()
    source.add_argument(
        "--vocabulary-size",
        type=positive,
        default=PrepareOptions.vocabulary_size,
        metavar="N",
        help="number of token ids (default: %(default)s)",
    )
    source.add_argument("--tokenizer", type=Path, metavar="FILE", help="use this tokenizer.model; train none")
    group.add_argument(
        "--character-coverage",
        type=_share,
        default=PrepareOptions.character_coverage,
        metavar="SHARE",
        help="share of the characters that get an id of their own, the rest being spelt in bytes"
        " (default: %(default)s; 0.9995 is better for Chinese and Japanese)",
    )
    group.add_argument(
        "--simplify-chinese",
        action="store_true",
        help="read Traditional Chinese characters as Simplified ones; the network then writes Simplified",
    )
    group.add_argument(
        "--placeholders",
        type=_not_negative,
        default=PrepareOptions.placeholders,
        metavar="N",
        help="ids for placeholders, which stand for names, numbers, addresses and variables that are copied"
        " (default: %(default)s)",
    )
    group.add_argument(
        "--placeholder-share",
        type=share,
        default=PrepareOptions.placeholder_share,
        metavar="SHARE",
        help="of the pairs whose sides share such a thing, train on so many a second time with placeholders"
        " (default: %(default)s)",
    )
    group.add_argument(
        "--tokenizer-sentences",
        type=positive,
        default=PrepareOptions.tokenizer_sentences,
        metavar="N",
        help="train it on at most so many sentences of a language (default: %(default)s)",
    )
    group.add_argument(
        "--threads",
        type=positive,
        default=PrepareOptions.threads,
        metavar="N",
        help="train it with so many threads (default: %(default)s)",
    )
    group.add_argument(
        "--segmentations",
        type=positive,
        default=PrepareOptions.segmentations,
        metavar="N",
        help="store so many segmentations of a sentence, for training to draw from (default: %(default)s)",
    )


def _add_cleaning_arguments(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("cleaning")
    group.add_argument(
        "--max-characters",
        type=positive,
        default=PrepareOptions.max_characters,
        metavar="N",
        help="drop pairs with a sentence of more characters (default: %(default)s)",
    )
    group.add_argument(
        "--max-tokens",
        type=positive,
        default=TokenLimits.max_tokens,
        metavar="N",
        help="drop pairs with a sentence of more tokens (default: %(default)s)",
    )
    group.add_argument(
        "--max-length-ratio",
        type=_ratio,
        default=TokenLimits.max_ratio,
        metavar="R",
        help="drop pairs where one sentence has over R times the other's tokens, plus the slack"
        " (default: %(default)s)",
    )
    group.add_argument(
        "--length-slack",
        type=_not_negative,
        default=TokenLimits.slack,
        metavar="N",
        help="tokens that a sentence may be over the ratio (default: %(default)s)",
    )
    group.add_argument(
        "--keep-copies", action="store_true", help="keep pairs whose two sentences are the same text"
    )


def _options(args: argparse.Namespace) -> PrepareOptions:
    return PrepareOptions(
        output=args.output,
        corpora=(
            *(parse_parallel_text(words) for words in args.corpus),
            *(parse_parallel_text(words, one_way=True) for words in args.one_way),
        ),
        validation=tuple(parse_parallel_text(words) for words in args.valid),
        directions=tuple(parse_direction(text) for text in args.direction),
        vocabulary_size=args.vocabulary_size,
        character_coverage=args.character_coverage,
        placeholders=args.placeholders,
        placeholder_share=args.placeholder_share,
        simplify_chinese=args.simplify_chinese,
        tokenizer=args.tokenizer,
        tokenizer_sentences=args.tokenizer_sentences,
        segmentations=args.segmentations,
        max_characters=args.max_characters,
        keep_copies=args.keep_copies,
        limits=TokenLimits(args.max_tokens, args.max_length_ratio, args.length_slack),
        threads=args.threads,
    )


def _not_negative(text: str) -> int:
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"{text} is negative")
    return value


def _share(text: str) -> float:
    value = float(text)
    if not 0.98 <= value <= 1.0:
        raise argparse.ArgumentTypeError(f"{text} is not between 0.98 and 1")
    return value


def _ratio(text: str) -> float:
    value = float(text)
    if not 1.0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not a ratio of at least 1")
    return value
