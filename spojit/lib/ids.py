"""Identifiers: time-ordered for rows, unguessable for links."""

from __future__ import annotations

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


def new_token() -> str:
    """Make an unguessable, URL-safe token of 256 random bits."""
    return secrets.token_urlsafe(32)
