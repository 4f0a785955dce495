"""GET /frontend/settings, as LibreTranslate has it: what a page or a program should know before it asks."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel, Field

from service.api.context import Service
from service.api.language_names import name_of
from service.api.problems import responses
from service.api.work import AUTO
from service.files.formats import EXTENSIONS
from service.text.detection import fallback_language

TYPING_PAUSE_MS = 500


class NamedLanguage(BaseModel):
    """A language."""

    code: str = Field(examples=["de"])
    name: str = Field(description="in English", examples=["German"])


class LanguageDefaults(BaseModel):
    """The languages to begin with."""

    source: NamedLanguage
    target: NamedLanguage


class FrontendSettings(BaseModel):
    """Limits and abilities, under LibreTranslate's names."""

    apiKeys: bool = Field(description="whether there are API keys")  # noqa: N815 - the contract's names
    charLimit: int = Field(description="most characters of a request")  # noqa: N815
    filesTranslation: bool = Field(description="whether files are translated")  # noqa: N815
    frontendTimeout: int = Field(  # noqa: N815
        description="milliseconds after the last key stroke until a page should ask"
    )
    keyRequired: bool = Field(description="whether a request must bring an API key")  # noqa: N815
    language: LanguageDefaults
    maxAlternatives: int = Field(  # noqa: N815 - not in the contract, but in its style
        description="most alternatives that a request may ask for"
    )
    maxItems: int = Field(description="most texts of a request; likewise an addition")  # noqa: N815
    suggestions: bool = Field(description="whether better translations can be handed in")
    supportedFilesFormat: list[str] = Field(description="file name extensions")  # noqa: N815


def frontend_router(service: Service) -> APIRouter:
    """The route, over ``service``."""
    router = APIRouter(tags=["LibreTranslate"])

    @router.get(
        "/frontend/settings",
        summary="Limits and defaults",
        responses=responses({503: "The service is starting."}),
    )
    async def frontend_settings() -> FrontendSettings:
        """What may be sent, whether a key is needed, and which languages to begin with."""
        targets = sorted({target for _, target in service.lifecycle.registry.directions})
        target = fallback_language(targets)
        keys = service.accounts.keys_required
        return FrontendSettings(
            apiKeys=keys,
            charLimit=service.settings.max_request_characters,
            filesTranslation=service.settings.max_file_bytes > 0,
            frontendTimeout=TYPING_PAUSE_MS,
            keyRequired=keys,
            language=LanguageDefaults(
                source=NamedLanguage(code=AUTO, name="Auto Detect"),
                target=NamedLanguage(code=target, name=name_of(target)),
            ),
            maxAlternatives=service.settings.max_alternatives,
            maxItems=service.settings.max_request_items,
            suggestions=False,
            supportedFilesFormat=list(EXTENSIONS) if service.settings.max_file_bytes else [],
        )

    return router
