"""Every failure a caller of the service can meet.

::

    ServiceError
    ├── InvalidRequest       400  the request itself is wrong; ``field`` says where
    ├── UnreadableFile       400  a file is not what its name says, or of no kind that is accepted
    ├── UnsupportedLanguage  400  no such language, or no checkpoint for the direction
    ├── KeyMissing           400  an API key is needed
    ├── KeyRefused           403  the API key is none of the accepted ones, or used up
    ├── GlossaryNotFound     404  there is no glossary with this id, or it is somebody else's
    ├── TextTooLarge         413  over the character or item limit
    ├── Overloaded           429  the queue is full; retry after ``retry_after_seconds``
    ├── QuotaExceeded        456  the key's characters are used up (the status is DeepL's)
    ├── NotReady             503  starting, draining, or the engine has died
    ├── DeadlineExceeded     504  the deadline passed before the translation was done
    └── TranslationFailed    500  this segment makes the network fail; the others are unaffected

``service/api/problems.py`` is the one place that maps these to HTTP. Messages never hold the text.
"""

from __future__ import annotations


class ServiceError(Exception):
    """The root of the tree above."""


class InvalidRequest(ServiceError):
    """The request itself is wrong.

    Args:
        message: what is wrong and what is accepted.
        field: the offending parameter, if one can be named.
    """

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class UnreadableFile(InvalidRequest):
    """A file is not what its name says, or of no kind that is accepted."""


class UnsupportedLanguage(InvalidRequest):
    """No such language, or no checkpoint for the direction."""


class KeyMissing(ServiceError):
    """An API key is needed."""


class KeyRefused(ServiceError):
    """The API key is none of the accepted ones, or used up."""


class QuotaExceeded(ServiceError):
    """The characters that a key may translate are used up."""


class GlossaryNotFound(ServiceError):
    """There is no glossary with this id, or it is somebody else's."""


class TextTooLarge(InvalidRequest):
    """Over the character or item limit."""


class Overloaded(ServiceError):
    """The queue is full.

    Args:
        message: which bound was met.
        retry_after_seconds: when there is likely to be room.
    """

    def __init__(self, message: str, retry_after_seconds: int = 1) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class NotReady(ServiceError):
    """Starting, draining, or the engine has died."""


class DeadlineExceeded(ServiceError):
    """The deadline passed before the translation was done."""


class TranslationFailed(ServiceError):
    """This segment makes the network fail; the others are unaffected."""
