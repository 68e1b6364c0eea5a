"""What a secret looks like in text that someone encoded: the patterns that redaction looks for.

Pure. Letters and digits survive every encoding, so the longest run of them is looked for first,
and a regular expression is built only when that run is found.
"""

from __future__ import annotations

import base64
import html.entities
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus, unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

SHORTEST = 8
# Longer values are looked for in pieces, which bounds the size of a pattern.
_PIECE = 128
_ENCODED_PIECE = 512
# Backslashes double with each level of quoting: seven before a quote is three levels.
_BACKSLASHES = r"\\{1,7}"
# What neither URLs nor JSON escape (RFC 3986, section 2.3).
_UNRESERVED = re.compile(r"[A-Za-z0-9_.~-]*")
_RUN = re.compile(r"[A-Za-z0-9]+")
_UNIT = re.compile(r"[A-Za-z0-9]+|\\+|\r?\n|.", re.DOTALL)
_SHORT_ESCAPES = {"\n": "n", "\r": "r", "\t": "t", "\b": "b", "\f": "f", "\v": "v"}
_NAMES = {**html.entities.codepoint2name, ord("'"): "apos"}


@dataclass(slots=True)
class Needle:
    """One text to look for; `anchor` is its longest run of letters and digits."""

    text: str
    anchor: str
    is_base64: bool = False

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Find where it stands in a text that holds the anchor, however the rest is escaped."""
        if self.anchor == self.text:
            return _literal_spans(self.text, text)
        return (found.span() for found in self.pattern().finditer(text))

    def pattern(self) -> re.Pattern[str]:
        """Build the expression that matches it in every escaped form, also mixed ones."""
        units = _UNIT.findall(self.text)
        return re.compile("".join(_unit(unit, is_base64=self.is_base64) for unit in units))


def needles(value: str) -> list[Needle]:
    """Say what to look for, so that a value stays hidden: as text, in base64, and in hex.

    A value of fewer than eight characters gives nothing: masking it would hide common words.
    """
    found: dict[str, Needle] = {}
    for plain in _plain_forms(value):
        for needle in _forms(plain):
            found.setdefault(needle.text, needle)
    return list(found.values())


def _plain_forms(value: str) -> list[str]:
    """Give the value, and the password of a connection string, which travels on its own."""
    forms = [value.strip()]
    if "://" in value and "@" in value:
        try:
            password = urlsplit(value.strip()).password or ""
        except ValueError:
            password = ""
        forms += [password, unquote(password)]
    return [form for form in forms if len(form) >= SHORTEST]


def _forms(plain: str) -> Iterator[Needle]:
    yield from _pieces(plain, _PIECE)
    for data in _byte_forms(plain):
        for start in range(3):
            yield from _pieces(_base64_core(data, start), _ENCODED_PIECE, is_base64=True)
        yield from _pieces(data.hex(), _ENCODED_PIECE)
        yield from _pieces(data.hex().upper(), _ENCODED_PIECE)


def _pieces(text: str, size: int, *, is_base64: bool = False) -> Iterator[Needle]:
    if len(text) <= size:
        yield _needle(text, is_base64=is_base64)
        return
    starts = range(0, len(text) - SHORTEST, size)
    for start in starts:
        end = len(text) if start == starts[-1] else start + size
        yield _needle(text[start:end], is_base64=is_base64)


def _needle(text: str, *, is_base64: bool) -> Needle:
    plain = text.isascii() and text.isalnum()
    return Needle(text, text if plain else max(_RUN.findall(text), key=len, default=""), is_base64)


def _byte_forms(plain: str) -> set[bytes]:
    """Give the bytes that may be put into base64 or hex: as they are, or escaped before that."""
    if _UNRESERVED.fullmatch(plain):
        return {plain.encode()}
    texts = {plain, json.dumps(plain)[1:-1], json.dumps(plain, ensure_ascii=False)[1:-1]}
    if len(plain) <= _ENCODED_PIECE:
        texts |= {quote(plain, safe="", errors="replace"), quote_plus(plain, errors="replace")}
    forms = {text.encode("utf-8", "surrogatepass") for text in texts}
    return forms | {plain.encode("latin-1")} if _is_latin(plain) else forms


def _base64_core(data: bytes, start: int) -> str:
    """Give the part of base64 that depends on the data alone when `start` bytes stand before it.

    The characters at both ends share bits with the neighbours (RFC 4648, section 4).
    """
    encoded = base64.b64encode(b"\0" * start + data).decode().rstrip("=")
    first = (0, 2, 3)[start]
    return encoded[first : (start + len(data)) * 8 // 6]


def _literal_spans(needle: str, text: str) -> Iterator[tuple[int, int]]:
    """Give the runs of the needle, those that touch or overlap as one.

    A run grows by the last one that begins within or right after the one before, so that a text
    of one repeated character does not cost a step per character.
    """
    size, many = len(needle), needle * 64
    start = text.find(needle)
    while start >= 0:
        end = start + size
        while (last := text.rfind(needle, end - size + 1, end + size)) >= 0:
            end = last + size
            while text.startswith(many, end):
                end += len(many)
        yield start, end
        start = text.find(needle, end)


def _unit(unit: str, *, is_base64: bool) -> str:
    """Match one unit of a value: a run of letters and digits, of backslashes, or one character."""
    if unit[0].isascii() and unit[0].isalnum():
        return unit
    if unit[0] == "\\":
        count = len(unit)
        choices = [rf"\\{{{count},{8 * count}}}", *(f"(?:{c}){{{count}}}" for c in _escapes("\\"))]
        return f"(?:{'|'.join(choices)})"
    characters = "\r\n" if unit[-1] == "\n" else unit
    choices = [choice for character in characters for choice in _character(character)]
    if is_base64:
        choices += {"+": ["-", " "], "/": ["_"]}.get(unit, [])
    if unit[-1] == "\n":
        return f"(?:{'|'.join(choices)}| ){{1,2}}"
    return f"(?:{'|'.join(choices)})"


def _character(character: str) -> Iterator[str]:
    yield r"\\{0,7}" + re.escape(character)
    yield from _escapes(character)
    if character == " ":
        yield r"\+"
    if not character.isascii():
        # Bytes of UTF-8 that were read as Latin-1, as header values are.
        data = character.encode("utf-8", "surrogatepass").decode("latin-1")
        yield "".join(f"(?:{re.escape(c)}|{'|'.join(_escapes(c))})" for c in data)


def _escapes(character: str) -> Iterator[str]:
    """Match a character as URLs, JSON, JavaScript, Python and HTML write it."""
    code = ord(character)
    data = character.encode("utf-8", "surrogatepass")
    yield "".join(f"%(?:25){{0,3}}{_hex(byte, 2)}" for byte in data)
    yield "".join(f"{_BACKSLASHES}x{_hex(byte, 2)}" for byte in data)
    yield "".join(f"{_BACKSLASHES}u{_hex(half, 4)}" for half in _utf16(character))
    yield f"{_BACKSLASHES}U{_hex(code, 8)}"
    yield rf"\\{{0,7}}&(?:amp;){{0,3}}#(?:0{{0,4}}{code}|[xX]0{{0,4}}{_hex(code, 1)});"
    if 0x7F < code <= 0xFF:
        yield f"(?:%|{_BACKSLASHES}x){_hex(code, 2)}"
    if code in _NAMES:
        yield rf"\\{{0,7}}&(?:amp;){{0,3}}{_NAMES[code]};"
    if character in _SHORT_ESCAPES:
        yield _BACKSLASHES + _SHORT_ESCAPES[character]


def _utf16(character: str) -> list[int]:
    data = character.encode("utf-16-be", "surrogatepass")
    return [int.from_bytes(data[i : i + 2]) for i in range(0, len(data), 2)]


def _hex(number: int, width: int) -> str:
    return "".join(
        f"[{digit}{digit.upper()}]" if digit.isalpha() else digit for digit in f"{number:0{width}x}"
    )


def _is_latin(plain: str) -> bool:
    return not plain.isascii() and all(ord(character) <= 0xFF for character in plain)
