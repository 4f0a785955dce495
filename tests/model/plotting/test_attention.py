from __future__ import annotations

import base64
import io
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from matplotlib.font_manager import findfont, get_font
from PIL import Image

from model.errors import ConfigError
from model.plotting import drawing
from model.plotting.attention import CELL_INCHES, draw_attention
from model.plotting.drawing import format_of, missing_characters
from model.plotting.matrix import AttentionMatrix

SVG = "{http://www.w3.org/2000/svg}"


def matrix_of(source: int, target: int) -> AttentionMatrix:
    weights = torch.rand(target, source, generator=torch.Generator().manual_seed(1))
    return AttentionMatrix(
        tuple(f"s{i}" for i in range(source)),
        tuple(f"t{i}" for i in range(target)),
        weights / weights.sum(1, keepdim=True),
    )


def size_of(matrix: AttentionMatrix) -> tuple[float, float]:
    with Image.open(io.BytesIO(draw_attention(matrix, "png"))) as image:
        assert image.format == "PNG"
        return image.size


def test_a_picture_grows_by_a_cell_for_each_token() -> None:
    width, height = size_of(matrix_of(8, 8))
    cell = CELL_INCHES * 144
    wider, as_high = size_of(matrix_of(10, 8))
    assert as_high == height
    assert wider - width == pytest.approx(2 * cell, abs=1)
    as_wide, higher = size_of(matrix_of(8, 10))
    assert as_wide == width
    assert higher - height == pytest.approx(2 * cell, abs=1)


def test_the_darkest_cells_of_the_svg_are_the_largest_weights() -> None:
    matrix = matrix_of(7, 5)
    root = ElementTree.fromstring(draw_attention(matrix, "svg"))
    content = next(root.iter(f"{SVG}image")).attrib["{http://www.w3.org/1999/xlink}href"]
    with Image.open(io.BytesIO(base64.b64decode(content.partition(",")[2]))) as image:
        lightness = np.asarray(image.convert("L"), dtype=float)
    assert lightness.shape == (5, 7)
    darkest = {frozenset(np.argwhere(lightness == value).ravel()) for value in [lightness.min()]}
    wanted = np.unravel_index(int(matrix.weights.argmax()), (5, 7))
    assert frozenset(int(index) for index in wanted) in darkest
    order = matrix.weights.flatten().numpy()[np.argsort(-lightness.flatten())]
    assert np.all(np.diff(order) > -0.02)  # grey has 256 levels, so near neighbours may tie


def test_labels_are_text_whatever_they_hold() -> None:
    labels = ("<2en>", "$5", "$x^2$", "你好", "&", "▁Fahrkarte", "_", "</s>")
    matrix = AttentionMatrix(labels, ("€", "</s>"), torch.full((2, 8), 1 / 8))
    root = ElementTree.fromstring(draw_attention(matrix, "svg"))
    shown = [node.text for node in root.iter(f"{SVG}text")]
    assert shown[: len(labels) + 2] == [*labels, "€", "</s>"]
    assert size_of(matrix)[0] > 0


def test_a_long_label_is_cut() -> None:
    matrix = AttentionMatrix(("a" * 60, "</s>"), ("</s>",), torch.tensor([[0.5, 0.5]]))
    assert ("a" * 23 + "…").encode() in draw_attention(matrix, "svg")


@pytest.mark.parametrize("kind", ["png", "svg"])
def test_the_same_numbers_give_the_same_bytes(kind: str) -> None:
    assert draw_attention(matrix_of(4, 3), kind) == draw_attention(matrix_of(4, 3), kind)


def test_characters_without_a_font_are_counted_once() -> None:
    assert missing_characters(["Äpfel ▁ß€ →", "\n", ""]) == 0
    assert missing_characters(["a\U0001f9ff", "\U0001f9ff"]) == 1


def test_a_letter_that_the_first_font_lacks_is_drawn_with_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = (get_font(findfont(name)) for name in ("DejaVu Sans", "STIXGeneral"))
    one, other = sorted(set(second.get_charmap()) - set(first.get_charmap()))[-2:]
    matrices = [AttentionMatrix((chr(code),), ("</s>",), torch.ones(1, 1)) for code in (one, other)]

    def pictures() -> set[bytes]:
        drawing.installed_fonts.cache_clear()
        return {draw_attention(matrix, "png") for matrix in matrices}

    monkeypatch.setattr(drawing, "_WIDE_FONTS", ())
    drawing.installed_fonts.cache_clear()
    assert missing_characters([*matrices[0].source, *matrices[1].source]) == 2
    assert len(pictures()) == 1  # two boxes look alike
    monkeypatch.setattr(drawing, "_WIDE_FONTS", ("STIXGeneral",))
    assert len(pictures()) == 2
    assert missing_characters([*matrices[0].source, *matrices[1].source]) == 0
    drawing.installed_fonts.cache_clear()


@pytest.mark.parametrize("name", ["picture", "picture.jpg", "svg"])
def test_a_name_that_says_no_format_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match=r"ends in \.png or \.svg"):
        format_of(Path(name))
    assert format_of(Path("a.b/c.PNG")) == "png"
