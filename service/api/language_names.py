"""English names of languages, by ISO 639-1 code."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_TABLE = """
af Afrikaans; ar Arabic; az Azerbaijani; be Belarusian; bg Bulgarian; bn Bengali; bs Bosnian; ca Catalan;
cs Czech; cy Welsh; da Danish; de German; el Greek; en English; eo Esperanto; es Spanish; et Estonian;
eu Basque; fa Persian; fi Finnish; fr French; ga Irish; gl Galician; gu Gujarati; he Hebrew; hi Hindi;
hr Croatian; hu Hungarian; hy Armenian; id Indonesian; is Icelandic; it Italian; ja Japanese; ka Georgian;
kk Kazakh; km Khmer; kn Kannada; ko Korean; la Latin; lb Luxembourgish; lt Lithuanian; lv Latvian;
mk Macedonian; ml Malayalam; mn Mongolian; mr Marathi; ms Malay; mt Maltese; nb Norwegian Bokmål; ne Nepali;
nl Dutch; nn Norwegian Nynorsk; no Norwegian; pa Punjabi; pl Polish; ps Pashto; pt Portuguese; ro Romanian;
ru Russian; sk Slovak; sl Slovenian; sq Albanian; sr Serbian; sv Swedish; sw Swahili; ta Tamil; te Telugu;
tg Tajik; th Thai; tl Tagalog; tr Turkish; uk Ukrainian; ur Urdu; uz Uzbek; vi Vietnamese; yi Yiddish;
zh Chinese; zu Zulu
"""
NAMES: Mapping[str, str] = MappingProxyType(
    {code: name for code, _, name in (entry.strip().partition(" ") for entry in _TABLE.split(";"))}
)


def name_of(code: str) -> str:
    """The language's English name; the code itself where it is not known."""
    return NAMES.get(code, code)
