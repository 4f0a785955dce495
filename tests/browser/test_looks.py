"""How the page looks and what a screen reader finds, in both colour schemes and on a phone."""

from __future__ import annotations

import pytest

from service.errors import Overloaded
from tests.browser import contrast
from tests.browser.page import Page
from tests.browser.page_server import PageServer

GERMAN = "Wo ist der Bahnhof?"
ENGLISH = "Where is the station?"
TEXT_CONTRAST = 4.5
CONTROL_CONTRAST = 3.0
DARK = 0.05
LIGHT = 0.8
PHONE_WIDTH = 320
FINGER_PIXELS = 24  # WCAG 2.2, target size (minimum)


def ground(page: Page) -> float:
    script = "return getComputedStyle(document.documentElement).backgroundColor"
    return contrast.luminance(page.browser.execute_script(script))


def translated(page: Page) -> None:
    page.type(GERMAN)
    page.wait_for_text("translation", ENGLISH)


def test_contrast_is_computed_as_the_standard_says() -> None:
    assert contrast.Pair("", "rgb(0, 0, 0)", "rgb(255, 255, 255)").ratio == pytest.approx(21)
    assert contrast.Pair("", "rgb(119, 119, 119)", "rgb(255, 255, 255)").ratio == pytest.approx(
        4.48, abs=0.01
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everything_can_be_read(page: Page, server: PageServer, scheme: str) -> None:
    page.prefer(scheme)
    page.browser.execute_script("document.getElementById('key-row').hidden = false")
    found = contrast.texts(page.browser)
    translated(page)
    found += contrast.texts(page.browser)
    edges = contrast.borders(page.browser)
    server.engine.refusal = Overloaded("the queue is full", retry_after_seconds=60)
    page.type(" ")
    page.wait(lambda: page.text("problem") != "")
    found += contrast.texts(page.browser)
    assert {"text", "translation", "detected", "count", "problem", "countdown", "retry"} <= {
        one.name for one in found
    }
    assert [one for one in found if one.ratio < TEXT_CONTRAST] == []
    assert len(edges) >= 7
    assert [one for one in edges if one.ratio < CONTROL_CONTRAST] == []


def test_the_system_s_scheme_is_followed_until_the_button_says_otherwise(page: Page) -> None:
    assert ground(page) > LIGHT
    page.prefer("dark")
    assert ground(page) < DARK
    assert page.element("theme").get_attribute("aria-pressed") == "true"
    page.element("theme").click()
    assert ground(page) > LIGHT
    assert page.element("theme").get_attribute("aria-pressed") == "false"
    page.load()
    assert ground(page) > LIGHT, "the choice is remembered"


@pytest.mark.parametrize("text", [GERMAN, "Donaudampfschifffahrt" * 10], ids=["sentence", "one long word"])
def test_a_phone_s_width_is_enough(page: Page, text: str) -> None:
    page.emulate("setDeviceMetricsOverride", width=PHONE_WIDTH, height=640, deviceScaleFactor=2, mobile=True)
    page.choose("source", "de")
    page.type(text)
    page.wait(lambda: page.text("translation") != "")
    assert page.browser.execute_script("return document.documentElement.scrollWidth") == PHONE_WIDTH
    for name in ("text", "translation"):
        fits = "return arguments[0].scrollWidth <= arguments[0].clientWidth"
        assert page.browser.execute_script(fits, page.element(name)), name
    for name in ("source", "swap", "target", "theme", "clear", "copy"):
        box = page.element(name).rect
        assert box["x"] >= 0, name
        assert box["x"] + box["width"] <= PHONE_WIDTH, name
        assert min(box["width"], box["height"]) >= FINGER_PIXELS, name
    assert page.element("translation").rect["y"] > page.element("text").rect["y"] + 100, "one below the other"


def test_a_long_text_makes_the_box_scroll_and_not_the_page_grow_sideways(page: Page) -> None:
    page.choose("source", "de")
    page.type("\n".join(["Hund"] * 40))
    page.wait(lambda: page.text("translation") != "")
    assert page.element("text").rect["height"] <= 0.6 * 900 + 1
    assert page.browser.execute_script("return document.documentElement.scrollWidth <= innerWidth")


def test_whatever_can_be_focused_has_a_name_and_a_role(page: Page) -> None:
    page.browser.execute_script("document.getElementById('key-row').hidden = false")
    translated(page)
    nodes = page.browser.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    focusable = [
        node
        for node in nodes
        if any(one["name"] == "focusable" and one["value"].get("value") for one in node.get("properties", ()))
        and node["role"]["value"] != "RootWebArea"
    ]
    names = {node["name"]["value"] for node in focusable if "name" in node}
    wanted = {
        "Translate from",
        "Translate into",
        "Swap languages",
        "Text to translate",
        "Translation",
        "Copy",
        "API key",
    }
    assert wanted <= names
    assert [node for node in focusable if not node.get("name", {}).get("value")] == []
    assert [node for node in focusable if node["role"]["value"] in {"generic", "none"}] == []


def test_what_changes_by_itself_is_announced(page: Page) -> None:
    live = page.browser.execute_script(
        "return [...document.querySelectorAll('output, [role=status], [role=alert]')].map((one) => one.id)"
    )
    assert set(live) == {"detected", "translation", "problem", "announcement"}
    assert page.browser.execute_script("return document.querySelectorAll('h1').length") == 1
    assert page.browser.execute_script("return document.querySelectorAll('main, header, footer').length") == 3
    for label in page.browser.execute_script(
        "return [...document.querySelectorAll('label')].map((one) => one.htmlFor)"
    ):
        assert page.element(label).tag_name in {"select", "textarea", "input"}


def test_the_policy_stops_what_is_not_the_page_s(page: Page) -> None:
    ran = page.browser.execute_script(
        "const script = document.createElement('script'); script.textContent = 'window.ran = true';"
        "document.body.append(script); return window.ran === true"
    )
    assert not ran
    assert "Content Security Policy" in page.wait(page.complaints)[0]
