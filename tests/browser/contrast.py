"""Contrast as WCAG 2.2 defines it, measured on what the browser computes."""

from __future__ import annotations

import re
from dataclasses import dataclass

from selenium.webdriver import Chrome

_COLLECT = """
const opaque = (color) => !/^rgba\\(.*, 0\\)$/.test(color);
const ground = (element) => {
  while (element && !opaque(getComputedStyle(element).backgroundColor)) element = element.parentElement;
  return getComputedStyle(element ?? document.documentElement).backgroundColor;
};
const hasText = (element) =>
  element.value || [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
const seen = [...document.body.querySelectorAll("*")].filter(
  (element) => element.checkVisibility() && !element.closest(".unseen"));
const pair = (element, part) => [
  element.id || element.tagName, getComputedStyle(element, part).color, ground(element)];
return [
  ...seen.filter(hasText).map((element) => pair(element, null)),
  ...seen.filter((element) => element.placeholder).map((element) => pair(element, "::placeholder")),
];
"""
_BORDERS = """
return [...document.querySelectorAll("select, input, .panel, #alternatives button")]
  .filter((element) => element.checkVisibility())
  .map((element) => [element.id || element.className, getComputedStyle(element).borderTopColor,
    getComputedStyle(document.documentElement).backgroundColor]);
"""


@dataclass(frozen=True)
class Pair:
    """Two colours that must differ: of a text or a border, and of what is behind."""

    name: str
    front: str
    back: str

    @property
    def ratio(self) -> float:
        """From 1, the same, to 21, black and white."""
        dark, light = sorted((luminance(self.front), luminance(self.back)))
        return (light + 0.05) / (dark + 0.05)


def luminance(color: str) -> float:
    """Relative luminance of ``rgb(…)``, which must be opaque."""
    match = re.fullmatch(r"rgb\((\d+), (\d+), (\d+)\)", color)
    assert match, color
    red, green, blue = (_linear(int(part) / 255) for part in match.groups())
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)


def texts(browser: Chrome) -> list[Pair]:
    """Every visible text and placeholder."""
    return [Pair(*found) for found in browser.execute_script(_COLLECT)]


def borders(browser: Chrome) -> list[Pair]:
    """What shows where the controls are."""
    return [Pair(*found) for found in browser.execute_script(_BORDERS)]
