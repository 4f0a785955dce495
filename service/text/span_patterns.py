r"""What spans look like, but for addresses and emoji, which libraries know.

Every quantifier is bounded, and no pattern begins at the characters that it repeats, so that searching takes
time linear in the text's length.
"""

from __future__ import annotations

import re

from service.text.units import HAN

_LATIN = "A-Za-z\u00c0-\u024f"
_LETTER = rf"[^\W{HAN}]"
"""A span does not end before one, digits included: units of text would not tell them apart."""

_VARIABLE = r"""
    \{\{[^{}\n]{1,80}\}\}                            # {{ name }}
  | \{%[^{}%\n]{1,200}%\}                            # {% if name %}
  | [$%\#@]\{[^{}\n]{1,80}\}                         # ${name}, %{name}, #{name}
  | \{\s?[\w.$@:!\[\]+%-]{0,60}\s?\}                 # {name}, {0:.2f}, {}
  | (?<![\w%])%\(\w{1,60}\)[-+\#0]?\d{0,3}(?:\.\d{1,2})?[sdifuxXoeEgGcr]  # %(name)d
  | (?<![\d%])%(?:\d{1,2}\$)?[-+\#0]?\d{0,3}(?:\.\d{1,2})?(?:hh|h|ll|l|j|z|t)?[sdifuxXoeEgGcp@](?![A-Za-z])
  | (?<![\w%])%[A-Za-z_]\w{0,60}%                    # %name%
  | (?<![\w$])\$[A-Za-z_]\w{0,60}                    # $name
"""
_INLINE_CODE = rf"""
    ``(?:[^`\n]|`(?!`)){{1,300}}`` | `[^`\n]{{1,300}}`
  | (?<![\w.])[A-Za-z_]\w{{0,60}}(?:(?:\.|::|->)\w{{1,60}}){{0,8}}\(\)   # obj.method()
  | (?<![\w.])[A-Za-z][A-Za-z0-9]{{0,40}}(?:_[A-Za-z0-9]{{1,40}}){{1,20}}(?![{_LATIN}_])   # snake_case
  | (?<![\w-])--[a-z][\w-]{{1,40}}                   # --option
"""
_EXTENSIONS = (
    "7z|avi|bat|bmp|cfg|conf|cpp|css|csv|dll|docx?|epub|exe|flac|gif|gz|html?|ico|ini|ipynb|jar|java|jpe?g|json|js"
    "|log|md|mkv|mov|mp3|mp4|odp|ods|odt|ogg|pdf|php|png|pptx?|py|rar|rtf|sql|srt|svg|tar|tex|toml|tsv|tsx?|ttf"
    "|txt|vtt|wav|webm|webp|xlsx?|xml|ya?ml|zip"
)
_PATH = rf"""
    (?<![\w/.~:])(?:~|\.{{1,2}})?(?:/[\w.+@%-]{{1,100}}){{2,40}}/?(?<![.])      # /usr/bin
  | (?<![\w/.~:])(?:~|\.{{1,2}})/[\w.+@%-]{{1,100}}(?<![.])                     # ~/.bashrc
  | (?<![\w.-])[A-Za-z]:\\[^\s"<>|*?:]{{1,250}}(?<![.,;!)])                  # C:\Windows
  | (?<![\w\\])\\\\[\w.$-]{{1,60}}\\[^\s"<>|*?:]{{1,250}}(?<![.,;!)])            # \\server\share
  | (?<![\w/.-])[\w-]{{1,60}}(?:[/.][\w-]{{1,60}}){{0,20}}\.(?:{_EXTENSIONS})(?![\w/-]|\.\w)   # src/main.py
"""
_SOCIAL = rf"""
    (?<![\w&/\#])\#(?=\d{{0,20}}[^\W\d_])\w{{1,100}}                                   # hashtag
  | (?<![\w@./])@[0-9{_LATIN}_](?:[0-9{_LATIN}_.-]{{0,62}}[0-9{_LATIN}_])?
    (?:@[a-z0-9-]{{1,60}}(?:\.[a-z0-9-]{{1,60}}){{1,5}})?                            # mention
"""
_GROUPED = r"\d{1,3}(?:[\ \u00a0\u202f\u2009]\d{3}(?!\d)){1,5}"
_NUMERAL = rf"(?:{_GROUPED}(?:[.,]\d{{1,9}}(?!\d))?|\d{{1,15}}(?:[.,'\u2019]\d{{1,15}}){{0,6}})"
_UNITS = (
    "(?:[kcmdµμn]?m|ha|h|min|m?s|[kmµμ]?g|t|[mcd]?[lL]|[kMGTP]i?(?:B|bit|bps)|bit|[kMGT]?Hz|[kMGT]?W|[kMG]?Wh"
    "|m?V|kV|m?A|mAh|kN|N|[km]?J|k?cal|h?Pa|m?bar|dB|dpi|px|pt|em|rem|rpm|ppm|fps|mph|km/h|m/s|[kMG]bit/s|MB/s|ft|lbs?"
    "|oz|mi|yd|K|EUR|USD|GBP|CHF|JPY|CNY|RMB)[²³]?(?:/(?:[kcm]?m|k?g|h|min|s|l|L|kWh)[²³]?)?"
)
_NUMBERS = rf"""
    (?<![\w.])[0-9A-Fa-f]{{8}}(?:-[0-9A-Fa-f]{{4}}){{3}}-[0-9A-Fa-f]{{12}}(?!\w)         # UUID
  | (?<!\w)0x[0-9A-Fa-f]{{1,64}}(?!\w)
  | (?<![\w.])\d{{4}}-\d{{2}}-\d{{2}}(?:T\d{{2}}:\d{{2}}(?::\d{{2}})?(?:Z|[+-]\d{{2}}:?\d{{2}})?)?(?![\w-])
  | (?<![\w./])\d{{1,2}}[./]\d{{1,2}}[./](?:\d{{4}}|\d{{2}})(?![\w/]|\.\d)                # dates
  | (?<![\w.:])\d{{1,2}}:\d{{2}}(?::\d{{2}})?(?!\w|:\d)                                  # times
  | (?<![\w.])[vV]?\d{{1,5}}(?:\.\d{{1,5}}){{2,5}}(?:[-+.]?(?:alpha|beta|rc|dev|post|a|b)\.?\d{{0,4}})?(?!\w)
  | (?<![\w.])[vV]\d{{1,5}}(?:\.\d{{1,5}})?(?:[-+.]?(?:alpha|beta|rc|dev|a|b)\.?\d{{0,4}})?(?!\w|\.\d)  # v2
  | (?<![\w+])\+\d(?:[\ ()/-]?[\ ()/-]?\d){{6,16}}(?!\w)                               # telephone
  | (?<![{_LATIN}\d_.,:/-])(?:{_GROUPED}|\d{{3,40}})(?![{_LATIN}\d_万亿千百]|[.,:/-]\d)   # 1999
"""
_QUANTITIES = rf"""
    (?<![\w.,])[-+\u2212±]?(?:{_NUMERAL}\s?[-\u2013x\xd7]\s?)?{_NUMERAL}[\ \u00a0\u202f\u2009]?
    (?:{_UNITS}|°[CF]|[€$£¥₹%‰°])(?!{_LETTER})                  # 5 kg, 20 °C, 3,50 €
  | (?<![\w$€£¥₹])(?:US)?[$€£¥₹][\ \u00a0\u202f]?{_NUMERAL}(?:[kKMB]|bn|m)?(?!{_LETTER})     # $5, $3M
"""
_SYMBOLS = r"""
    [\u2190-\u21ff\u2300-\u23ff\u2460-\u27bf\u2900-\u29ff\u2b00-\u2bff\U0001f000-\U0001faff]{1,50}
  | [\ue000-\uf8ff\U000f0000-\U0010ffff]{1,50}       # private use
  | (?<![\w:]):(?:[a-z][a-z0-9_+-]{1,50}|\+1|-1|100|1234):(?!\w)   # :emoji:
"""
_TAGS = r"""
    <!--[^\n]{0,500}?-->
  | </?[A-Za-z][\w:.-]{0,40}(?:\s[^<>\n]{0,300})?/?>
  | </?\d{1,3}/?>                                    # <0>, as message formats have it
  | &(?:[A-Za-z][A-Za-z0-9]{1,30}|\#\d{1,7}|\#x[0-9A-Fa-f]{1,6});
"""

CODE = re.compile("|".join((_VARIABLE, _INLINE_CODE, _PATH, _SOCIAL)), re.VERBOSE)
"""Variables of message formats, code, paths, hashtags and mentions."""
NUMBER = re.compile(_NUMBERS, re.VERBOSE)
"""Numbers that mean the same in every language, as they are; see ``service.text.spans``."""
QUANTITY = re.compile(_QUANTITIES, re.VERBOSE)
"""Numbers with units or currencies."""
SYMBOL = re.compile(_SYMBOLS, re.VERBOSE)
"""Arrows, dingbats, private-use characters and emoji spelt out."""
TAG = re.compile(_TAGS, re.VERBOSE)
"""Tags and character references."""
ANY = re.compile(
    r"[\d{%$`_/\\#@<&~:\u00a9\u00ae\u203c-\u2fff\u3030\u303d\u3297\u3299\ue000-\uf8ff\U0001f000-\U0001ffff"
    r"\U000f0000-\U0010ffff]"
    r"|\.\w|\(\)|--|-[A-Fa-f]{4}-|localhost"
)
"""What every span holds one of, addresses and emoji included: a text without any has no span. Most sentences
have none, and looking for this takes a twentieth of the time that looking for every kind of span does."""
