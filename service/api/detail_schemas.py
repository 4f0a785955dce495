"""What is told of each sentence, where a request asks for it."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field


class CharacterRange(BaseModel):
    """The characters `start` to `end - 1` of a text, counted in Unicode code points."""

    start: int
    end: int


class SentenceAttention(BaseModel):
    """What the network read for each token that it wrote."""

    source: list[str] = Field(description="tokens: the tag of the target language, the text, `</s>`")
    target: list[str] = Field(description="tokens: the text, `</s>`")
    weights: list[list[float]] = Field(
        description="a row for each target token, a column for each source token; a row sums to 1"
    )


class SentenceDetails(BaseModel):
    """A sentence, or a part of a long one."""

    source: CharacterRange = Field(description="where it is in the text")
    target: CharacterRange = Field(description="where its translation is in `translatedText`")
    confidence: float = Field(
        description="from 0 to 1: the probability that the translation is good, see the documentation"
    )
    coverage: float = Field(description="the share of the sentence's words that the network read, 0 to 1")
    flags: list[Literal["repetition", "truncated", "undercovered", "copied"]] = Field(
        description="what seems to be wrong with the translation; mostly nothing"
    )
    alignment: list[tuple[int, int, int, int, float]] = Field(
        description="which words belong together: start and end of a word of the text, start and end of a "
        "word of the translation, and how much of what was read for the latter was the former, 0 to 1"
    )
    attention: SentenceAttention | None = Field(default=None, description="only if asked for")


class SpanDetails(BaseModel):
    """Something that was copied, not translated."""

    source: CharacterRange = Field(description="where it is in the text")
    target: CharacterRange = Field(description="where it is in `translatedText`, the same to the character")
    placement: Literal["network", "alignment", "proportion"] = Field(
        description="how it got there: the network put it there, or it stands between sentences; or by a "
        "fallback: by alignment, or, where there is none, by the proportion of the lengths"
    )
