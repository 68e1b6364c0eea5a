"""Private keys made here and now, one of each kind a process: making them takes long."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

if TYPE_CHECKING:
    from connectors.manifest import Field

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@cache
def rsa_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    """Make an RSA key."""
    return rsa.generate_private_key(65537, bits)


@cache
def ec_key() -> ec.EllipticCurvePrivateKey:
    """Make a key of the curve P-256."""
    return ec.generate_private_key(ec.SECP256R1())


def pem(key: PrivateKey | None = None) -> str:
    """Write a key as PKCS#8; an RSA key when none is given."""
    written = (key or rsa_key()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return written.decode()


def public_pem(key: PrivateKey) -> str:
    """Write the public half."""
    written = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return written.decode()


def document(field: Field) -> str:
    """Write a service account's file with all the members that a field asks for."""
    found: dict[str, Any] = {"type": field.document_type}
    for name in {*field.members, "private_key"}:
        *parents, last = field.member_path(name).split(".")
        holder = found
        for parent in parents:
            holder = holder.setdefault(parent, {})
        holder[last] = pem() if name == "private_key" else f"{name}-of-a-sample"
    return json.dumps(found, separators=(",", ":"))
