"""Identifiers: time-ordered for rows, unguessable for links."""

from __future__ import annotations

import hashlib
import secrets
import time
import uuid
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

NOBODY = uuid.UUID(int=0)
LEAST = uuid.UUID(int=0)
GREATEST = uuid.UUID(int=2**128 - 1)


def new_id() -> uuid.UUID:
    """Make a UUID version 7 (RFC 9562, section 5.7): 48 bits of milliseconds, 74 random bits."""
    value = time.time_ns() // 1_000_000 << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76
    return uuid.UUID(int=value & ~(0x3 << 62) | 0x2 << 62)


def first_id(at: datetime) -> uuid.UUID:
    """Return the least of the IDs that `new_id` may make at a moment."""
    return uuid.UUID(int=max(0, int(at.timestamp() * 1000)) << 80)


def derived_id(of: uuid.UUID, by: uuid.UUID) -> uuid.UUID:
    """Make the one ID that `by` gives to what comes of `of`: as old, and told by knowing both.

    Its first half is that of `of`, the second one is hashed; who does not know all of `of`, 62 bits
    of which were random, cannot tell it.
    """
    digest = hashlib.sha256(of.bytes + by.bytes).digest()
    value = int.from_bytes(of.bytes[:8] + digest[:8])
    return uuid.UUID(int=value & ~(0x3 << 62) | 0x2 << 62)


def siblings(of: uuid.UUID) -> tuple[uuid.UUID, uuid.UUID]:
    """Return the least and the greatest ID that share the first half with this one."""
    low = of.int >> 64 << 64
    return uuid.UUID(int=low), uuid.UUID(int=low | 2**64 - 1)


def new_token() -> str:
    """Make an unguessable, URL-safe token of 256 random bits."""
    return secrets.token_urlsafe(32)
