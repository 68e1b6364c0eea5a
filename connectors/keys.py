"""Pasted private keys: PEM texts, and the JSON documents in which services hand them out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from joserfc.jwk import ECKey, RSAKey

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.manifest import Scheme

LEAST_RSA_BITS = 2048
"""NIST SP 800-131A: shorter ones are not to be signed with."""

PrivateKey = RSAKey | ECKey


class BadKey(ValueError):
    """Why a text is no usable private key, in a sentence that does not hold it."""


def members(scheme: Scheme, values: Mapping[str, str]) -> dict[str, str]:
    """Give the texts of the JSON key that a scheme signs with; nothing when it has none."""
    assertion = scheme.oauth2.assertion if scheme.oauth2 else None
    text = values.get(assertion.document, "") if assertion and assertion.document else ""
    return texts(document(text)) if text else {}


def texts(found: Mapping[str, Any]) -> dict[str, str]:
    """Keep the members that are texts."""
    return {name: value for name, value in found.items() if isinstance(value, str)}


def document(text: str) -> dict[str, Any]:
    """Read a JSON object. Raises: BadKey."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise BadKey("it is not JSON; paste the whole file, from { to }") from None
    if not isinstance(found, dict):
        raise BadKey("it is JSON, but not an object; paste the whole file, from { to }")
    return found


def private_key(pem: str) -> PrivateKey:
    """Read an RSA or elliptic-curve key in PEM (PKCS#8, PKCS#1 or SEC1). Raises: BadKey."""
    if "PUBLIC KEY" in pem:
        raise BadKey("it is a public key; the private one is needed")
    if "BEGIN CERTIFICATE" in pem and "PRIVATE KEY" not in pem:
        raise BadKey("it is a certificate; the private key that belongs to it is needed")
    if "ENCRYPTED" in pem:
        raise BadKey("it is locked with a password; take the password off first")
    return _loaded(pem)


def _loaded(pem: str) -> PrivateKey:
    """Read the key by cryptography, which tells why it cannot, and hand it to joserfc."""
    try:
        raw = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise BadKey("it is not a private key in PEM; paste it from BEGIN to END") from None
    if isinstance(raw, EllipticCurvePrivateKey):
        return ECKey.import_key(raw)
    if not isinstance(raw, RSAPrivateKey):
        raise BadKey("it is neither an RSA nor an elliptic-curve key")
    if raw.key_size < LEAST_RSA_BITS:
        raise BadKey(f"it is shorter than {LEAST_RSA_BITS} bits, which is not safe")
    return RSAKey.import_key(raw)


def fits(key: PrivateKey, algorithm: str) -> bool:
    """Say whether a key can sign by an algorithm of RFC 7518."""
    if algorithm == "ES256":
        return isinstance(key, ECKey) and key.curve_name == "P-256"
    return isinstance(key, RSAKey)
