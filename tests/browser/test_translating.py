"""Translating on the page, in a real browser."""

from __future__ import annotations

from pathlib import Path

from selenium.webdriver import Chrome, Keys
from selenium.webdriver.common.action_chains import ActionChains

from model.tokenizer import Tokenizer
from service.errors import Overloaded
from tests.browser.page import Page
from tests.browser.page_server import PageServer, page_server

GERMAN = "Wo ist der Bahnhof?"
ENGLISH = "Where is the station?"


def test_typing_translates_and_tells_the_language(page: Page) -> None:
    page.type(GERMAN)
    page.wait_for_text("translation", ENGLISH)
    assert page.text("detected") == "Detected: German"
    assert page.text("count") == f"{len(GERMAN)} / 400"
    assert page.text("score-text") == "Confidence 90%"  # exp(-0.1)
    assert page.element("translation").get_attribute("lang") == "en"


def test_typing_on_asks_once_when_it_is_done(page: Page, server: PageServer) -> None:
    before = len(server.engine.requests)
    page.element("text").click()
    ActionChains(page.browser).send_keys(
        *GERMAN
    ).perform()  # at once: a slow machine must not look like a pause
    page.wait_for_text("translation", ENGLISH)
    assert len(server.engine.requests) - before < len(GERMAN) / 2


def test_an_answer_that_comes_too_late_is_dropped(page: Page, server: PageServer) -> None:
    page.choose("source", "de")
    server.engine.holding = True
    before = len(server.engine.requests)
    page.type("Das alte Haus ist grün.")
    server.wait_for_requests(before + 1)
    page.type(f"{Keys.CONTROL}a{Keys.NULL}{GERMAN}")
    server.wait_for_requests(before + 2)
    assert server.engine.tickets[before].future.cancelled(), "the service is told that nobody waits"
    server.release()
    page.wait_for_text("translation", ENGLISH)


def test_alternatives_change_places_with_the_translation(page: Page) -> None:
    page.type(GERMAN)
    page.wait_for_text("translation", ENGLISH)
    first, second = page.alternatives()
    assert (first.text, second.text) == ("Where is the train?", "Where are the stations?")
    first.click()
    assert page.text("translation") == "Where is the train?"
    assert first.text == ENGLISH
    assert not page.element("confidence").is_displayed(), "the score was the other one's"
    first.click()
    assert page.text("translation") == ENGLISH
    assert page.element("confidence").is_displayed()


def test_no_alternatives_of_a_long_text(
    browser: Chrome, tiny_checkpoint: Path, tiny_tokenizer: Tokenizer
) -> None:
    with page_server(tiny_checkpoint, tiny_tokenizer, {"max_request_characters": 1000}) as server:
        page = Page(browser, server.url)
        page.open()
        page.paste(" ".join([GERMAN] * 30))
        page.wait_for_text("translation", " ".join([ENGLISH] * 30))
        assert page.alternatives() == []
        page.type(f"{Keys.CONTROL}a{Keys.NULL}{GERMAN}")
        page.wait(lambda: len(page.alternatives()) == 2)


def test_a_long_text_comes_sentence_by_sentence(
    browser: Chrome, tiny_checkpoint: Path, tiny_tokenizer: Tokenizer
) -> None:
    with page_server(tiny_checkpoint, tiny_tokenizer, {"max_request_characters": 1000}) as server:
        page = Page(browser, server.url)
        page.open()
        page.choose("source", "de")
        server.engine.holding = True
        page.paste("\n".join([GERMAN] * 30))
        server.wait_for_requests(30)
        for done in (1, 2):
            server.finish(done - 1)
            page.wait_for_text("translation", "\n".join([ENGLISH] * done))
            page.wait_for_progress(done / 30)
        assert page.element("translation").get_attribute("aria-busy") == "true"
        assert not page.element("copy").is_displayed(), "it is not whole"
        server.release()
        page.wait_for_text("translation", "\n".join([ENGLISH] * 30))
        page.wait(page.element("copy").is_displayed)
        assert page.text("score-text") == "Confidence 90%"
        assert page.progress() is None


def test_a_long_text_that_changes_is_not_translated_to_its_end(
    browser: Chrome, tiny_checkpoint: Path, tiny_tokenizer: Tokenizer
) -> None:
    with page_server(tiny_checkpoint, tiny_tokenizer, {"max_request_characters": 1000}) as server:
        page = Page(browser, server.url)
        page.open()
        page.choose("source", "de")
        server.engine.holding = True
        page.paste("\n".join([GERMAN] * 30))
        server.wait_for_requests(30)
        server.finish(0)
        page.wait_for_text("translation", ENGLISH)
        page.type(Keys.ENTER + GERMAN)
        server.wait_for_requests(61)
        assert all(ticket.future.cancelled() for ticket in server.engine.tickets[1:30])
        assert page.text("translation") == ENGLISH, "until there is something newer"
        server.release()
        page.wait_for_text("translation", "\n".join([ENGLISH] * 31))


def test_a_stream_that_breaks_off_is_explained(
    browser: Chrome, tiny_checkpoint: Path, tiny_tokenizer: Tokenizer
) -> None:
    limits = {"max_request_characters": 1000, "default_deadline_seconds": 1.0}
    with page_server(tiny_checkpoint, tiny_tokenizer, limits) as server:
        page = Page(browser, server.url)
        page.open()
        page.choose("source", "de")
        server.engine.holding = True
        page.paste("\n".join([GERMAN] * 30))
        server.wait_for_requests(30)
        page.wait(lambda: page.text("problem").startswith("The deadline passed:"))
        server.release()
        page.element("retry").click()
        page.wait_for_text("translation", "\n".join([ENGLISH] * 30))


def test_swapping_turns_languages_and_texts_round(page: Page) -> None:
    page.type(GERMAN)
    page.wait_for_text("translation", ENGLISH)
    page.element("swap").click()
    assert (page.chosen("source"), page.chosen("target")) == ("en", "de")
    assert page.chosen("text") == ENGLISH
    page.wait_for_text("translation", GERMAN)


def test_a_source_like_the_target_takes_its_place(page: Page) -> None:
    page.choose("source", "de")
    page.choose("source", "en")
    assert (page.chosen("source"), page.chosen("target")) == ("en", "de")


def test_languages_are_remembered(page: Page) -> None:
    page.choose("target", "de")
    page.load()
    assert (page.chosen("source"), page.chosen("target")) == ("auto", "de")


def test_markup_is_shown_as_text(page: Page) -> None:
    page.choose("source", "de")
    page.type("<b id=x>Hund</b>")
    page.wait_for_text("translation", "<b id=x>Hund</b>")
    assert page.browser.execute_script("return document.getElementById('x')") is None


def test_a_text_over_the_limit_is_not_sent(page: Page, server: PageServer) -> None:
    before = len(server.engine.requests)
    emoji = "\N{DOG FACE}"  # two units in JavaScript, one character for the service
    page.browser.execute_script("document.getElementById('text').value = arguments[0]", emoji * 400)
    page.type("ab")
    page.wait_for_text("problem", "The text is 2 characters too long.")
    assert page.text("count") == "402 / 400"
    assert page.element("text").get_attribute("aria-invalid") == "true"
    assert len(server.engine.requests) == before
    page.type(Keys.BACKSPACE * 2)
    page.wait_for_text("translation", emoji * 400)
    assert page.text("problem") == ""


def test_overload_is_explained_and_tried_again(page: Page, server: PageServer) -> None:
    server.engine.refusal = Overloaded("the queue is full", retry_after_seconds=2)
    page.type(GERMAN)
    page.wait_for_text("problem", "The service has too much work: the queue is full.")
    assert page.text("countdown") in {f"Trying again in {left}." for left in ("2 seconds", "1 second")}
    assert page.text("translation") == ""
    server.engine.refusal = None
    page.wait_for_text("translation", ENGLISH)
    assert page.text("problem") == ""
    assert not page.element("retry").is_displayed()


def test_a_service_that_has_gone_is_explained(page: Page) -> None:
    page.browser.execute_cdp_cmd("Network.enable", {})
    offline = {"offline": True, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    page.browser.execute_cdp_cmd("Network.emulateNetworkConditions", offline)
    try:
        page.type(GERMAN)
        page.wait(lambda: page.text("problem").startswith("The service cannot be reached."))
    finally:
        page.browser.execute_cdp_cmd("Network.emulateNetworkConditions", {**offline, "offline": False})
    page.element("retry").click()
    page.wait_for_text("translation", ENGLISH)


def test_copying(page: Page) -> None:
    page.browser.execute_cdp_cmd(
        "Browser.grantPermissions",
        {"origin": page.url, "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]},
    )
    page.type(GERMAN)
    page.wait_for_text("translation", ENGLISH)
    page.element("copy").click()
    page.wait_for_text("copy", "Copied")
    page.element("clear").click()
    page.type(f"{Keys.CONTROL}v")
    assert page.chosen("text") == ENGLISH


def test_everything_works_with_the_keyboard_alone(page: Page) -> None:
    assert page.browser.switch_to.active_element.get_attribute("id") == "text", "typing can begin at once"
    keys = ActionChains(page.browser)
    keys.send_keys(GERMAN).key_down(Keys.CONTROL).send_keys(Keys.ENTER).key_up(Keys.CONTROL).perform()
    page.wait_for_text("translation", ENGLISH)
    visited = [_press(page, Keys.TAB) for _ in range(6)]
    assert visited == [
        "clear",
        "translation",
        "copy",
        page.alternatives()[0].text,
        page.alternatives()[1].text,
        "choose-files",
    ]
    for expected in (page.alternatives()[1].text, page.alternatives()[0].text):
        assert _press(page, Keys.SHIFT + Keys.TAB) == expected
    _press(page, Keys.ENTER)
    assert page.text("translation") == "Where is the train?"
    assert _focused(page) == ENGLISH, "the focus stays where it was"


def _press(page: Page, keys: str) -> str:
    page.browser.switch_to.active_element.send_keys(keys)
    return _focused(page)


def _focused(page: Page) -> str:
    element = page.browser.switch_to.active_element
    return element.get_attribute("id") or (element.text if element.tag_name == "button" else element.tag_name)


def test_a_key_is_asked_for_and_sent(
    browser: Chrome, tiny_checkpoint: Path, tiny_tokenizer: Tokenizer
) -> None:
    with page_server(tiny_checkpoint, tiny_tokenizer, {"api_keys": "secret"}) as server:
        page = Page(browser, server.url)
        page.open()
        page.type(GERMAN)
        page.wait_for_text("problem", "Enter your API key to translate.")
        page.element("key").send_keys("wrong")
        page.wait(lambda: page.text("problem").startswith("The API key is not accepted"))
        page.element("key").clear()
        page.element("key").send_keys("secret")
        page.wait_for_text("translation", ENGLISH)
        page.load()
        assert page.chosen("key") == "secret", "as long as the tab is open"


def test_what_is_typed_before_the_service_is_ready_is_translated_then(
    browser: Chrome, tiny_checkpoint: Path, tiny_tokenizer: Tokenizer
) -> None:
    with page_server(tiny_checkpoint, tiny_tokenizer, opened=False) as server:
        page = Page(browser, server.url)
        browser.get(server.url)
        page.wait(lambda: page.text("problem").startswith("The service is not ready: the service is loading"))
        page.type(GERMAN)
        server.open()
        page.wait_for_text("translation", ENGLISH)
