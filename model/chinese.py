"""The two scripts of Chinese."""

from __future__ import annotations

_IDEOGRAPHS = (range(0x3400, 0xA000), range(0xF900, 0xFB00), range(0x20000, 0x32400))


def simplified_characters() -> dict[str, str]:
    """Traditional Chinese characters and the Simplified ones in their place, about 5,000.

    OpenCC's choice for each character by itself. A few words want another character in context, such as
    計畫 (OpenCC writes 计划, this 计画): one for one is what a vocabulary can hold, and such words are rare.
    """
    from opencc import OpenCC  # noqa: PLC0415 - only preparing Chinese text needs it

    converter = OpenCC("t2s")
    pairs = ((chr(code), converter.convert(chr(code))) for block in _IDEOGRAPHS for code in block)
    return {one: other for one, other in pairs if one != other and len(other) == 1}
