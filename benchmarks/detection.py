"""Which library tells languages apart best: how often, how fast, and at what size.

python -m benchmarks.detection de=test.de en=test.en ... --among de,en --output detection.json
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from benchmarks.command import guarded, whole
from benchmarks.errors import BenchmarkError
from benchmarks.record import Record, provenance
from model.config import Frozen
from service.text.detection import Detector

Detect = Callable[[str], str | None]
"""From a text to a language, None where there is nothing to go by."""
Labelled = tuple[str, str]
"""A text and the language it is in."""

LENGTHS = (1, 2, 3, 5, None)
CHARACTERS_PER_WORD = 2
METHOD = (
    "Lines of the given files, cut to so many words, the very first left out because it is capitalised; "
    "of Chinese, which has no spaces, to two characters for each word; null is the whole line. right: the "
    "share whose language was found; nothing: the share of which the library had nothing to say, which is "
    "not right either. One thread, texts one by one. py3langid is the library as it comes, service is the "
    "same library as the service asks it."
)


class Cell(Frozen):
    """One library on texts of one length.

    Attributes:
        words: of each text; None for whole lines.
        texts: how many.
        right: share whose language was found.
        nothing: share of which the library had nothing to say.
        microseconds: for a text, on average.
    """

    library: str
    among: tuple[str, ...]
    words: int | None
    texts: int
    right: float
    nothing: float
    microseconds: float


class Library(Frozen):
    """What a library costs.

    Attributes:
        megabytes: of its installed files.
        load_seconds: until the first answer.
    """

    name: str
    megabytes: float
    load_seconds: float


class DetectionResults(Frozen):
    """All libraries, and all they were asked."""

    lines: int
    libraries: tuple[Library, ...]
    cells: tuple[Cell, ...]


def main(arguments: Sequence[str]) -> int:
    """Run the benchmark; see the module."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.detection", description=__doc__)
    parser.add_argument(
        "texts", nargs="+", metavar="LANGUAGE=FILE", help="sentences of a language, one a line"
    )
    parser.add_argument(
        "--among", action="append", required=True, metavar="CODES", help="languages to tell apart; repeatable"
    )
    parser.add_argument("--lines", type=whole, default=500, metavar="N", help="of each file (default: 500)")
    parser.add_argument("--output", type=Path, required=True, metavar="FILE", help="where the record goes")
    options = parser.parse_args(arguments)
    return guarded(lambda: _run(options, arguments))


def _run(options: argparse.Namespace, arguments: Sequence[str]) -> None:
    texts = read_texts(options.texts, options.lines)
    libraries: list[Library] = []
    cells: list[Cell] = []
    for number, among in enumerate(tuple(codes.split(",")) for codes in options.among):
        missing = set(among) - set(texts)
        if missing:
            raise BenchmarkError(f"--among: there are no texts in {', '.join(sorted(missing))}")
        for name, make in (("py3langid", plain_py3langid), ("service", service), ("lingua", lingua)):
            start = time.perf_counter()
            detect = make(among)
            detect("A first text.")
            seconds = time.perf_counter() - start
            if number == 0:
                libraries.append(describe(name, seconds))
            cells += [measure(name, detect, among, words, texts) for words in LENGTHS]
    results = DetectionResults(lines=options.lines, libraries=tuple(libraries), cells=tuple(cells))
    origin = provenance("benchmarks.detection", arguments, method=METHOD)
    record = Record[DetectionResults](provenance=origin, results=results)
    options.output.write_text(record.model_dump_json(indent=2) + "\n", encoding="utf-8")
    for cell in cells:
        what = f"{cell.library:10} among {','.join(cell.among):15} {cell.words or 'all':>3} words"
        print(f"{what} {cell.right:6.1%} right {cell.nothing:6.1%} nothing {cell.microseconds:6.0f} us")


def read_texts(arguments: Sequence[str], lines: int) -> dict[str, list[str]]:
    """The first ``lines`` lines of each ``LANGUAGE=FILE``.

    Raises:
        BenchmarkError: one is not like that, or cannot be read.
    """
    texts: dict[str, list[str]] = {}
    for argument in arguments:
        language, equals, file = argument.partition("=")
        if not equals:
            raise BenchmarkError(f"{argument}: must be LANGUAGE=FILE")
        try:
            texts[language] = Path(file).read_text(encoding="utf-8").splitlines()[:lines]
        except (OSError, UnicodeDecodeError) as error:
            raise BenchmarkError(f"{file} cannot be read") from error
    return texts


def cut(text: str, language: str, words: int | None) -> str | None:
    """The first words of ``text`` after the very first; None where it has no more than those."""
    if words is None:
        return text
    if language == "zh":
        return text[: words * CHARACTERS_PER_WORD]
    found = text.split()
    return " ".join(found[1 : words + 1]) if len(found) > words + 1 else None


def measure(
    library: str,
    detect: Detect,
    among: tuple[str, ...],
    words: int | None,
    texts: Mapping[str, Sequence[str]],
) -> Cell:
    """``detect`` on all texts of the languages ``among``, each cut to ``words``."""
    labelled: list[Labelled] = [
        (short, language)
        for language in among
        for text in texts[language]
        if (short := cut(text, language, words)) is not None
    ]
    start = time.perf_counter()
    found = [detect(text) for text, _ in labelled]
    seconds = time.perf_counter() - start
    return Cell(
        library=library,
        among=among,
        words=words,
        texts=len(labelled),
        right=round(sum(one == true for one, (_, true) in zip(found, labelled, strict=True)) / len(found), 4),
        nothing=round(found.count(None) / len(found), 4),
        microseconds=round(1e6 * seconds / len(found), 1),
    )


def plain_py3langid(among: tuple[str, ...]) -> Detect:
    """The library as it comes."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415 - loading it is measured

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True, min_confidence=0.0)
    identifier.set_languages(among)

    def detect(text: str) -> str | None:
        ranked = identifier.rank(text)
        return None if len({score for _, score in ranked}) == 1 else ranked[0][0]

    return detect


def service(among: tuple[str, ...]) -> Detect:
    """The service's detector."""
    detector = Detector()

    def detect(text: str) -> str | None:
        found = detector.detect(text, among)
        return None if found is None else found.language

    return detect


def lingua(among: tuple[str, ...]) -> Detect:
    """Lingua in its accurate mode.

    Raises:
        BenchmarkError: it is not installed; 100 MB are too many for those who do not compare.
    """
    try:
        from lingua import IsoCode639_1, LanguageDetectorBuilder  # noqa: PLC0415 - an optional peer
    except ImportError:
        raise BenchmarkError("lingua is not installed: pip install '.[peers]'") from None
    codes = [getattr(IsoCode639_1, code.upper()) for code in among]
    detector = LanguageDetectorBuilder.from_iso_codes_639_1(*codes).build()

    def detect(text: str) -> str | None:
        found = detector.detect_language_of(text)
        return None if found is None else found.iso_code_639_1.name.lower()

    return detect


def describe(name: str, load_seconds: float) -> Library:
    """The cost of the library behind ``name``."""
    module = "lingua" if name == "lingua" else "py3langid"
    specification = importlib.util.find_spec(module)
    if specification is None or specification.origin is None:
        raise BenchmarkError(f"{module} is not installed")
    files = Path(specification.origin).parent.rglob("*")
    size = sum(file.stat().st_size for file in files if file.is_file() and file.suffix != ".pyc")
    return Library(name=name, megabytes=round(size / 1e6, 1), load_seconds=round(load_seconds, 2))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
