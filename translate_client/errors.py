"""Everything that a call can raise, other than ``ValueError`` for arguments that make no sense.

::

    TranslateError
    ├── CannotConnect          the service was not reached; it knows nothing of the request
    ├── ConnectionBroken       broken off or timed out on the way; the service may have done the work
    ├── UnexpectedAnswer       what answered is not such a service
    └── ServiceError           the service says no; ``status``, ``detail``, ``request_id``
        ├── InvalidRequest     400  the request is wrong, other 4xx too
        │   ├── UnsupportedLanguage
        │   └── TextTooLarge   413
        ├── KeyRefused         the API key is missing, wrong, or used up
        ├── QuotaExceeded      456
        ├── Unavailable        not now; ``retry_after_seconds`` says when, if the service does
        │   ├── Overloaded     429
        │   └── NotReady       503
        ├── TranslationFailed  500, other 5xx too
        └── DeadlineExceeded   504
"""

from __future__ import annotations


class TranslateError(Exception):
    """The root of the tree above."""


class CannotConnect(TranslateError):
    """The service was not reached."""


class ConnectionBroken(TranslateError):
    """The connection broke, or nothing came for too long."""


class UnexpectedAnswer(TranslateError):
    """What answered is not such a service: a proxy, perhaps."""


class ServiceError(TranslateError):
    """The service says no.

    Args:
        detail: what is wrong, in the service's words.
        status: of HTTP.
        request_id: under which the service's log has the request; None if it does not say.
        retry_after_seconds: when it is worth trying again; None if the service does not say.
    """

    def __init__(
        self,
        detail: str,
        status: int,
        request_id: str | None = None,
        retry_after_seconds: float | None = None,
    ) -> None:
        super().__init__(f"{detail} (status {status}, request {request_id or 'without id'})")
        self.detail = detail
        self.status = status
        self.request_id = request_id
        self.retry_after_seconds = retry_after_seconds


class InvalidRequest(ServiceError):
    """The request is wrong; sending it again will not help."""


class UnsupportedLanguage(InvalidRequest):
    """The language or the direction is not served."""


class TextTooLarge(InvalidRequest):
    """The text is larger than the service takes."""


class KeyRefused(ServiceError):
    """The API key is missing, wrong, or used up."""


class QuotaExceeded(ServiceError):
    """What the key may translate is used up."""


class Unavailable(ServiceError):
    """Not now."""


class Overloaded(Unavailable):
    """The service has too much work."""


class NotReady(Unavailable):
    """The service is starting or ending."""


class TranslationFailed(ServiceError):
    """The service could not translate this, or has an error."""


class DeadlineExceeded(ServiceError):
    """The deadline passed before the translation was done."""
