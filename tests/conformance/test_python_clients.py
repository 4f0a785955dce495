"""LibreTranslate's clients on PyPI, unchanged, against a running service.

What they return is compared with what a plain request returns, which other tests check.
"""

from __future__ import annotations

import http.client
import json
import urllib.parse
import urllib.request
from html import escape
from typing import Any
from urllib.error import HTTPError

import deep_translator
import libretranslatepy
import pytest
from deep_translator.exceptions import AuthorizationException, ServerException

from tests.conformance.conftest import KEY
from tests.integration.running_service import RunningService

GERMAN = "Wo ist denn hier der Bahnhof? & = +"
LANGUAGES = [
    {"code": "de", "name": "German", "targets": ["de", "en"]},
    {"code": "en", "name": "English", "targets": ["de", "en"]},
]


def plain(service: RunningService, text: str) -> Any:
    return service.translate(text).json()["translatedText"]


@pytest.mark.parametrize("slash", ["", "/"])
def test_libretranslatepy(service: RunningService, slash: str) -> None:
    client = libretranslatepy.LibreTranslateAPI(service.url + slash)
    assert client.translate(GERMAN, "de", "en") == plain(service, GERMAN) != ""
    assert client.translate(GERMAN, "auto", "en") == plain(service, GERMAN)
    assert client.detect(GERMAN)[0]["language"] == "de"
    assert client.languages() == LANGUAGES


def test_libretranslatepy_with_a_key(guarded: RunningService) -> None:
    client = libretranslatepy.LibreTranslateAPI(guarded.url, KEY)
    assert client.translate("Ja", "de", "en")
    assert client.detect("Der Hund")[0]["language"] == "de"
    assert client.languages() == LANGUAGES
    for key, status in ((None, 400), ("wrong", 403)):
        with pytest.raises(HTTPError) as caught:
            libretranslatepy.LibreTranslateAPI(guarded.url, key).translate("Ja", "de", "en")
        assert caught.value.code == status
        assert isinstance(json.load(caught.value)["error"], str)


class ArgosRequests:
    """The requests of ``argostranslate.apis.LibreTranslateAPI`` 1.11.0, whose package needs PyTorch models.

    They are forms that urllib sends: a POST always, to /languages too, even where the form is empty.
    """

    def __init__(self, url: str) -> None:
        self._url = url

    def ask(self, path: str, **parameters: str) -> Any:
        form = urllib.parse.urlencode(parameters).encode()
        with urllib.request.urlopen(urllib.request.Request(f"{self._url}/{path}", data=form)) as response:
            return json.load(response)


def test_argostranslate(service: RunningService) -> None:
    client = ArgosRequests(service.url)
    assert client.ask("translate", q=GERMAN, source="de", target="en")["translatedText"] == plain(
        service, GERMAN
    )
    assert client.ask("detect", q=GERMAN, api_key="x")[0]["language"] == "de"
    assert client.ask("languages") == client.ask("languages", api_key="x") == LANGUAGES


def test_deep_translator(service: RunningService) -> None:
    client = deep_translator.LibreTranslator("de", "en", api_key="any", custom_url=f"{service.url}/")
    assert client.translate(GERMAN) == plain(service, GERMAN)
    assert client.translate_batch(["Hund", "Ja"]) == [plain(service, "Hund"), plain(service, "Ja")]
    auto = deep_translator.LibreTranslator("auto", "English", api_key="any", custom_url=f"{service.url}/")
    assert auto.translate(GERMAN) == plain(service, GERMAN)


def test_deep_translator_with_a_key(guarded: RunningService) -> None:
    url = f"{guarded.url}/"
    assert deep_translator.LibreTranslator("de", "en", api_key=KEY, custom_url=url).translate("Ja")
    with pytest.raises(AuthorizationException):
        deep_translator.LibreTranslator("de", "en", api_key="wrong", custom_url=url).translate("Ja")
    with pytest.raises(ServerException):
        deep_translator.LibreTranslator("de", "fr", api_key=KEY, custom_url=url).translate("Ja")


def test_the_request_of_a_proxy(service: RunningService) -> None:
    """The whole address in the request line."""
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(service.url).netloc)
    body = json.dumps({"q": "Hund", "source": "de", "target": "en"})
    connection.request("POST", f"{service.url}/translate", body)
    assert json.load(connection.getresponse())["translatedText"] == plain(service, "Hund")
    connection.close()


@pytest.mark.parametrize(
    ("how", "target"),
    [
        ("json", "/translate"),
        ("data", "/translate"),
        ("json", "//translate"),
        ("params", "/translate/"),
    ],
)
def test_what_other_programs_send(service: RunningService, how: str, target: str) -> None:
    """Mastodon's and Weblate's lists, Discourse's forms, and addresses with slashes too many."""
    texts = ["Hund", "Der Zug fährt."]
    body = {"q": texts, "source": "auto", "target": "en", "api_key": "", "format": "text"}
    answer = service.client.request("POST", f"{service.url}{target}", **{how: body}).json()  # type: ignore[arg-type] # one of three
    assert answer["translatedText"] == [plain(service, text) for text in texts]
    assert [one["language"] for one in answer["detectedLanguage"]] == ["de", "de"]


@pytest.mark.parametrize("how", ["json", "data", "params"])
def test_html_as_other_programs_send_it(service: RunningService, how: str) -> None:
    """Mastodon's list in JSON, Discourse's form."""
    word = escape(plain(service, "Hund"), quote=False)
    status = '<p>Hund</p><p><a href="https://a.example/b?c=1&amp;d=2" rel="nofollow">Hund</a><br>Hund</p>'
    body = {"q": [status, "Hund"], "source": "auto", "target": "en", "api_key": "", "format": "html"}
    answer = service.client.request("POST", f"{service.url}/translate", **{how: body}).json()  # type: ignore[arg-type] # one of three
    assert answer["translatedText"] == [status.replace("Hund", word), word]
    assert [one["language"] for one in answer["detectedLanguage"]] == ["de", "de"]
