"""Reads a body, decompressing it as it comes, and stops as soon as it is too large."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

from spojit.lib.outbound.errors import AnswerTooLarge, BadAnswer

if TYPE_CHECKING:
    import http.client
    from collections.abc import Iterator

ACCEPTED = "gzip, deflate"
# One coding upon another is legal (RFC 9110, section 8.4); more than two is an attack.
MOST_CODINGS = 2

MOST_MEMBERS = 1000  # of one gzip stream; each costs time even when it is empty

_CHUNK = 64 * 2**10
_GZIP = 16 + zlib.MAX_WBITS
_KNOWN = frozenset({"gzip", "x-gzip", "deflate"})
_BROKEN = "The answer could not be unpacked."


def read_body(response: http.client.HTTPResponse, *, most: int) -> bytes:
    """Read the whole body, at most `most` bytes before and after decompression.

    Raises:
        AnswerTooLarge: there is more.
        BadAnswer: it breaks off, or its coding is unknown or broken.
    """
    if response.length is not None and response.length > most:
        raise AnswerTooLarge
    codings = _codings(response)
    if not codings and response.length is not None:
        return response.read()
    return _Body(codings, most).read_from(response)


def _codings(response: http.client.HTTPResponse) -> list[str]:
    """List the codings in the order of undoing."""
    named = ",".join(response.headers.get_all("Content-Encoding", []))
    codings = [coding for name in named.split(",") if (coding := name.strip().lower())]
    codings = [coding for coding in codings if coding != "identity"]
    if len(codings) > MOST_CODINGS or not all(coding in _KNOWN for coding in codings):
        raise BadAnswer("The answer is packed in a way that was not asked for.")
    return codings[::-1]


class _Body:
    """A body under construction."""

    def __init__(self, codings: list[str], most: int) -> None:
        self._layers = [_Layer(coding, most) for coding in codings]
        self._most = most
        self._parts: list[bytes] = []
        self._size = self._received = 0

    def read_from(self, response: http.client.HTTPResponse) -> bytes:
        while chunk := response.read(_CHUNK):
            self._received += len(chunk)
            self._add(chunk, self._layers)
            if self._received > self._most:
                raise AnswerTooLarge
        if response.length or not all(layer.is_complete for layer in self._layers):
            raise BadAnswer("The answer broke off.")
        return b"".join(self._parts)

    def _add(self, data: bytes, layers: list[_Layer]) -> None:
        if not layers:
            self._keep(data)
            return
        for piece in layers[0].unpack(data):
            self._add(piece, layers[1:])

    def _keep(self, data: bytes) -> None:
        self._size += len(data)
        if self._size > self._most:
            raise AnswerTooLarge
        self._parts.append(data)


class _Layer:
    """One coding being undone, in pieces of bounded size."""

    def __init__(self, coding: str, most: int) -> None:
        self._coding = coding
        self._left = most
        self._members_left = MOST_MEMBERS
        self._head = b""
        self._unpacker: Any = None

    @property
    def is_complete(self) -> bool:
        """Whether the packed data came to its proper end, or never began."""
        return self._unpacker.eof if self._unpacker else not self._head

    def unpack(self, data: bytes) -> Iterator[bytes]:
        data = self._begin(data)
        while data:
            if self._unpacker.eof and not self._begin_member():
                return
            piece = self._decompress(data)
            data = self._unpacker.unconsumed_tail or self._unpacker.unused_data
            if piece:
                yield piece

    def _begin(self, data: bytes) -> bytes:
        """Wait for two bytes: they tell deflate inside zlib from the raw one that some send."""
        if self._unpacker:
            return data
        self._head += data
        if len(self._head) < 2:
            return b""
        data, self._head = self._head, b""
        self._unpacker = zlib.decompressobj(_window(self._coding, data))
        return data

    def _begin_member(self) -> bool:
        """Go on with the next gzip member; whatever follows other codings is padding."""
        if self._coding == "deflate":
            return False
        self._members_left -= 1
        if not self._members_left:
            raise BadAnswer(_BROKEN)
        self._unpacker = zlib.decompressobj(_GZIP)
        return True

    def _decompress(self, data: bytes) -> bytes:
        try:
            piece: bytes = self._unpacker.decompress(data, _CHUNK)
        except zlib.error:
            raise BadAnswer(_BROKEN) from None
        self._left -= len(piece)
        if self._left < 0:
            raise AnswerTooLarge
        return piece


def _window(coding: str, head: bytes) -> int:
    """Choose zlib's window bits; RFC 1950, section 2.2, says how a zlib header looks."""
    if coding != "deflate":
        return _GZIP
    is_zlib = head[0] & 0x0F == 8 and (head[0] << 8 | head[1]) % 31 == 0
    return zlib.MAX_WBITS if is_zlib else -zlib.MAX_WBITS
