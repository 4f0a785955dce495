"""Where the clients of either API put their key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.datastructures import Headers

from service.accounts import Account, Accounts
from service.errors import InvalidRequest, KeyMissing, KeyRefused

_SCHEME = "deepl-auth-key"


def libretranslate_account(accounts: Accounts, parameters: Mapping[str, Any]) -> Account:
    """The account of the parameter ``api_key``, or ``apiKey``, as a client on npm spells it.

    Raises:
        InvalidRequest: it is no string.
        KeyMissing, KeyRefused: see ``Accounts.find``.
    """
    key = _text(parameters, "api_key") or _text(parameters, "apiKey")
    try:
        return accounts.find(key)
    except KeyMissing:
        raise KeyMissing("api_key: an API key is required; the operator of this service has them") from None


def deepl_account(accounts: Accounts, headers: Headers, parameters: Mapping[str, Any]) -> Account:
    """The account of the header ``Authorization: DeepL-Auth-Key KEY``, or of the parameter ``auth_key``.

    Raises:
        KeyRefused: see ``Accounts.find``; a missing key is no different for DeepL's clients.
    """
    scheme, _, given = headers.get("authorization", "").strip().partition(" ")
    key = given.strip() if scheme.lower() == _SCHEME else _text(parameters, "auth_key")
    try:
        return accounts.find(key)
    except KeyMissing:
        raise KeyRefused("an API key is required, in the header Authorization: DeepL-Auth-Key") from None


def _text(parameters: Mapping[str, Any], name: str) -> str | None:
    value = parameters.get(name)
    if value is not None and not isinstance(value, str):
        raise InvalidRequest(f"{name}: must be a string", name)
    return value
