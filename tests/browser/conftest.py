"""One browser and one server for all tests of the page; skipped where there is no browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import hypothesis  # noqa: F401 - its plugin imports it in the end, when the application has frozen the collector
import pytest
from selenium.webdriver import Chrome

from model.tokenizer import Tokenizer
from tests.browser.page import CHROMIUM, DRIVER, Page, chromium
from tests.browser.page_server import PageServer, page_server


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    if CHROMIUM is None or DRIVER is None:
        pytest.skip("there is no Chromium with its driver here (Debian: chromium, chromium-driver)")
    with chromium(tmp_path_factory.mktemp("profile")) as driver:
        yield driver


@pytest.fixture(scope="session")
def server(browser: Chrome, tiny_checkpoint: Path, tiny_tokenizer: Tokenizer) -> Iterator[PageServer]:
    with page_server(tiny_checkpoint, tiny_tokenizer) as running:
        yield running


@pytest.fixture
def page(browser: Chrome, server: PageServer) -> Iterator[Page]:
    """The page as a newcomer sees it, wide, in light colours; nothing may have been complained about."""
    page = Page(browser, server.url)
    page.prefer("light")
    page.complaints()
    page.open()
    yield page
    server.engine.refusal = None
    server.release()
    page.emulate("clearDeviceMetricsOverride")
    assert page.complaints() == []
