"""Who may use the service, and how much of it."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from service.errors import KeyMissing, KeyRefused, QuotaExceeded
from service.settings import Settings, SettingsError, variable


@dataclass(slots=True)
class Charge:
    """What a request costs.

    Attributes:
        earned: characters whose translation has been handed out, whatever becomes of the rest.
    """

    earned: int = 0


class Account:
    """What has been translated with one key, or by everybody where no keys are needed.

    Owned by the event loop's thread; begins at nothing when the process starts.

    Attributes:
        characters: translated, or being translated.
        quota: at most so many; None for any number.
        name: tells accounts apart, now and after a restart; a hash from which the key cannot be told, empty
            for the account of everybody.
    """

    def __init__(self, quota: int | None, name: str = "") -> None:
        self.characters = 0
        self.quota = quota
        self.name = name

    @contextmanager
    def charge(self, characters: int) -> Iterator[Charge]:
        """Count ``characters``; those that were not earned are given back if what is done within fails.

        Raises:
            QuotaExceeded: there are not so many left; nothing is counted.
        """
        if self.quota is not None and self.characters + characters > self.quota:
            raise QuotaExceeded(f"{self.characters} of {self.quota} characters are used up")
        self.characters += characters
        charge = Charge()
        try:
            yield charge
        except BaseException:
            self.characters -= characters - charge.earned
            raise


class Accounts:
    """The account of each key.

    Args:
        keys: those that are accepted; none: everybody may use the service, and shares one account.
        quota: of each account, in characters; None for any number.
    """

    def __init__(self, keys: Iterable[str], quota: int | None) -> None:
        self._by_key = {key.encode(): Account(quota, _name(key)) for key in keys}
        self._everybody = Account(quota)

    @property
    def keys_required(self) -> bool:
        """Whether a request must bring a key."""
        return bool(self._by_key)

    def find(self, key: str | None) -> Account:
        """The account that ``key`` opens; any key or none will do where none is required.

        The time it takes tells nothing about how much of a key is right.

        Raises:
            KeyMissing: a key is required, and ``key`` is None or empty.
            KeyRefused: it is none of the accepted ones.
        """
        if not self._by_key:
            return self._everybody
        if not key:
            raise KeyMissing("an API key is required")
        given = key.encode(errors="surrogatepass")
        found = [account for known, account in self._by_key.items() if hmac.compare_digest(known, given)]
        if not found:
            raise KeyRefused("this API key is not accepted")
        return found[0]


def read_accounts(settings: Settings) -> Accounts:
    """The accounts of the keys in ``settings`` and in the file that they name.

    Raises:
        SettingsError: the file cannot be read or holds no key, or a key could not be sent in a header.
    """
    keys = [key.get_secret_value() for key in settings.api_keys]
    _check(keys, variable("api_keys"))
    if settings.api_keys_file is not None:
        try:
            lines = settings.api_keys_file.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            raise SettingsError(
                f"{variable('api_keys_file')}: {settings.api_keys_file} cannot be read"
            ) from None
        found = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
        if not found:  # rather than a service that is open to everybody
            raise SettingsError(f"{variable('api_keys_file')}: there is no key in {settings.api_keys_file}")
        _check(found, variable("api_keys_file"))
        keys += found
    return Accounts(dict.fromkeys(keys), settings.character_quota)


def _name(key: str) -> str:
    """Slow to compute, so that short keys cannot be found by trying."""
    return hashlib.scrypt(key.encode(), salt=b"dragoman account", n=2**10, r=8, p=1, dklen=16).hex()


def _check(keys: Iterable[str], name: str) -> None:
    if not all(key.isascii() and key.isprintable() and " " not in key for key in keys):
        raise SettingsError(f"{name}: a key may only have printable ASCII characters other than spaces")
