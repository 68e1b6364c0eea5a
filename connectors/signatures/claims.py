"""What every kind of signature is made of: a delivery, what it claims, and the HMAC. Pure."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MOST_SIGNATURES = 16
"""How many signatures of one delivery are tried: each secret of a rotation gives one."""

SPACE = " \t"
"""What may stand around a header's value (RFC 9110 section 5.5); no other space is taken off."""

_SECONDS = re.compile(r"[0-9]{1,11}")
_MILLISECONDS = re.compile(r"[0-9]{13}")
"""Thirteen digits are milliseconds until the year 2286; seconds have eleven until 5138."""


class Unreadable(Exception):
    """The delivery, or the secret, is not written as it must be; `reason` is one of `REASONS`."""

    def __init__(self, reason: str) -> None:
        """Take the key of the reason."""
        self.reason = reason
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class Delivery:
    """A request as it came, and the values that it is held against.

    Attributes:
        values: one secret, and the settings kept beside it.
        headers: by their names in lower case.
    """

    values: Mapping[str, str] = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def key(self) -> bytes:
        """The secret, as it is written."""
        return to_bytes(secret_of(self.values))

    def header(self, name: str) -> str:
        """Give a header without the space around it; empty when it is not there."""
        return self.headers.get(name.lower(), "").strip(SPACE) if name else ""


@dataclass(frozen=True, slots=True)
class Draft:
    """A delivery of our own, to be signed as the service would."""

    values: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    now: datetime
    delivery_id: str

    @property
    def key(self) -> bytes:
        """The secret, as it is written."""
        return to_bytes(secret_of(self.values))

    @property
    def seconds(self) -> str:
        """The moment in whole seconds since 1970."""
        return str(int(self.now.timestamp()))


@dataclass(frozen=True, slots=True)
class Claim:
    """The signatures that came, and those that would have been right, as text in bytes.

    Attributes:
        content: what is signed, in the order of its pieces; empty for a shared token.
        signed_at: the moment that is signed, too; None when none is.
    """

    given: tuple[bytes, ...] = field(repr=False)
    right: tuple[bytes, ...] = field(repr=False)
    content: tuple[bytes, ...] = field(default=(), repr=False)
    signed_at: datetime | None = None

    @property
    def fits(self) -> bool:
        """Whether a signature is right; every one is compared, in constant time."""
        found = [hmac.compare_digest(one, right) for one in self.given for right in self.right]
        return any(found)


@dataclass(frozen=True, slots=True)
class Named:
    """What the sender calls a delivery.

    Attributes:
        parts: what tells it from others, the sender's own ID last; nothing when it sends none.
        challenge: what it wants echoed.
    """

    parts: tuple[str, ...] = ()
    challenge: str | None = None


class Kind(Protocol):
    """What the module of one kind of signature has.

    Attributes:
        ID_MEMBER: where in the body the sender's own ID stands; empty when it is no member.
        SAMPLE: a body as the service would send, which says that it is a test.
    """

    ID_MEMBER: str
    SAMPLE: Mapping[str, object]

    def read(self, delivery: Delivery, /) -> Claim:
        """Read what a delivery claims. Raises: Unreadable."""
        ...

    def identify(self, delivery: Delivery, /) -> Named:
        """Say what the sender calls the delivery."""
        ...

    def sign(self, draft: Draft, /) -> dict[str, str]:
        """Give the headers that the service would send. Raises: Unreadable."""
        ...

    def deduplicates_by(self, values: Mapping[str, str], /) -> str:
        """Say by what repeated deliveries are known, in a sentence."""
        ...


def secret_of(values: Mapping[str, str]) -> str:
    """Give the secret, without space around it; empty when there is none."""
    return values.get("signing_secret", "").strip()


def to_bytes(text: str) -> bytes:
    """Write any text as bytes, halves of surrogate pairs as well, so that nothing can raise."""
    return text.encode("utf-8", "surrogatepass")


def digest(key: bytes, *pieces: bytes, algorithm: str = "sha256") -> bytes:
    """Sign pieces that stand one after another (RFC 2104), without copying a long body."""
    made = hmac.new(key, digestmod=algorithm)
    for piece in pieces:
        made.update(piece)
    return made.digest()


def hexadecimal(signature: bytes) -> bytes:
    """Write a signature in lower-case hexadecimal."""
    return binascii.hexlify(signature)


def base64_of(signature: bytes) -> bytes:
    """Write a signature in base64, RFC 4648 section 4."""
    return base64.b64encode(signature)


def signatures(texts: Iterable[str], *, prefix: str = "") -> tuple[bytes, ...]:
    """Take the first signatures that begin with a prefix, without it.

    Raises:
        Unreadable: something was sent, and none of it begins so; or nothing was.
    """
    sent = [text for text in (text.strip(SPACE) for text in texts) if text]
    found = [text.removeprefix(prefix) for text in sent if text.startswith(prefix)]
    if not found:
        raise Unreadable("signature_malformed" if sent else "signature_missing")
    return tuple(to_bytes(text) for text in found[:MOST_SIGNATURES])


def moment(text: str, *, milliseconds: bool = False) -> datetime:
    """Read seconds since 1970, or milliseconds where a sender may count in them.

    Raises:
        Unreadable: there is none, or it is not written in ASCII digits.
    """
    if not text:
        raise Unreadable("timestamp_missing")
    if _SECONDS.fullmatch(text):
        return datetime.fromtimestamp(int(text), tz=UTC)
    if milliseconds and _MILLISECONDS.fullmatch(text):
        return datetime.fromtimestamp(int(text) / 1000, tz=UTC)
    raise Unreadable("timestamp_malformed")


def only(texts: Iterable[str]) -> str:
    """Give the one text that is said, once or again; empty for none.

    Raises:
        Unreadable: several are said.
    """
    found = set(texts)
    if len(found) > 1:
        raise Unreadable("signature_malformed")
    return next(iter(found), "")


def named(*parts: str) -> Named:
    """Name a delivery by parts, which have to be there, all of them."""
    return Named(parts if all(parts) else ())


def fingerprint(pieces: Iterable[bytes]) -> str:
    """Give the SHA-256 of pieces that stand one after another, in hexadecimal."""
    made = hashlib.sha256()
    for piece in pieces:
        made.update(piece)
    return made.hexdigest()
