"""Seals a value and opens it again: AES-256-GCM, bound to the very place where it is stored.

Pure: keys are handed in, and nothing here knows where they or the sealed values are kept.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Never
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from spojit.lib.errors import SpojitError

if TYPE_CHECKING:
    from collections.abc import Callable

FORMAT = b"v1"
KEY_BYTES = 32
# NIST SP 800-38D: a random nonce of 96 bits (8.2.2) and a tag of 128 bits (5.2.1.2).
NONCE_BYTES = 12
TAG_BYTES = 16
# NIST SP 800-38D, 8.3: at most 2**32 seals with random nonces under one key, so that two nonces
# meet with a probability below 2**-32. Rotate a data key well before that.
MAX_SEALS_PER_KEY = 2**32
# NIST SP 800-38D, 5.2.1.1 allows 2**36 - 32 bytes. Ours are at most run states of 10 MiB.
MAX_PLAINTEXT_BYTES = 64 * 2**20
_KEY_ID_END = len(FORMAT) + 16
_HEADER_BYTES = _KEY_ID_END + NONCE_BYTES
OVERHEAD_BYTES = _HEADER_BYTES + TAG_BYTES


class CannotOpen(SpojitError):
    """A sealed value that this key and this place do not open. Names neither key nor content."""

    code = "cannot_open"
    message = "A sealed value could not be opened."
    hint = "It was damaged, copied from elsewhere, or sealed with a key that is gone."


@dataclass(frozen=True, slots=True)
class DataKeyMaterial:
    """An unwrapped data key: its ID, which every sealed value carries, and 32 secret bytes."""

    id: UUID
    key: bytes = field(repr=False)
    cipher: AESGCM = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Prepare the cipher once.

        Raises:
            ValueError: the key is not 32 bytes long.
        """
        if len(self.key) != KEY_BYTES:
            raise ValueError("A data key is 32 bytes long.")
        object.__setattr__(self, "cipher", AESGCM(self.key))

    def __reduce__(self) -> Never:
        """Refuse to be pickled."""
        raise TypeError("A data key cannot be pickled.")


@dataclass(frozen=True, slots=True)
class Context:
    """Where a sealed value belongs; it opens nowhere else.

    Attributes:
        workspace_id: None for what belongs to the platform.
        row: the row's primary key, as text.
        purpose: what the value is for, such as a field's name or `live` and `test`.
        version: the version of the row's value.
    """

    workspace_id: UUID | None
    table: str
    row: str
    purpose: str
    version: int

    def encoded(self) -> bytes:
        """Give the associated data: each part behind its length, so that no two contexts meet."""
        workspace = "platform" if self.workspace_id is None else str(self.workspace_id)
        texts = (workspace, self.table, self.row, self.purpose, str(self.version))
        parts = [FORMAT, *(text.encode() for text in texts)]
        return b"".join(len(part).to_bytes(4) + part for part in parts)


def seal(plaintext: bytes, *, key: DataKeyMaterial, context: Context) -> bytes:
    """Seal a value for one place: `v1`, the data key's ID, a nonce, the ciphertext, its tag.

    Raises:
        ValueError: the value is longer than 64 MiB.
    """
    if len(plaintext) > MAX_PLAINTEXT_BYTES:
        raise ValueError("A sealed value is at most 64 MiB long.")
    nonce, bound_to = os.urandom(NONCE_BYTES), key.id.bytes + context.encoded()
    return FORMAT + key.id.bytes + nonce + key.cipher.encrypt(nonce, plaintext, bound_to)


def open_(sealed: bytes, *, key_for: Callable[[UUID], DataKeyMaterial], context: Context) -> bytes:
    """Open a sealed value in its place.

    Raises:
        CannotOpen: it was altered, or sealed for another place, or with another key.
    """
    key_id = data_key_id(sealed)
    key, bound_to = key_for(key_id), key_id.bytes + context.encoded()
    nonce = sealed[_KEY_ID_END:_HEADER_BYTES]
    try:
        return key.cipher.decrypt(nonce, sealed[_HEADER_BYTES:], bound_to)
    except InvalidTag:
        raise CannotOpen from None


def data_key_id(sealed: bytes) -> UUID:
    """Read which data key a value was sealed with.

    Raises:
        CannotOpen: this is no sealed value of a known format.
    """
    if not sealed.startswith(FORMAT) or len(sealed) < OVERHEAD_BYTES:
        raise CannotOpen
    return UUID(bytes=sealed[len(FORMAT) : _KEY_ID_END])
