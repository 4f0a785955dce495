"""How large a file may be, in every way that costs something; its own size is seen to as it comes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FileLimits:
    """Limits for one file; whatever is over one of them is refused with a message that names it.

    Attributes:
        max_inflated_bytes: of all parts of a package (.docx, .odt, .epub) together, measured while they are
            inflated, whatever their headers say.
        max_ratio: how many times larger than packed a part may be inflated.
        ratio_from_bytes: parts up to this size, inflated, may be packed as well as they like.
        max_parts: of a package.
        max_characters: of all texts to translate.
        max_text_characters: of each of them.
        max_texts: to translate.
    """

    max_inflated_bytes: int = 100 * 1024 * 1024
    max_ratio: int = 200
    ratio_from_bytes: int = 16 * 1024 * 1024
    max_parts: int = 10_000
    max_characters: int = 500_000
    max_text_characters: int = 100_000
    max_texts: int = 50_000
