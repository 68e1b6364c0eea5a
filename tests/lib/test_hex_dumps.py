"""Bytes as lines."""

from __future__ import annotations

from spojit.lib import hex_dumps


def test_a_line_has_an_offset_sixteen_bytes_and_their_letters() -> None:
    assert hex_dumps.lines(b"\x89PNG\r\n\x1a\n" + bytes(8) + b"ok", most=10) == [
        "00000000  89 50 4e 47 0d 0a 1a 0a 00 00 00 00 00 00 00 00  .PNG............",
        "00000010  6f 6b                                            ok",
    ]


def test_only_the_first_lines_are_written() -> None:
    assert len(hex_dumps.lines(bytes(1_000_000), most=3)) == 3
    assert hex_dumps.lines(b"", most=3) == []
