"""The page as a test drives it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from selenium.webdriver import Chrome, ChromeOptions, ChromeService
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import Select, WebDriverWait

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
WAIT_SECONDS = 60.0
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1200,900",
)
Result = TypeVar("Result")


@contextmanager
def chromium(profile: Path) -> Iterator[Chrome]:
    """A browser that has never been used; logs what pages complain about."""
    assert CHROMIUM is not None
    assert DRIVER is not None
    options = ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = Chrome(options, ChromeService(DRIVER))
    try:
        yield driver
    finally:
        driver.quit()


@dataclass(frozen=True)
class Page:
    """The page in a browser."""

    browser: Chrome
    url: str

    def open(self) -> None:
        """Open it as if for the first time; its languages can be chosen when this returns."""
        self.browser.get(f"{self.url}/health")  # the same origin, where no script is running
        self.browser.execute_script("localStorage.clear(); sessionStorage.clear()")
        self.load()

    def load(self) -> None:
        """Open it as somebody does who has been there."""
        self.browser.get(self.url)
        self.wait(lambda: self.element("source").is_enabled())

    def element(self, name: str) -> WebElement:
        return self.browser.find_element(By.ID, name)

    def text(self, name: str) -> str:
        return self.element(name).text

    def wait(self, condition: Callable[[], Result]) -> Result:
        return WebDriverWait(self.browser, WAIT_SECONDS, 0.02).until(lambda _: condition())

    def wait_for_text(self, name: str, text: str) -> None:
        self.wait(lambda: self.text(name) == text)

    def type(self, text: str) -> None:
        self.element("text").send_keys(text)

    def paste(self, text: str) -> None:
        """Put in a text too long to be typed."""
        script = (
            "arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input'));"
            "arguments[0].setSelectionRange(arguments[1].length, arguments[1].length)"
        )
        self.browser.execute_script(script, self.element("text"), text)

    def progress(self) -> float | None:
        """How far a translation is, if that is shown."""
        bar = self.element("progress")
        return float(str(bar.get_property("value"))) if bar.is_displayed() else None

    def wait_for_progress(self, progress: float) -> None:
        self.wait(lambda: abs((self.progress() or 0.0) - progress) < 0.001)

    def choose(self, name: str, code: str) -> None:
        Select(self.element(name)).select_by_value(code)

    def chosen(self, name: str) -> str | None:
        return self.element(name).get_attribute("value")

    def alternatives(self) -> list[WebElement]:
        return self.browser.find_elements(By.CSS_SELECTOR, "#alternatives button")

    def emulate(self, command: str, **parameters: object) -> None:
        self.browser.execute_cdp_cmd(f"Emulation.{command}", parameters)

    def prefer(self, scheme: str) -> None:
        self.emulate("setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def complaints(self) -> list[str]:
        """What the browser has found wrong since it was last asked, other than the statuses of responses."""
        log = self.browser.get_log("browser")  # type: ignore[no-untyped-call] # Selenium leaves it without types
        messages: list[str] = [entry["message"] for entry in log]
        return [message for message in messages if "Failed to load resource" not in message]
