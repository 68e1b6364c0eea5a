"""Signs in to MongoDB by SCRAM: neither side tells the password, both prove that they know it.

Sources: RFC 5802, RFC 7677, and
https://github.com/mongodb/specifications/blob/master/source/auth/auth.md
"""

import base64
import hashlib
import hmac
import secrets
from typing import Any

from bson import Binary

from connectors.catalogue._mongodb_wire import Wire
from connectors.schemes import mongodb
from connectors.session import CallFailed

LEAST_ITERATIONS = 4_096
MOST_ITERATIONS = 500_000
"""Servers ask for 15,000; a hostile one could ask for hours."""

MOST_STEPS = 3


def sign_in(wire: Wire, target: mongodb.Target, said: dict[str, Any]) -> None:
    """Prove the password to the server, and have it prove that it knows the user.

    Raises:
        CallFailed: the user or password is wrong, or the server could not prove itself.
    """
    mechanism = _mechanism(said.get("saslSupportedMechs"))
    database = target.defined_in
    nonce = base64.b64encode(secrets.token_bytes(24)).decode()
    first = f"n={_escaped(target.user)},r={nonce}"
    start = {
        "saslStart": 1,
        "mechanism": mechanism,
        "payload": Binary(f"n,,{first}".encode()),
        "options": {"skipEmptyExchange": True},
    }
    answer = wire.run(database, start, is_sent=False)
    told = _payload(answer)
    proof, expected = _prove(mechanism, target, first, told, nonce)
    answer = _go_on(wire, database, answer, proof)
    if not hmac.compare_digest(_parts(_payload(answer)).get("v", "").encode(), expected):
        raise CallFailed("bad_answer", "The server could not prove who it is.")
    for _ in range(MOST_STEPS):
        if answer.get("done") is True:
            return
        answer = _go_on(wire, database, answer, b"")
    raise _strange()


def _mechanism(offered: Any) -> str:
    """Choose the stronger one; a server that does not say is asked for that."""
    if not offered or "SCRAM-SHA-256" in offered:
        return "SCRAM-SHA-256"
    if "SCRAM-SHA-1" in offered:
        return "SCRAM-SHA-1"
    raise CallFailed("request_refused", "The user cannot sign in by SCRAM.", surely_not_sent=True)


def _prove(
    mechanism: str, target: mongodb.Target, first: str, told: str, nonce: str
) -> tuple[bytes, bytes]:
    """Make the final message, and the signature that the server must answer with (RFC 5802, 3)."""
    parts = _parts(told)
    both, salt, iterations = parts.get("r", ""), parts.get("s", ""), parts.get("i", "")
    if not both.startswith(nonce) or both == nonce or not iterations.isdecimal():
        raise _strange()
    if not LEAST_ITERATIONS <= int(iterations[:9]) <= MOST_ITERATIONS:
        raise CallFailed("bad_answer", "The server asks for too little or too much work.")
    name = "sha256" if mechanism == "SCRAM-SHA-256" else "sha1"
    salted = hashlib.pbkdf2_hmac(name, _password(name, target), _decoded(salt), int(iterations[:9]))
    without_proof = f"c=biws,r={both}"
    signed = f"{first},{told},{without_proof}".encode()
    key = hmac.digest(salted, b"Client Key", name)
    signature = hmac.digest(hashlib.new(name, key, usedforsecurity=True).digest(), signed, name)
    proof = bytes(left ^ right for left, right in zip(key, signature, strict=True))
    server = hmac.digest(hmac.digest(salted, b"Server Key", name), signed, name)
    final = f"{without_proof},p={base64.b64encode(proof).decode()}"
    return final.encode(), base64.b64encode(server)


def _password(name: str, target: mongodb.Target) -> bytes:
    """Prepare the password: by SASLprep, or with SHA-1 as the old way had it, by MD5."""
    if name == "sha1":
        text = f"{target.user}:mongo:{target.password}"
        return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest().encode()
    from pymongo.saslprep import saslprep  # noqa: PLC0415 - slow to load

    try:
        return str(saslprep(target.password)).encode()
    except ValueError:
        raise CallFailed("credentials_refused", "The password cannot be one.") from None


def _go_on(wire: Wire, database: str, answer: dict[str, Any], payload: bytes) -> dict[str, Any]:
    command = {
        "saslContinue": 1,
        "conversationId": answer.get("conversationId"),
        "payload": Binary(payload),
    }
    return wire.run(database, command, is_sent=False)


def _payload(answer: dict[str, Any]) -> str:
    found = answer.get("payload")
    try:
        return found.decode() if isinstance(found, bytes) else ""
    except UnicodeDecodeError:
        raise _strange() from None


def _parts(text: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in text.split(","))
    return {name: value for name, _, value in pairs}


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        raise _strange() from None


def _escaped(user: str) -> str:
    return user.replace("=", "=3D").replace(",", "=2C")


def _strange() -> CallFailed:
    return CallFailed("bad_answer", "The server did not sign in the way SCRAM does.")
