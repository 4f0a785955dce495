"""The registry: which checkpoint serves which direction."""

from __future__ import annotations

import logging

import pytest

from model.config import DecodingOptions
from model.tokenizer import Tokenizer
from service.errors import UnsupportedLanguage
from service.registry import Direction, Registry, Served
from tests.service.fakes import EchoEngine


def served(name: str, tokenizer: Tokenizer, *directions: Direction) -> Served:
    return Served(name, f"digest of {name}", directions, tokenizer, DecodingOptions(), EchoEngine())


@pytest.fixture
def registry(tiny_tokenizer: Tokenizer) -> Registry:
    return Registry(
        [
            served("first", tiny_tokenizer, ("de", "en"), ("en", "de")),
            served("second", tiny_tokenizer, ("fr", "en"), ("pt-br", "en")),
        ]
    )


def test_a_direction_is_served_by_its_checkpoint(registry: Registry) -> None:
    assert registry.find("de", "en").name == "first"
    assert registry.find("fr", "en").name == "second"


def test_the_first_of_two_wins_and_it_is_logged(
    tiny_tokenizer: Tokenizer, caplog: pytest.LogCaptureFixture
) -> None:
    both = [served(name, tiny_tokenizer, ("de", "en")) for name in ("first", "second")]
    with caplog.at_level(logging.WARNING):
        assert Registry(both).find("de", "en").name == "first"
    assert caplog.messages == ["de>en is served by first, not by second"]


@pytest.mark.parametrize(
    ("code", "language"),
    [("de", "de"), ("DE", "de"), ("en-US", "en"), ("EN_gb", "en"), (" de\n", "de"), ("pt-BR", "pt-br")],
)
def test_codes_are_read_leniently(registry: Registry, code: str, language: str) -> None:
    assert registry.language(code, "source") == language


@pytest.mark.parametrize("code", ["", "xx", "deutsch", "-", "auto", "\ud800"])
def test_an_unknown_code_is_refused_without_repeating_it(registry: Registry, code: str) -> None:
    with pytest.raises(UnsupportedLanguage) as caught:
        registry.language(code, "target")
    assert str(caught.value) == "target: this language is not served; available are de, en, fr, pt-br"
    assert caught.value.field == "target"


def test_an_unknown_direction_names_those_that_there_are(registry: Registry) -> None:
    with pytest.raises(UnsupportedLanguage, match=r"de>fr is not served; available are de>en, en>de, fr>en"):
        registry.find("de", "fr")


def test_targets_include_the_language_itself(registry: Registry) -> None:
    assert registry.targets("de") == ("de", "en")


@pytest.fixture
def star(tiny_tokenizer: Tokenizer) -> Registry:
    """Three languages around English, two of them around Esperanto as well; Latin can only be read."""
    to_english = [(code, "en") for code in ("de", "fr", "zh", "la")]
    from_english = [("en", code) for code in ("de", "fr", "zh")]
    by_esperanto = [("de", "eo"), ("eo", "fr")]
    return Registry([served("star", tiny_tokenizer, *by_esperanto, *to_english, *from_english)])


@pytest.mark.parametrize(
    ("source", "target", "pivot"),
    [
        ("de", "fr", "en"),  # not Esperanto
        ("zh", "de", "en"),
        ("la", "zh", "en"),
        ("en", "eo", "de"),
        ("de", "en", None),
        ("de", "de", None),
        ("de", "la", None),
        ("eo", "zh", None),  # two ways in a row are not taken
    ],
)
def test_a_language_between_is_found_where_one_is_needed(
    star: Registry, source: str, target: str, pivot: str | None
) -> None:
    assert star.pivot(source, target) == pivot


def test_what_is_served_by_way_of_another_language_is_served(star: Registry) -> None:
    assert star.targets("zh") == ("de", "en", "fr", "zh")
    assert star.targets("la") == ("de", "en", "fr", "la", "zh")
    assert star.serves("zh", "fr")
    assert not star.serves("zh", "la")
    with pytest.raises(UnsupportedLanguage):
        star.find("zh", "la")
