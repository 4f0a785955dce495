"""What is translated: a file's lines, or the sentences that come along."""

from __future__ import annotations

from pathlib import Path

from benchmarks.errors import BenchmarkError

_BUILT_IN = Path(__file__).parent / "sentences"


def read_sentences(path: Path | None, language: str, limit: int | None = None) -> tuple[str, ...]:
    """The lines of ``path`` that are not blank, or the built-in sentences in ``language``.

    Args:
        path: a UTF-8 text file, one sentence a line; None for the built-in ones.
        language: which built-in ones.
        limit: how many of the lines, from the first.

    Raises:
        BenchmarkError: the file cannot be read or has no text, or no sentences are built in for the language.
    """
    if path is None:
        path = _built_in(language)
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise BenchmarkError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise BenchmarkError(f"{path}: not UTF-8 text") from error
    sentences = tuple(line.strip() for line in lines if line.strip())
    if not sentences:
        raise BenchmarkError(f"{path}: has no text; one sentence a line is expected")
    return sentences[:limit]


def name_of(path: Path | None, language: str) -> str:
    """What to call the text in a record: the file's name without its folder."""
    return path.name if path else f"built-in sentences ({language})"


def _built_in(language: str) -> Path:
    known = {path.stem: path for path in sorted(_BUILT_IN.glob("*.txt"))}
    if language not in known:
        raise BenchmarkError(
            f"no built-in sentences for {language!r}, only for {', '.join(known)}; name a file with --input"
        )
    return known[language]
