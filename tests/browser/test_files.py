"""Translating files on the page, in a real browser."""

from __future__ import annotations

import urllib.request
from pathlib import Path

import pytest
from selenium.webdriver.remote.webelement import WebElement

from tests.browser.page import Page
from tests.browser.page_server import PageServer

GERMAN = "Wo ist der Bahnhof?"
ENGLISH = "Where is the station?"
DROP = """
const data = new DataTransfer();
data.items.add(new File([arguments[1]], arguments[0], { type: "text/plain" }));
const fire = (name) => {
  const event = new DragEvent(name, { dataTransfer: data, bubbles: true, cancelable: true });
  document.getElementById("text").dispatchEvent(event);
  return event.defaultPrevented;
};
return [fire("dragover"), document.getElementById("panels").className, fire("drop")];
"""


@pytest.fixture
def note(tmp_path: Path) -> Path:
    path = tmp_path / "note.txt"
    path.write_text(f"{GERMAN}\n\nGuten Tag!\n", encoding="utf-8")
    return path


def rows(page: Page) -> list[WebElement]:
    return page.element("file-list").find_elements("tag name", "li")


def row_says(page: Page, text: str, index: int = 0) -> None:
    page.wait(lambda: len(rows(page)) > index and text in rows(page)[index].text)


def download(row: WebElement) -> str:
    link = row.find_element("tag name", "a")
    assert link.get_attribute("download") is not None
    with urllib.request.urlopen(str(link.get_property("href"))) as response:
        assert "note_en.txt" in response.headers["content-disposition"]
        return str(response.read().decode())


def test_a_chosen_file_is_translated_and_can_be_fetched(page: Page, note: Path) -> None:
    page.choose("source", "de")
    assert ".md" in str(page.element("file-input").get_attribute("accept"))
    page.element("file-input").send_keys(str(note))
    row_says(page, "Done")
    (row,) = rows(page)
    assert download(row) == f"{ENGLISH}\n\nGood day!\n"
    assert "note.txt is translated" in page.browser.execute_script(
        "return document.getElementById('announcement').textContent"
    )
    row.find_element("tag name", "button").click()
    page.wait(lambda: rows(page) == [])


def test_a_file_can_be_dropped_anywhere(page: Page) -> None:
    page.choose("source", "de")
    taken, look, dropped = page.browser.execute_script(DROP, "note.txt", GERMAN)
    assert (taken, look, dropped) == (True, "dropping", True)
    assert page.element("panels").get_attribute("class") == ""
    row_says(page, "Done")
    assert download(rows(page)[0]) == ENGLISH


def test_its_progress_is_shown_and_it_can_be_cancelled(page: Page, server: PageServer, note: Path) -> None:
    page.choose("source", "de")
    server.engine.holding = True
    before = len(server.engine.requests)
    page.element("file-input").send_keys(str(note))
    server.wait_for_requests(before + 1)
    row_says(page, "%")
    (row,) = rows(page)
    assert row.find_element("tag name", "progress").get_attribute("aria-label") == "Translating note.txt"
    button = row.find_element("tag name", "button")
    assert button.get_attribute("aria-label") == "Cancel note.txt"
    button.click()
    page.wait(lambda: rows(page) == [])
    page.wait(lambda: all(ticket.future.done() for ticket in server.engine.tickets[before:]))
    assert server.engine.tickets[before].future.cancelled()


def test_what_cannot_be_translated_says_why(page: Page, tmp_path: Path) -> None:
    path = tmp_path / "program.exe"
    path.write_bytes(b"\x00")
    page.element("file-input").send_keys(str(path))
    row_says(page, "files of this kind are not translated")
    assert rows(page)[0].find_elements("tag name", "a") == []
