"""Root keys from the environment or a file: 32 bytes each, AES-256-GCM."""

from __future__ import annotations

import base64
import binascii
import os
import re
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from spojit.lib import redaction
from workspaces.vault.roots.errors import BadRootConfiguration, WrongRoot

KEY_BYTES = 32
REMEDY = 'make one with: echo "main:$(openssl rand -base64 32)"'
_FORMAT = b"l1"
_NONCE_BYTES = 12
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class LocalRoot:
    """A root key that this process holds itself."""

    id: str
    key: bytes = field(repr=False)
    cipher: AESGCM = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Prepare the cipher once."""
        object.__setattr__(self, "cipher", AESGCM(self.key))

    def wrap(self, plaintext: bytes, *, context: dict[str, str]) -> bytes:
        """Wrap a data key: `l1`, a random nonce (NIST SP 800-38D, 8.2.2), the ciphertext."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self.cipher.encrypt(nonce, plaintext, self._bound_to(context))
        return _FORMAT + nonce + sealed

    def unwrap(self, wrapped: bytes, *, context: dict[str, str]) -> bytes:
        """Unwrap a data key.

        Raises:
            WrongRoot: this key, or this context, is not the one that wrapped it.
        """
        start = len(_FORMAT) + _NONCE_BYTES
        if not wrapped.startswith(_FORMAT) or len(wrapped) < start + 16:
            raise WrongRoot
        try:
            return self.cipher.decrypt(
                wrapped[len(_FORMAT) : start], wrapped[start:], self._bound_to(context)
            )
        except InvalidTag:
            raise WrongRoot from None

    def _bound_to(self, context: dict[str, str]) -> bytes:
        # Netstrings, so that no two contexts meet.
        texts = [self.id, *(text for item in sorted(context.items()) for text in item)]
        return "".join([f"{len(text)}:{text}," for text in texts]).encode()


def generate_local_root(name: str = "main") -> str:
    """Make a new root key, written as ROOT_KEYS takes it."""
    return f"{name}:{base64.b64encode(os.urandom(KEY_BYTES)).decode()}"


def parse(root_keys: str) -> list[LocalRoot]:
    """Read `name:key[,name:key]`; the keys are hidden from every log from then on.

    Raises:
        BadRootConfiguration: saying which entry is wrong and how to mend it.
    """
    entries = [entry.strip() for entry in root_keys.split(",")] if root_keys.strip() else []
    roots = [_root(number, entry) for number, entry in enumerate(entries, start=1)]
    for number, root in enumerate(roots, start=1):
        for other_number, other in enumerate(roots[: number - 1], start=1):
            if root.key == other.key:
                raise _bad(number, f"is the same key as entry {other_number}")
    return roots


def _root(number: int, entry: str) -> LocalRoot:
    name, separator, encoded = entry.partition(":")
    if not separator:
        raise _bad(number, "has no name; write it as name:key")
    if not NAME.fullmatch(name):
        raise _bad(number, "has a name with other characters than letters, digits, '.', '_', '-'")
    redaction.register_for_process([encoded])
    return LocalRoot(id=name, key=_key(number, encoded.strip()))


def _key(number: int, encoded: str) -> bytes:
    try:
        key = base64.b64decode(encoded.replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError):
        raise _bad(number, "is not base64") from None
    if len(key) != KEY_BYTES:
        raise _bad(number, f"is {len(key)} bytes")
    return key


def _bad(number: int, what: str) -> BadRootConfiguration:
    return BadRootConfiguration(
        f"ROOT_KEYS: entry {number} {what}; make one with: openssl rand -base64 32"
    )
