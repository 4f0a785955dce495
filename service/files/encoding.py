"""From the bytes of a text file to its characters, and back in the same encoding."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from service.errors import UnreadableFile

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # begins like UTF-16's, so it is tried before
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_DECLARED = re.compile(
    r"(iso-?8859-\d+|windows-125\d|cp125\d|koi8-[ru]|gb2312|gbk|gb18030|big5|shift_jis|euc-(jp|kr))"
)
_ACCEPTED = "UTF-8, or UTF-16 or UTF-32 with a byte order mark"


@dataclass(frozen=True, slots=True)
class EncodedText:
    """The characters of a file and how they were written.

    Attributes:
        text: without the byte order mark.
        codec: Python's name of the encoding.
        bom: the byte order mark, or nothing.
    """

    text: str
    codec: str
    bom: bytes = b""

    def encode(self, text: str, unencodable: str = "strict") -> bytes:
        """``text`` as a file of the same encoding.

        Args:
            text: what to write.
            unencodable: what to do with a character that the encoding lacks: a handler of ``codecs``.

        Raises:
            UnreadableFile: it lacks one, and the handler is ``strict``.
        """
        try:
            return self.bom + text.encode(self.codec, unencodable)
        except UnicodeEncodeError:
            raise UnreadableFile(
                f"file: the translation has characters that {self.codec} lacks; send the file in UTF-8"
            ) from None


def decode(data: bytes, declared: str | None = None) -> EncodedText:
    """The characters of ``data``.

    Args:
        data: a whole file.
        declared: the encoding that the file itself names, for formats that have a place for it. It counts
            where there is no byte order mark, and is ignored where it is none of the usual ones.

    Raises:
        UnreadableFile: it is in no encoding that is accepted, or no text at all.
    """
    for bom, codec in _BOMS:
        if data.startswith(bom):
            return EncodedText(_decode(data[len(bom) :], codec), codec, bom)
    named = (declared or "").strip().lower()
    codec = named if _DECLARED.fullmatch(named) else "utf-8"
    return EncodedText(_decode(data, codec), codec)


def _decode(data: bytes, codec: str) -> str:
    try:
        text = data.decode(codec)
    except UnicodeDecodeError as error:
        raise UnreadableFile(
            f"file: not valid {codec.upper()} at byte {error.start}{_guess(data)}; accepted is {_ACCEPTED}"
        ) from None
    if "\0" in text:
        hint = " (UTF-16 without a byte order mark?)" if text.count("\0") * 3 > len(text) else ""
        raise UnreadableFile(f"file: holds NUL characters, so it is no text{hint}; accepted is {_ACCEPTED}")
    return text


def _guess(data: bytes) -> str:
    """What the bytes look like, in brackets, for whoever has to convert them."""
    if data[:4] in (b"PK\x03\x04", b"%PDF", b"\x89PNG", b"\xd0\xcf\x11\xe0") or b"\0" in data:
        return " (it looks like a binary file)"
    try:
        data.decode("windows-1252")
    except UnicodeDecodeError:
        return ""
    return " (it may be Windows-1252 or ISO-8859-1)"
