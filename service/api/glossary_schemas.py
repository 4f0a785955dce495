"""The bodies of requests and responses about glossaries, as DeepL has them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from service.api.schemas import one_text
from service.glossaries.store import GlossaryInfo

Text = Annotated[str, BeforeValidator(one_text)]


class GlossaryRequest(BaseModel):
    """A glossary to be made. Parameters that are not listed are ignored."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "Railway",
                    "source_lang": "de",
                    "target_lang": "en",
                    "entries": "Bahnhof\trailway station\nGleis\tplatform\n",
                    "entries_format": "tsv",
                }
            ]
        }
    )

    name: Text = Field(min_length=1, max_length=1024, description="for people; need not be unique")
    source_lang: str = Field(description="language of the source terms")
    target_lang: str = Field(description="language of the target terms")
    entries: Text = Field(description="one a line: a source term and a target term")
    entries_format: Literal["tsv", "csv"] = Field(
        description="`tsv`: with a tab between the terms; `csv`: comma-separated, quoted where needed"
    )


class GlossaryDescription(BaseModel):
    """A glossary without its entries."""

    glossary_id: str = Field(examples=["def3a26b-3e84-45b3-84ae-0c0aaf3525f7"])
    ready: Literal[True] = True
    name: str = Field(examples=["Railway"])
    source_lang: str = Field(examples=["de"])
    target_lang: str = Field(examples=["en"])
    creation_time: datetime
    entry_count: int = Field(examples=[2])

    @classmethod
    def of(cls, info: GlossaryInfo) -> GlossaryDescription:
        """What is told of ``info``."""
        return cls(
            glossary_id=info.id,
            name=info.name,
            source_lang=info.source,
            target_lang=info.target,
            creation_time=datetime.fromtimestamp(info.created, UTC),
            entry_count=info.entry_count,
        )


class GlossaryList(BaseModel):
    """All glossaries of an account, oldest first."""

    glossaries: list[GlossaryDescription]


class GlossaryPair(BaseModel):
    """A direction that glossaries can be made for."""

    source_lang: str
    target_lang: str


class GlossaryPairs(BaseModel):
    """All of them."""

    supported_languages: list[GlossaryPair]
