"""Pasted private keys: PEM texts, and the JSON documents in which services hand them out."""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from joserfc.jwk import ECKey, RSAKey

from connectors import paths
from spojit.lib.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.manifest import Field, Scheme

LEAST_RSA_BITS = 2048
"""NIST SP 800-131A: shorter ones are not to be signed with."""

PrivateKey = RSAKey | ECKey


_PEM = re.compile(
    r"-----BEGIN ((?:RSA |EC |ENCRYPTED )?PRIVATE KEY)-----(.*?)-----END \1-----", re.DOTALL
)
_LOCK = re.compile(rb"\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0c\x30.\x04([\x01-\x40])", re.DOTALL)
"""The beginning of PBKDF2's parameters in a locked key (RFC 8018 appendix A.2), up to the salt."""

MOST_ROUNDS = 1_000_000
"""Of PBKDF2, half a second; Box and OpenSSL use 2,048, OWASP asks for 600,000."""

_NO_PEM = "it is not a private key in PEM; paste it from BEGIN to END"
_API_KEY = "it is an API key; a service account has a JSON file of its own"
_OAUTH_CLIENT = "it is the file of an OAuth client; a service account's file is needed"


class BadKey(Refused):
    """Why a text is no usable private key, in half a sentence that does not hold it."""

    code = "bad_key"


def field_of(scheme: Scheme) -> Field | None:
    """Find the field that holds the JSON key with which a scheme signs."""
    assertion = scheme.oauth2.assertion if scheme.oauth2 else None
    return scheme.field(assertion.document) if assertion and assertion.document else None


def members(scheme: Scheme, values: Mapping[str, str]) -> dict[str, str]:
    """Give the texts of the JSON key that a scheme signs with; nothing when it has none."""
    field = field_of(scheme)
    text = values.get(field.key, "") if field else ""
    return texts(document(text), field) if field and text else {}


def declared(scheme: Scheme, values: Mapping[str, str]) -> dict[str, str]:
    """Give those of them that the connector names."""
    field = field_of(scheme)
    known = members(scheme, values)
    return {name: known[name] for name in (field.members if field else []) if name in known}


def open_members(scheme: Scheme, values: Mapping[str, str]) -> dict[str, str]:
    """Give what of a scheme's JSON keys is declared to be no secret."""
    found: dict[str, str] = {}
    for field in scheme.fields:
        if field.open_members and values.get(field.key):
            known = texts(document(values[field.key]), field)
            found |= {name: known[name] for name in field.open_members if name in known}
    return found


def texts(found: Mapping[str, Any], field: Field) -> dict[str, str]:
    """Give the members that are texts: those at the top by their names, others by their keys."""
    placed = {key: paths.find(found, path) for key, path in field.member_paths.items()}
    known = dict(found) | placed
    return {name: value for name, value in known.items() if isinstance(value, str)}


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
    known = texts(found, field)
    for name in field.members:
        if not known.get(name):
            path = field.member_path(name)
            raise BadKey(f"it has no {path}; paste the whole file as the service gave it")
    if "private_key" in known:
        passphrase = known.get("passphrase", "") if "passphrase" in field.member_paths else ""
        _put(found, field, "private_key", clean_pem(known["private_key"], passphrase))
        if passphrase:
            _put(found, field, "passphrase", "")
    return json.dumps(found, ensure_ascii=False, separators=(",", ":"))


def _put(found: dict[str, Any], field: Field, key: str, value: str) -> None:
    """Replace a member where it stands."""
    *parents, last = paths.parse(field.member_path(key))
    holder = paths.descend(found, parents)
    if isinstance(holder, dict) and last in holder:
        holder[last] = value


def clean_pem(text: str, passphrase: str = "") -> str:
    """Give a pasted private key in its one form, its password taken off. Raises: BadKey."""
    if passphrase:
        text = _unlocked(text, passphrase)
    private_key(text)
    return unfolded(text)


def _unlocked(text: str, passphrase: str) -> str:
    """Take the passphrase off a locked key (PKCS#8, PBES2); any other key stays as it is."""
    if "ENCRYPTED" not in text:
        return text
    pem = unfolded(text)
    _refuse_slow(pem)
    try:
        raw = load_pem_private_key(pem.encode(), password=passphrase.encode())
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise BadKey("its passphrase does not open its private key; make a new one") from None
    return raw.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _refuse_slow(pem: str) -> None:
    """Refuse a lock that would take long to open, and any whose work cannot be told."""
    try:
        der = base64.b64decode("".join(pem.splitlines()[1:-1]), validate=True)
    except ValueError:
        raise BadKey(_NO_PEM) from None
    lock = _LOCK.search(der)
    rounds = der[lock.end() + lock[1][0] :] if lock else b""
    size = rounds[1] if rounds[:1] == b"\x02" else 0
    if not 0 < size <= 4 or int.from_bytes(rounds[2 : 2 + size], "big") > MOST_ROUNDS:
        raise BadKey("it is locked in an unusual way; take the password off first")


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
