"""Why a translation is what it is, on the page, in a real browser."""

from __future__ import annotations

import re

import pytest
from selenium.webdriver import Keys
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.remote.webelement import WebElement

from tests.browser import contrast
from tests.browser.page import Page

GERMAN = "Wo ist der Bahnhof?"
ENGLISH = "Where is the station?"
COPIED = "Ein kleiner alter Hund schläft hier."
"""A sentence that the phrase book does not know, and leaves as it is."""


def found(page: Page, selector: str) -> list[WebElement]:
    return page.browser.find_elements("css selector", selector)


def texts(page: Page, selector: str) -> list[str]:
    return [str(element.get_property("textContent")) for element in found(page, selector)]


def announced(page: Page) -> str:
    return texts(page, "#announcement")[0]


def translated(page: Page, text: str = GERMAN) -> None:
    page.choose("source", "de")
    page.paste(text)
    page.wait(lambda: found(page, "#translation .sentence"))


def point_at(page: Page, word: str) -> None:
    index = texts(page, "#translation .word").index(word)
    ActionChains(page.browser).move_to_element(found(page, "#translation .word")[index]).perform()


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.element("translation").send_keys(key)


def test_pointing_at_a_word_marks_what_it_comes_from(page: Page) -> None:
    translated(page)
    point_at(page, "station")
    page.wait(lambda: texts(page, "#mirror mark") == ["Bahnhof"])
    assert texts(page, ".word.current") == ["station"]
    point_at(page, "Where")
    page.wait(lambda: texts(page, "#mirror mark") == ["Wo"])
    ActionChains(page.browser).move_to_element(page.element("source")).perform()
    page.wait(lambda: texts(page, "#mirror mark") == [])


def test_the_mark_lies_behind_the_word(page: Page) -> None:
    """What lies behind the text field has its text at the same place, whatever is in front of it."""
    lines = "\n".join(["Hund"] * 30)
    translated(page, f"{lines}\n😀\n{GERMAN}")
    point_at(page, "station")
    page.wait(lambda: texts(page, "#mirror mark") == ["Bahnhof"])
    field, mirror = page.element("text"), page.element("mirror")
    for name in ("scrollHeight", "clientHeight", "clientWidth", "scrollTop"):
        assert field.get_property(name) == mirror.get_property(name), name


def test_the_arrow_keys_go_from_word_to_word(page: Page) -> None:
    translated(page)
    press(page, Keys.END, Keys.ARROW_LEFT)
    assert texts(page, ".word.current") == ["station"]
    assert texts(page, "#mirror mark") == ["Bahnhof"]
    assert announced(page) == "from “Bahnhof”"
    press(page, Keys.HOME)
    assert announced(page) == "from “Wo”"
    press(page, Keys.ARROW_RIGHT)
    assert announced(page) == "from “ist”"
    press(page, Keys.ESCAPE)
    assert texts(page, ".word.current") == texts(page, "#mirror mark") == []


def test_a_sentence_tells_about_itself(page: Page) -> None:
    translated(page, f"{GERMAN} Guten Tag!")
    press(page, Keys.HOME, Keys.ENTER)
    page.wait(lambda: found(page, "#attention table"))
    assert "Confidence 90%." in page.text("sentence-facts")
    assert texts(page, ".asked") == [ENGLISH]
    for scope, text in (("col", GERMAN), ("row", ENGLISH)):
        pieces = "".join(texts(page, f"#attention th[scope={scope}]"))
        assert re.sub("[·␣]", "", pieces) == text.replace(" ", "") + "(end)"
    shades = [{str(cell.get_attribute("class")).split("-")[1] for cell in line} for line in cells(page)]
    assert all(max(line) > "0" for line in shades[:-1]), "each piece was read from somewhere"
    page.element("sentence-close").click()
    assert not page.element("sentence").is_displayed()


def cells(page: Page) -> list[list[WebElement]]:
    lines = found(page, "#attention tr")[1:]
    return [line.find_elements("css selector", "td") for line in lines]


def test_what_seems_wrong_is_shown_and_can_be_gone_through(page: Page) -> None:
    translated(page, f"{GERMAN} {COPIED}")
    assert texts(page, ".flagged") == [COPIED]
    assert page.text("check") == "1 sentence to check"
    page.element("check").click()
    assert texts(page, "#sentence-flags li") == ["It seems to be copied instead of translated."]
    assert announced(page) == "It seems to be copied instead of translated."
    assert texts(page, "#mirror mark") == [COPIED]
    page.paste(GERMAN)
    page.wait(lambda: not page.element("check").is_displayed())
    assert not page.element("sentence").is_displayed()


def test_other_translations_come_without(page: Page) -> None:
    translated(page)
    page.alternatives()[0].click()
    assert found(page, ".sentence") == []
    page.alternatives()[0].click()
    assert page.text("translation") == ENGLISH
    assert len(found(page, ".sentence")) == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_can_be_read_on_every_shade(page: Page, scheme: str) -> None:
    page.prefer(scheme)
    translated(page, f"{GERMAN} {COPIED}")
    for level in ("high", "middle", "low"):
        page.browser.execute_script(
            "for (const one of document.querySelectorAll('.sentence')) one.className = arguments[0]",
            f"sentence flagged sure-{level}",
        )
        press(page, Keys.HOME, Keys.ENTER)
        page.wait(lambda: found(page, "#attention table"))
        pairs = [one for one in contrast.texts(page.browser) if one.name not in {"mirror", "MARK"}]
        assert {"SPAN", "sentence-facts", "sentence-flags"} & {one.name for one in pairs}
        assert [one for one in pairs if one.ratio < 4.5] == []
