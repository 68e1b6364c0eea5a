"""Bytes that are no text, as lines for people: offset, sixteen bytes, the letters among them."""

from __future__ import annotations

BYTES_IN_A_LINE = 16


def lines(content: bytes, *, most: int) -> list[str]:
    """Write the first lines of a dump, at most so many, as `hexdump -C` does."""
    rows = range(0, min(len(content), most * BYTES_IN_A_LINE), BYTES_IN_A_LINE)
    return [_line(start, content[start : start + BYTES_IN_A_LINE]) for start in rows]


def _line(start: int, row: bytes) -> str:
    width = BYTES_IN_A_LINE * 3 - 1
    letters = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in row)
    return f"{start:08x}  {row.hex(' '):{width}}  {letters}"
