"""Figures without global state: no pyplot, no display, the same bytes for the same numbers."""

from __future__ import annotations

import io
import unicodedata
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

import matplotlib as mpl
from matplotlib import font_manager
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from model.errors import ConfigError

FORMATS = ("png", "svg")

_LATIN = "DejaVu Sans"
_WIDE_FONTS = (
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Noto Sans SC",
    "Source Han Sans SC",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "Droid Sans Fallback",
    "PingFang SC",
    "Hiragino Sans GB",
    "Microsoft YaHei",
    "SimHei",
    "Arial Unicode MS",
)
_DOTS_PER_INCH = 144


@cache
def installed_fonts() -> tuple[str, ...]:
    """The font that matplotlib brings, then those of this machine that have Chinese, best first."""
    _register_new_fonts()
    present = set(font_manager.get_font_names())
    return (_LATIN, *(name for name in _WIDE_FONTS if name in present))


def _register_new_fonts() -> None:
    """Add what was installed since matplotlib wrote its list of fonts, which it never looks at again."""
    known = {entry.fname for entry in font_manager.fontManager.ttflist}
    for path in sorted(set(font_manager.findSystemFonts()) - known):
        with suppress(OSError, RuntimeError, ValueError):  # a file that it cannot read; it skips them too
            font_manager.fontManager.addfont(path)


def missing_characters(texts: Iterable[str]) -> int:
    """How many different characters of ``texts`` no installed font has: they are boxes in a PNG."""
    fonts = [font_manager.get_font(font_manager.findfont(name)) for name in installed_fonts()]
    characters = {char for text in texts for char in text if unicodedata.category(char)[0] not in "CZ"}
    return sum(all(font.get_char_index(ord(char)) == 0 for font in fonts) for char in characters)


@contextmanager
def drawing_style() -> Iterator[None]:
    """While a figure is made and rendered: fonts by fallback, text as text in SVG, stable identifiers."""
    with (
        mpl.rc_context(
            {
                # named one by one: glyph by glyph, a PNG takes them from the next in this list alone
                "font.family": [*installed_fonts(), "sans-serif"],
                "font.sans-serif": list(installed_fonts()),
                "font.size": 9,
                "text.parse_math": False,  # a dollar sign in a sentence is money, not a formula
                "svg.fonttype": "none",
                "svg.hashsalt": "",
                "axes.spines.top": False,
                "axes.spines.right": False,
            }
        ),
        warnings.catch_warnings(),
    ):
        # the caller counts them; an SVG leaves the letters to the viewer's fonts anyway
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        warnings.filterwarnings("ignore", message="Matplotlib currently does not support .* natively")
        yield


def render(figure: Figure, kind: str) -> bytes:
    """``figure`` as ``png`` or ``svg``; call it inside ``drawing_style``."""
    FigureCanvasAgg(figure)
    content = io.BytesIO()
    metadata = {"Date": None, "Creator": None} if kind == "svg" else {"Software": None}
    figure.savefig(content, format=kind, dpi=_DOTS_PER_INCH, metadata=metadata)
    return content.getvalue()


def format_of(path: Path) -> str:
    """The format that the name of ``path`` asks for.

    Raises:
        ConfigError: it is none of ``FORMATS``.
    """
    kind = path.suffix.removeprefix(".").lower()
    if kind not in FORMATS:
        raise ConfigError(f"{path}: a picture's name ends in .png or .svg")
    return kind
