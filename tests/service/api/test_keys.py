"""API keys and quotas."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from service.accounts import Account, Accounts, read_accounts
from service.engine.request import SegmentRequest
from service.errors import KeyMissing, KeyRefused, QuotaExceeded, TranslationFailed
from service.settings import Settings, SettingsError
from tests.service.fakes import EchoEngine
from tests.service.harness import asynchronous, ready_client

KEY = "correct-horse"
OTHER = "battery-staple"
KEYS: dict[str, Any] = {"api_keys": f"{KEY}, {OTHER}"}
BODY = {"q": "Ein Hund.", "source": "de", "target": "en"}
DEEPL = {"text": ["Ein Hund."], "source_lang": "DE", "target_lang": "EN-GB"}


def header(key: str) -> dict[str, str]:
    return {"Authorization": f"DeepL-Auth-Key {key}"}


@asynchronous
async def test_libretranslate_wants_the_key_in_a_parameter(tiny_checkpoint: Path) -> None:
    async with ready_client(tiny_checkpoint, limits=KEYS) as client:
        for path, body in (("/translate", BODY), ("/detect", {"q": "Ein Hund."})):
            for missing in ({}, {"api_key": None}, {"api_key": ""}, {"apiKey": ""}):
                response = await client.post(path, json={**body, **missing})
                assert (response.status_code, response.json()["type"]) == (400, "/problems/key-missing")
            for wrong in ("wrong", KEY + "x", KEY[:-1], "\ud800", "ä"):
                response = await client.post(path, content=json.dumps({**body, "api_key": wrong}))
                assert (response.status_code, response.json()["type"]) == (403, "/problems/key-refused")
                assert wrong not in response.json()["error"]
            for right in ({"api_key": KEY}, {"apiKey": OTHER}, {"api_key": "", "apiKey": KEY}):
                assert (await client.post(path, json={**body, **right})).status_code == 200
                assert (await client.post(path, data={**body, **right})).status_code == 200
                assert (await client.post(path, params={**body, **right})).status_code == 200
        assert (await client.get("/languages")).status_code == 200
        frontend = (await client.get("/frontend/settings")).json()
    assert (frontend["apiKeys"], frontend["keyRequired"]) == (True, True)


@asynchronous
async def test_deepl_wants_the_key_in_a_header(tiny_checkpoint: Path) -> None:
    routes = [
        ("POST", "/v2/translate"),
        ("GET", "/v2/usage"),
        ("GET", "/v2/languages"),
        ("GET", "/v2/glossary-language-pairs"),
    ]
    async with ready_client(tiny_checkpoint, limits=KEYS) as client:
        for method, path in routes:
            for headers in ({}, header("wrong"), header(""), {"Authorization": KEY}):
                response = await client.request(method, path, json=DEEPL, headers=headers)
                assert (response.status_code, response.json()["type"]) == (403, "/problems/key-refused")
            assert (await client.request(method, path, json=DEEPL, headers=header(KEY))).status_code == 200
            response = await client.request(method, path, json=DEEPL, params={"auth_key": KEY})
            assert response.status_code == 200


@asynchronous
async def test_where_there_are_no_keys_any_will_do(tiny_checkpoint: Path) -> None:
    async with ready_client(tiny_checkpoint) as client:
        assert (await client.post("/translate", json={**BODY, "api_key": "any"})).status_code == 200
        assert (await client.post("/v2/translate", json=DEEPL, headers=header("any"))).status_code == 200
        frontend = (await client.get("/frontend/settings")).json()
    assert (frontend["apiKeys"], frontend["keyRequired"]) == (False, False)


@asynchronous
async def test_each_key_has_its_quota(tiny_checkpoint: Path) -> None:
    async with ready_client(tiny_checkpoint, limits={**KEYS, "character_quota": 20}) as client:

        async def usage(key: str) -> dict[str, int]:
            answer: dict[str, int] = (await client.get("/v2/usage", headers=header(key))).json()
            return answer

        assert (await client.post("/v2/translate", json=DEEPL, headers=header(KEY))).status_code == 200
        assert (await client.post("/translate", json={**BODY, "api_key": KEY})).status_code == 200
        assert await usage(KEY) == {"character_count": 18, "character_limit": 20}
        refused = await client.post("/v2/translate", json=DEEPL, headers=header(KEY))
        assert (refused.status_code, refused.json()["type"]) == (456, "/problems/quota-exceeded")
        assert refused.json()["message"] == "18 of 20 characters are used up"
        assert (await client.post("/translate", json={**BODY, "api_key": KEY})).status_code == 403
        small = {**DEEPL, "text": "Ja"}
        assert (await client.post("/v2/translate", json=small, headers=header(KEY))).status_code == 200
        assert await usage(KEY) == {"character_count": 20, "character_limit": 20}
        assert await usage(OTHER) == {"character_count": 0, "character_limit": 20}
        metrics = (await client.get("/metrics")).text
    assert 'translation_requests_total{api="deepl",outcome="quota"} 1.0' in metrics
    assert 'translation_requests_total{api="libretranslate",outcome="forbidden"} 1.0' in metrics
    assert 'translation_rejected_total{reason="quota"} 1.0' in metrics


@pytest.mark.parametrize("between_keys", [False, True])
@asynchronous
async def test_work_is_shared_between_keys_only_where_that_is_set(
    tiny_checkpoint: Path, between_keys: bool
) -> None:
    engine = EchoEngine()
    limits = {**KEYS, "cache_between_keys": between_keys}
    async with ready_client(tiny_checkpoint, engine, limits) as client:
        for key in (KEY, OTHER, KEY):
            body = {**BODY, "api_key": key}
            assert (await client.post("/translate", json=body)).status_code == 200
            streamed = await client.post("/translate", json=body, headers={"accept": "text/event-stream"})
            assert streamed.status_code == 200
            assert (await client.post("/v2/translate", json=DEEPL, headers=header(key))).status_code == 200
    scopes = [{request.scope for request in engine.requests[place : place + 3]} for place in (0, 3, 6)]
    assert all(len(of_one_key) == 1 for of_one_key in scopes)
    assert scopes[0] == scopes[2]
    assert (scopes[0] == scopes[1]) is between_keys
    assert all(KEY not in scope and OTHER not in scope for scope in set().union(*scopes))


@asynchronous
async def test_what_fails_is_not_charged(tiny_checkpoint: Path) -> None:
    def fail(request: SegmentRequest) -> Any:
        raise TranslationFailed("this segment makes the network fail")

    async with ready_client(tiny_checkpoint, EchoEngine(translate=fail)) as client:
        assert (await client.post("/v2/translate", json=DEEPL)).status_code == 500
        assert (await client.post("/v2/translate", json={**DEEPL, "target_lang": "XX"})).status_code == 400
        usage = (await client.get("/v2/usage")).json()
    assert usage == {"character_count": 0, "character_limit": 1_000_000_000_000}


def test_a_charge_that_does_not_fit_counts_nothing() -> None:
    account = Account(quota=10)
    with account.charge(10):
        assert account.characters == 10
    with pytest.raises(QuotaExceeded), account.charge(1):
        pytest.fail("it was allowed")
    with account.charge(0):
        assert account.characters == 10


def test_keys_open_their_own_account() -> None:
    accounts = Accounts(["ä", "b"], None)
    assert accounts.find("ä") is accounts.find("ä") is not accounts.find("b")
    for missing in (None, ""):
        with pytest.raises(KeyMissing):
            accounts.find(missing)
    with pytest.raises(KeyRefused):
        accounts.find("a")
    open_to_all = Accounts([], None)
    assert open_to_all.find(None) is open_to_all.find("anything")


@pytest.mark.parametrize("key", ["schlüssel", "two words", "a\x00b"])
def test_a_key_that_no_header_can_hold_is_refused(tmp_path: Path, key: str) -> None:
    file = tmp_path / "keys"
    file.write_text(key, encoding="utf-8")
    for name, setting in (("DRAGOMAN_API_KEYS", key), ("DRAGOMAN_API_KEYS_FILE", file)):
        with pytest.raises(SettingsError, match=f"{name}: a key may only") as caught:
            read_accounts(Settings.model_validate({name.removeprefix("DRAGOMAN_").lower(): setting}))
        assert key not in str(caught.value)


def test_keys_of_a_file(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text("# of the team\none\n\n  two \n")
    accounts = read_accounts(Settings.model_validate({"api_keys": "three", "api_keys_file": file}))
    assert len({id(accounts.find(key)) for key in ("one", "two", "three")}) == 3
    for content in (None, "# none\n"):
        file.unlink() if content is None else file.write_text(content)
        with pytest.raises(SettingsError, match="DRAGOMAN_API_KEYS_FILE"):
            read_accounts(Settings(api_keys_file=file))


@asynchronous
async def test_keys_are_nowhere_to_be_seen(tiny_checkpoint: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with ready_client(tiny_checkpoint, limits=KEYS) as client:
        for key in (KEY, "wrong-secret"):
            await client.post("/translate", params={**BODY, "api_key": key})
            await client.post("/v2/translate", json=DEEPL, headers=header(key))
        metrics = (await client.get("/metrics")).text
    settings = repr(Settings.model_validate(KEYS))
    logged = [
        record.getMessage() + repr(record.__dict__)
        for record in caplog.records
        if record.name.startswith("service")
    ]
    for place in (metrics, settings, *logged):
        assert KEY not in place
        assert "wrong-secret" not in place
    assert logged
