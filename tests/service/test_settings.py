"""Settings: read from the environment, and refused with the variable's name and what it may be."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from service.cache.opening import check_redis_url
from service.settings import Settings, SettingsError, describe_settings, read_settings, variable


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOST", "PORT", *filter(lambda name: name.startswith("DRAGOMAN_"), os.environ)):
        monkeypatch.delenv(name, raising=False)


def read(monkeypatch: pytest.MonkeyPatch, **environment: str) -> Settings:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return read_settings()


def refusal(monkeypatch: pytest.MonkeyPatch, **environment: str) -> str:
    with pytest.raises(SettingsError) as caught:
        read(monkeypatch, **environment)
    return str(caught.value)


def test_without_an_environment_it_listens_on_this_machine_only() -> None:
    settings = read_settings()
    assert (settings.host, settings.port) == ("127.0.0.1", 8000)
    assert settings.checkpoints == (Path("checkpoints"),)


def test_values_are_read_and_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read(
        monkeypatch,
        DRAGOMAN_CHECKPOINTS="one,/some/two",
        DRAGOMAN_BEAM_SIZE="3",
        DRAGOMAN_LENGTH_PENALTY="0.5",
        DRAGOMAN_DEVICE="cpu",
        DRAGOMAN_THREADS="",
        DRAGOMAN_API_KEYS="one, two,",
        DRAGOMAN_CHARACTER_QUOTA="7",
    )
    assert [key.get_secret_value() for key in settings.api_keys] == ["one", "two"]
    assert settings.character_quota == 7
    assert settings.checkpoints == (Path("one"), Path("/some/two"))
    assert (settings.beam_size, settings.length_penalty, settings.device) == (3, 0.5, "cpu")
    assert settings.threads is None


def test_plain_host_and_port_are_honoured_and_the_prefixed_ones_win(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read(monkeypatch, HOST="0.0.0.0", PORT="8001")
    assert (settings.host, settings.port) == ("0.0.0.0", 8001)
    assert read(monkeypatch, DRAGOMAN_PORT="8002").port == 8002


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("DRAGOMAN_PORT", "65536", "an integer at least 0 and at most 65535"),
        ("PORT", "http", "an integer at least 0 and at most 65535"),
        ("DRAGOMAN_DEVICE", "tpu", "one of auto, cpu, cuda"),
        ("DRAGOMAN_CHECKPOINTS", ",", "one value or more"),
        ("DRAGOMAN_BEAM_SIZE", "0", "an integer at least 1 and at most 64"),
        ("DRAGOMAN_LENGTH_PENALTY", "nan", "a number at least 0 and at most 5"),
        ("DRAGOMAN_DRAIN_TIMEOUT_SECONDS", "0", "a number above 0"),
        ("DRAGOMAN_CACHE_BETWEEN_KEYS", "perhaps", "true or false"),
        ("DRAGOMAN_REDIS_SECRET", "short", "a text of at least 16 characters"),
        ("DRAGOMAN_LOG_LEVEL", "loud", "one of debug, info, warning, error"),
    ],
)
def test_a_wrong_value_is_one_line_that_says_what_is_allowed(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, allowed: str
) -> None:
    assert refusal(monkeypatch, **{name: value}) == f"{name} must be {allowed}"


def test_an_unknown_variable_is_refused_and_the_nearest_named(monkeypatch: pytest.MonkeyPatch) -> None:
    message = refusal(monkeypatch, DRAGOMAN_MAX_RUNING_ROWS="8")
    assert message == "DRAGOMAN_MAX_RUNING_ROWS: no such variable; did you mean DRAGOMAN_MAX_RUNNING_ROWS?"


def test_every_wrong_variable_gets_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = refusal(monkeypatch, DRAGOMAN_DEVICE="tpu", DRAGOMAN_PORT="-1", DRAGOMAN_X="1").splitlines()
    assert sorted(line.split()[0].rstrip(":") for line in lines) == [
        "DRAGOMAN_DEVICE",
        "DRAGOMAN_PORT",
        "DRAGOMAN_X",
    ]


def test_the_default_deadline_is_within_the_longest(monkeypatch: pytest.MonkeyPatch) -> None:
    message = refusal(monkeypatch, DRAGOMAN_DEFAULT_DEADLINE_SECONDS="90", DRAGOMAN_MAX_DEADLINE_SECONDS="60")
    assert (
        "DRAGOMAN_DEFAULT_DEADLINE_SECONDS (90) must be at most DRAGOMAN_MAX_DEADLINE_SECONDS (60)" in message
    )


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("DRAGOMAN_REDIS_SECRET", {}),
        ("DRAGOMAN_CACHE_SEGMENTS", {"DRAGOMAN_REDIS_SECRET": "x" * 16, "DRAGOMAN_CACHE_SEGMENTS": "0"}),
    ],
)
def test_a_redis_needs_a_secret_and_a_cache(
    monkeypatch: pytest.MonkeyPatch, name: str, more: dict[str, str]
) -> None:
    assert name in refusal(monkeypatch, DRAGOMAN_REDIS_URL="redis://:password@host", **more)


@pytest.mark.parametrize("url", ["http://:password@host", "redis://:password@host:port"])
def test_what_is_no_url_of_a_redis_is_refused_without_its_password(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    with pytest.raises(SettingsError, match="DRAGOMAN_REDIS_URL") as caught:
        check_redis_url(read(monkeypatch, DRAGOMAN_REDIS_URL=url, DRAGOMAN_REDIS_SECRET="x" * 16))
    assert "password" not in str(caught.value)


def test_settings_do_not_change() -> None:
    settings = read_settings()
    with pytest.raises(ValidationError):
        settings.port = 1  # type: ignore[misc] # what is tested


def test_the_description_names_every_variable_and_its_default() -> None:
    text = describe_settings()
    for field, info in Settings.model_fields.items():
        assert f"  {variable(field)}" in text
        assert info.description is not None
    assert "DRAGOMAN_PORT (default: 8000)" in text
    assert max(map(len, text.splitlines())) <= 100
