"""The bodies of requests and responses."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from service.api.detail_schemas import SentenceDetails, SpanDetails


def _check_texts(value: Any) -> Any:
    """``value`` if it is a string or a list of strings that can be written as UTF-8.

    Raises:
        ValueError: it is not; names the item.
    """
    if isinstance(value, str):
        _check_text(value, "it")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            if not isinstance(item, str):
                raise ValueError(f"must be a string or a list of strings, but item {index} is no string")
            _check_text(item, f"item {index}")
    else:
        raise ValueError("must be a string or a list of strings")
    return value


def _check_text(text: str, name: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError(
            f"must be valid Unicode, but {name} has half of a surrogate pair at character {error.start}"
        ) from None


def _none_is_zero(value: Any) -> Any:
    return 0 if value is None or value == "" else value


def _none_is_text(value: Any) -> Any:
    return "text" if value is None or value == "" else value


def one_text(value: Any) -> Any:
    """``value``; see ``Texts``.

    Raises:
        ValueError: it is a string that cannot be written as UTF-8.
    """
    if isinstance(value, str):
        _check_text(value, "it")
    return value


def _read_object(value: Any) -> Any:
    if value is None or value == "":
        return None
    if isinstance(value, str):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            raise ValueError("must be an object from source terms to target terms") from None
    return value


def as_names(value: Any) -> Any:
    """``value`` as a list: a text has commas between its names."""
    if value is None:
        return []
    if isinstance(value, str):
        return [name for part in value.split(",") if (name := part.strip())]
    return value


AttributeName = Literal["alt", "aria-label", "placeholder", "title"]
"""Attributes that hold text for people."""


Texts = Annotated[str | list[str], BeforeValidator(_check_texts)]
"""A text or a list of texts, all of which can be written as UTF-8."""


class TranslateRequest(BaseModel):
    """What to translate. Parameters that are not listed are ignored."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"q": "Wo ist der Bahnhof?", "source": "de", "target": "en"},
                {"q": ["Guten Tag!", "Ich habe den Zug verpasst."], "source": "de", "target": "en"},
            ]
        }
    )

    q: Texts = Field(
        description="a text or a list of texts; line breaks, tabs and the space between sentences are kept"
    )
    source: str = Field(
        description="language of the texts: a code of `/languages`, whose case and region are ignored, or "
        "`auto`: each text's own is then detected"
    )
    target: str = Field(description="language to translate into, likewise")
    format: Annotated[Literal["text", "html"], BeforeValidator(_none_is_text)] = Field(
        default="text",
        description="`html`: the texts are HTML, pages or parts of one; their tags stay, and move with the "
        "words that they are around",
    )
    translate_attributes: Annotated[list[AttributeName], BeforeValidator(as_names)] = Field(
        default=[],
        description="attributes of HTML that are translated, too: a list, or a text with commas",
    )
    alternatives: Annotated[int, BeforeValidator(_none_is_zero)] = Field(
        default=0, ge=0, description="further translations wanted of each text; at most, fewer may exist"
    )
    api_key: str | None = Field(
        default=None, description="needed where the service has keys; ignored where it has none"
    )
    details: bool = Field(
        default=False,
        description="whether `confidence` and `sentences` are wanted: flags, and which word became which",
    )
    attention: bool = Field(
        default=False,
        description="whether the attention of each sentence is wanted as well; of short texts only",
    )
    priority: Literal["interactive", "bulk"] = Field(
        default="interactive", description="`bulk` lets others go first"
    )
    deadline_ms: int | None = Field(
        default=None, ge=1, description="milliseconds after which the answer is of no use: then 504"
    )
    glossary: str | None = Field(
        default=None, description="id of a glossary, as `/v2/glossaries` gives it, to translate with"
    )
    terms: Annotated[dict[str, str] | None, BeforeValidator(_read_object)] = Field(
        default=None,
        description="terms that the translation must hold where the text has theirs: an object from source "
        "terms to target terms; in a form, as JSON",
        examples=[{"Bahnhof": "railway station"}],
    )

    @property
    def wants_details(self) -> bool:
        """Whether more than the translation is to be told of each sentence."""
        return self.details or self.attention


class DetectedLanguage(BaseModel):
    """What a text is written in."""

    confidence: float = Field(
        description="from 0 to 100, among the languages served; 0 where there was nothing to go by",
        examples=[98.5],
    )
    language: str = Field(description="a code of `/languages`", examples=["de"])


class DetectRequest(BaseModel):
    """A text whose language is wanted."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"q": "Wo ist der Bahnhof?"}]})

    q: Annotated[str, BeforeValidator(_check_texts)] = Field(description="the text")
    api_key: str | None = Field(default=None, description="as for `/translate`")


class TranslateResponse(BaseModel):
    """Translations: each member has the shape of `q`, one value for a string or a list of values."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"translatedText": "Where is the station?", "score": 0.87},
                {"translatedText": ["Good day!", "I missed the train."], "score": [0.74, 0.91]},
            ]
        }
    )

    translatedText: str | list[str] = Field(description="the translation")  # noqa: N815 - the contract's name
    detectedLanguage: DetectedLanguage | list[DetectedLanguage] | None = Field(  # noqa: N815 - likewise
        default=None, description="of each text; only for `source: auto`"
    )
    alternatives: list[str] | list[list[str]] | None = Field(
        default=None, description="further translations, best first; only if asked for"
    )
    score: float | list[float] = Field(
        description="how sure the network is, from 0 to 1: the geometric mean of the probabilities of the "
        "translation's tokens; 1 where there was nothing to translate"
    )
    pivot: str | list[str | None] | None = Field(
        default=None,
        description="the language by way of which it was translated, where no network does so directly",
    )
    confidence: float | list[float | None] | None = Field(
        default=None,
        description="the mean `confidence` of `sentences`, by their length; only for `details`, and not for "
        "a `pivot`",
    )
    sentences: list[SentenceDetails] | list[list[SentenceDetails]] | None = Field(
        default=None, description="what is known of each sentence; likewise"
    )
    spans: list[SpanDetails] | list[list[SpanDetails]] | None = Field(
        default=None,
        description="what was copied, such as addresses and emoji, and how it was placed; likewise",
    )


class StreamStart(BaseModel):
    """The first event of a stream: the request is accepted."""

    total: int = Field(description="how many `segment` events will come")
    detectedLanguage: DetectedLanguage | list[DetectedLanguage] | None = Field(  # noqa: N815 - as above
        default=None, description="as in the plain answer"
    )


class StreamSegment(BaseModel):
    """A sentence is done, and so are all before it."""

    index: int = Field(description="of this event among the `total`, from 0")
    total: int = Field(description="how many there are")
    item: int = Field(description="which text of a list it belongs to, from 0; 0 where `q` is a string")
    translatedText: str = Field(  # noqa: N815 - as above
        description="the translation of this sentence, with the white space and all else around it: those "
        "of an item, joined, are its `translatedText` in the plain answer"
    )
    score: float = Field(description="how sure the network is of this sentence, from 0 to 1")


class Language(BaseModel):
    """A language that can be translated from."""

    code: str = Field(examples=["de"])
    name: str = Field(description="in English", examples=["German"])
    targets: list[str] = Field(
        description="what it can be translated into; itself changes nothing", examples=[["de", "en"]]
    )


class Health(BaseModel):
    """A good sign."""

    status: Literal["ok"] = "ok"
