"""Pasted private keys: PEM texts, and the JSON documents in which services hand them out."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from joserfc.jwk import ECKey, RSAKey

from spojit.lib.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.manifest import Field, Scheme

LEAST_RSA_BITS = 2048
"""NIST SP 800-131A: shorter ones are not to be signed with."""

PrivateKey = RSAKey | ECKey


_PEM = re.compile(r"-----BEGIN ((?:RSA |EC )?PRIVATE KEY)-----(.*?)-----END \1-----", re.DOTALL)
_NO_PEM = "it is not a private key in PEM; paste it from BEGIN to END"
_API_KEY = "it is an API key; a service account has a JSON file of its own"
_OAUTH_CLIENT = "it is the file of an OAuth client; a service account's file is needed"


class BadKey(Refused):
    """Why a text is no usable private key, in half a sentence that does not hold it."""

    code = "bad_key"


def members(scheme: Scheme, values: Mapping[str, str]) -> dict[str, str]:
    """Give the texts of the JSON key that a scheme signs with; nothing when it has none."""
    assertion = scheme.oauth2.assertion if scheme.oauth2 else None
    text = values.get(assertion.document, "") if assertion and assertion.document else ""
    return texts(document(text)) if text else {}


def open_members(scheme: Scheme, values: Mapping[str, str]) -> dict[str, str]:
    """Give what of a scheme's JSON keys is declared to be no secret."""
    found: dict[str, str] = {}
    for field in scheme.fields:
        if field.open_members and values.get(field.key):
            known = texts(document(values[field.key]))
            found |= {name: known[name] for name in field.open_members if name in known}
    return found


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


def clean_document(text: str, field: Field) -> str:
    """Give a pasted JSON key in its one form. Raises: BadKey."""
    _refuse_other_things(text)
    found = document(text)
    _refuse_other_documents(found, field)
    if field.document_type and found.get("type") != field.document_type:
        raise BadKey(f"its type is not {field.document_type}; make a key of that kind")
    for name in field.members:
        if not isinstance(found.get(name), str) or not found[name]:
            raise BadKey(f"it has no {name}; paste the whole file as the service gave it")
    if isinstance(found.get("private_key"), str):
        found["private_key"] = clean_pem(found["private_key"])
    return json.dumps(found, ensure_ascii=False, separators=(",", ":"))


def clean_pem(text: str) -> str:
    """Give a pasted private key in its one form. Raises: BadKey."""
    private_key(text)
    return unfolded(text)


def unfolded(text: str) -> str:
    """Write a PEM key in lines of 64 characters (RFC 7468 section 2).

    Keys get pasted on one line, with spaces or with a backslash and an n where lines ended.

    Raises:
        BadKey: there is no private key in the text.
    """
    match = _PEM.search(text.replace("\\n", "\n"))
    if match is None:
        raise BadKey(_NO_PEM)
    body = "".join(match[2].split())
    lines = [body[at : at + 64] for at in range(0, len(body), 64)]
    return "\n".join([f"-----BEGIN {match[1]}-----", *lines, f"-----END {match[1]}-----", ""])


def private_key(pem: str) -> PrivateKey:
    """Read an RSA or elliptic-curve key in PEM (PKCS#8, PKCS#1 or SEC1). Raises: BadKey."""
    if "PUBLIC KEY" in pem:
        raise BadKey("it is a public key; the private one is needed")
    if "BEGIN CERTIFICATE" in pem and "PRIVATE KEY" not in pem:
        raise BadKey("it is a certificate; the private key that belongs to it is needed")
    if "ENCRYPTED" in pem:
        raise BadKey("it is locked with a password; take the password off first")
    return _loaded(unfolded(pem))


def _loaded(pem: str) -> PrivateKey:
    """Read the key by cryptography, which tells why it cannot, and hand it to joserfc."""
    try:
        raw = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise BadKey(_NO_PEM) from None
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


def _refuse_other_things(text: str) -> None:
    if text.startswith("-----BEGIN"):
        raise BadKey("it is only the key; paste the whole JSON file, from { to }")
    if re.fullmatch(r"AIza[\w-]{20,60}", text):
        raise BadKey(_API_KEY)


def _refuse_other_documents(found: Mapping[str, Any], field: Field) -> None:
    if isinstance(found.get("installed"), dict) or isinstance(found.get("web"), dict):
        raise BadKey(_OAUTH_CLIENT)
    if found.get("type") == "authorized_user":
        raise BadKey("it is a person's own sign-in; a service account's file is needed")
    if found.keys() & {"keyString", "api_key", "apiKey"} - set(field.members):
        raise BadKey(_API_KEY)
    if "kty" in found and "d" not in found:
        raise BadKey("it is a public key; the private one is needed")
