"""The command line: ``python -m model COMMAND``.

A command is a module of this package with ``add_parser(subparsers)``, which sets ``run``, a function of the
parsed arguments that returns the exit status. Only the module of the command that is asked for is imported,
and it imports torch and the like when it runs: ``--help`` is instant, and ``translate`` and ``inspect`` work
where the libraries that only training needs are not installed.

Exit status: 0; 2 for arguments, files or values that cannot be used, with the reason on the last line of
standard error; 130 after Ctrl-C; 141 when the reader of the output has gone away.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

from model.cli.arguments import HelpFormatter
from model.errors import ModelError

COMMANDS = {
    "prepare": "clean parallel text, train the tokenizer, encode",
    "roughen": "copy sentence pairs with carelessly typed sources",
    "train": "train a checkpoint from a recipe",
    "distill": "let a teacher translate a corpus for a student",
    "tune": "find the best length and coverage penalties",
    "calibrate": "calibrate confidence: how probably a translation is good",
    "narrow": "find the pieces that each target language uses",
    "prune": "set the weights that matter least to zero",
    "evaluate": "score a checkpoint: BLEU and chrF with sacreBLEU",
    "translate": "translate a file or standard input, line by line",
    "report": "write a page about a checkpoint: scores, intervals, examples",
    "plot": "draw the attention of a translation, or training curves",
    "inspect": "say what a checkpoint is, and check its files",
}
TRAINING_LIBRARIES = frozenset(
    {"jinja2", "matplotlib", "opencc", "rich", "rouge_score", "sacrebleu", "tensorboard"}
)

_EPILOG = """\
The way from parallel text to a translation:

  python -m model prepare --corpus de-en train.de train.en --valid de-en valid.de valid.en --output data
  python -m model train recipe.toml --output runs/first
  python -m model evaluate runs/first/checkpoint --source-lang de --target-lang en \\
      --source test.de --reference test.en
  echo "Wo ist der Bahnhof?" | python -m model translate runs/first/checkpoint \\
      --source-lang de --target-lang en

Each command explains itself: python -m model translate --help
"""


def main(arguments: Sequence[str]) -> int:
    """Run one command; returns the exit status described above."""
    options = build_parser(arguments).parse_args(arguments, argparse.Namespace(arguments=tuple(arguments)))
    try:
        status: int = options.run(options)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        _discard_output()
        return 141
    except ModelError as error:
        return _fail(str(error))
    except OSError as error:
        return _fail(f"{error.filename}: {error.strerror}" if error.filename else str(error))
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in TRAINING_LIBRARIES:
            raise
        return _fail(f"this command needs {error.name}: install the training extra, dragoman[train]")
    return status


def build_parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    """The parser for ``arguments``: whole for the command they name, a line each for the others."""
    parser = argparse.ArgumentParser(
        prog="python -m model",
        description="Train, score and use translation checkpoints.",
        epilog=_EPILOG,
        formatter_class=HelpFormatter,
    )
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, summary in COMMANDS.items():
        if name in arguments[:1]:
            importlib.import_module(f"model.cli.{name}").add_parser(subparsers)
        else:
            subparsers.add_parser(name, help=summary)
    return parser


def _fail(message: str) -> int:
    print(f"error: {message}", file=sys.stderr)
    return 2


def _discard_output() -> None:
    """Keep the interpreter from failing again when it flushes standard output at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
