"""Languages under DeepL's codes."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from service.api.deepl_schemas import DeepLLanguage
from service.api.language_names import name_of
from service.registry import Registry

_REGIONS: Mapping[str, tuple[tuple[str, str], ...]] = MappingProxyType(
    {
        "en": (("EN-GB", "English (British)"), ("EN-US", "English (American)")),
        "pt": (("PT-BR", "Portuguese (Brazilian)"), ("PT-PT", "Portuguese (European)")),
    }
)
"""DeepL's clients refuse these targets without a region. Here both regions mean the one language."""


def language_lists(registry: Registry) -> dict[str, list[DeepLLanguage]]:
    """What can be translated from, as ``source``, and into, as ``target``."""
    targets = sorted({target for _, target in registry.directions})
    return {
        "source": [DeepLLanguage(language=code.upper(), name=name_of(code)) for code in registry.sources],
        "target": [
            DeepLLanguage(language=code, name=name, supports_formality=False)
            for target in targets
            for code, name in _REGIONS.get(target, ((target.upper(), name_of(target)),))
        ],
    }
