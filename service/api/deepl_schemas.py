"""The bodies of DeepL's requests and responses."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from service.api.schemas import Texts, as_names


def _as_word(value: Any) -> Any:
    """``value`` as forms spell it: a number or a truth value of JSON becomes ``0`` or ``1``."""
    if value is None or value == "":
        return "1"
    return str(int(value)) if isinstance(value, int) else value


def _none_if_empty(value: Any) -> Any:
    return None if value == "" else value


def _true_if_empty(value: Any) -> Any:
    return True if value is None or value == "" else value


TagNames = Annotated[list[str], BeforeValidator(as_names)]
"""Names of elements: a list, or a text with commas between them."""


class DeepLRequest(BaseModel):
    """What to translate. Parameters that are not listed are ignored, `formality` and `context` among them."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"text": ["Wo ist der Bahnhof?"], "source_lang": "DE", "target_lang": "EN-GB"}]
        }
    )

    text: Texts = Field(description="a text or a list of texts; in a form, `text` may come several times")
    target_lang: str = Field(description="a code of `/v2/languages?type=target`; the region is ignored")
    source_lang: str | None = Field(
        default=None, description="a code of `/v2/languages`; where it is missing, each text's is detected"
    )
    split_sentences: Annotated[Literal["0", "1", "nonewlines"], BeforeValidator(_as_word)] = Field(
        default="1",
        description="`1`: at sentence ends and line breaks; `nonewlines`: line breaks become spaces before; "
        "`0`: at line breaks only",
    )
    tag_handling: Annotated[Literal["xml", "html"] | None, BeforeValidator(_none_if_empty)] = Field(
        default=None,
        description="the texts are XML, well-formed but for a root element, which they need not have, or "
        "HTML: tags stay, and move with the words that they are around",
    )
    ignore_tags: TagNames = Field(default=[], description="elements that stay as they are")
    splitting_tags: TagNames = Field(default=[], description="elements whose tags end a sentence")
    non_splitting_tags: TagNames = Field(default=[], description="elements whose tags do not")
    outline_detection: Annotated[bool, BeforeValidator(_true_if_empty)] = Field(
        default=True,
        description="of XML: whether elements that are not among text end a sentence, too",
    )
    glossary_id: str | None = Field(
        default=None, description="a glossary of this key to translate with; `source_lang` is then needed"
    )


class DeepLTranslation(BaseModel):
    """One text's translation."""

    detected_source_language: str = Field(
        description="in upper case; the request's own where it named one", examples=["DE"]
    )
    text: str = Field(examples=["Where is the station?"])
    billed_characters: int = Field(description="characters of the text, without tags", examples=[19])


class DeepLResponse(BaseModel):
    """The translations, in the order of the texts."""

    translations: list[DeepLTranslation]


class DeepLLanguage(BaseModel):
    """A language that can be translated from, or into."""

    language: str = Field(examples=["EN-GB"])
    name: str = Field(examples=["English (British)"])
    supports_formality: bool | None = Field(default=None, description="always false; for targets only")


class Usage(BaseModel):
    """What has been translated with the request's key since the service was started."""

    character_count: int = Field(examples=[1234])
    character_limit: int = Field(
        description="1000000000000 where there is no limit", examples=[1_000_000_000_000]
    )
