"""Pasted keys: taken when they can sign, put into one form, and refused with what to do instead."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from connectors import fields, keys
from tests.connectors.oauth import service

if TYPE_CHECKING:
    from connectors.manifest import Connector

PKCS8 = serialization.PrivateFormat.PKCS8
OLD = serialization.PrivateFormat.TraditionalOpenSSL


@cache
def rsa_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, bits)


def pem(key: Any, form: serialization.PrivateFormat = PKCS8, password: bytes = b"") -> str:
    lock = serialization.BestAvailableEncryption(password) if password else None
    written: bytes = key.private_bytes(
        serialization.Encoding.PEM, form, lock or serialization.NoEncryption()
    )
    return written.decode()


def public(key: Any) -> str:
    written: bytes = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return written.decode()


def document(**changes: Any) -> dict[str, Any]:
    found = {
        "type": "service_account",
        "project_id": "shop",
        "private_key_id": "k1",
        "private_key": pem(rsa_key()),
        "client_email": "robot@shop.example.com",
    }
    return {name: value for name, value in (found | changes).items() if value is not None}


def connector(kind: str = "json_key", algorithm: str = "RS256") -> Connector:
    field: dict[str, Any] = {"key": "key", "label": "Key", "secret": True, "kind": kind}
    if kind == "json_key":
        field |= {
            "document_type": "service_account",
            "members": ["client_email", "private_key", "project_id"],
            "open_members": ["project_id"],
        }
    return service.connector(
        fields=[field],
        grant="jwt_bearer",
        client="fields",
        client_authentication="none",
        assertion={
            "algorithm": algorithm,
            "document": "key" if kind == "json_key" else None,
            "private_key": "{private_key}" if kind == "json_key" else "{key}",
            "claims": {"iss": "{client_email}"} if kind == "json_key" else {},
        },
    )


def clean(text: str, kind: str = "json_key", algorithm: str = "RS256") -> str:
    found = connector(kind, algorithm)
    return fields.clean(found, service.scheme(found), {"key": text}).values["key"]


def refusal(text: str, kind: str = "json_key", algorithm: str = "RS256") -> str:
    with pytest.raises(fields.InvalidValues) as refused:
        clean(text, kind, algorithm)
    return refused.value.errors["key"]


def test_a_service_accounts_file_is_stored_compact() -> None:
    pasted = "\r\n " + json.dumps(document(), indent=2).replace("\n", "\r\n") + "\n"
    assert clean(pasted) == json.dumps(document(), separators=(",", ":"))


@pytest.mark.parametrize("form", [PKCS8, OLD])
def test_a_key_in_pem_is_stored_in_lines(form: serialization.PrivateFormat) -> None:
    written = pem(rsa_key(), form)
    assert clean(written, "pem") == written
    assert clean(written.replace("\n", "\r\n") + "\n\n", "pem") == written
    assert clean(written.replace("\n", "\\n"), "pem") == written
    assert clean(written.replace("\n", " "), "pem") == written


def test_a_key_of_an_elliptic_curve_signs_by_its_own_algorithm() -> None:
    key = pem(ec.generate_private_key(ec.SECP256R1()))
    assert clean(key, "pem", "ES256") == key
    wrong = "Key cannot be used: {} needs another kind."
    assert refusal(key, "pem", "RS256") == wrong.format("RS256")
    assert refusal(pem(rsa_key()), "pem", "ES256") == wrong.format("ES256")
    other_curve = pem(ec.generate_private_key(ec.SECP384R1()))
    assert refusal(other_curve, "pem", "ES256") == wrong.format("ES256")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("AIza" + "x" * 35, "it is an API key; a service account has a JSON file of its own"),
        (
            '{"keyString": "AIzax"}',
            "it is an API key; a service account has a JSON file of its own",
        ),
        (
            '{"installed": {"client_id": "x"}}',
            "it is the file of an OAuth client; a service account's file is needed",
        ),
        (
            '{"web": {"client_secret": "x"}}',
            "it is the file of an OAuth client; a service account's file is needed",
        ),
        (
            '{"type": "authorized_user", "refresh_token": "x"}',
            "it is a person's own sign-in; a service account's file is needed",
        ),
        ('{"kty": "RSA", "n": "x"}', "it is a public key; the private one is needed"),
        ('{"type": "other"}', "its type is not service_account; make a key of that kind"),
        ("{", "it is not JSON; paste the whole file, from { to }"),
        ("[" * 9000, "it is not JSON; paste the whole file, from { to }"),
        ("[]", "it is JSON, but not an object; paste the whole file, from { to }"),
        ("-----BEGIN", "it is only the key; paste the whole JSON file, from { to }"),
    ],
)
def test_another_file_is_refused_with_what_it_is(text: str, why: str) -> None:
    assert refusal(text) == f"Key cannot be used: {why}."


@pytest.mark.parametrize("name", ["client_email", "private_key"])
def test_a_file_that_lacks_a_member_is_refused(name: str) -> None:
    why = f"it has no {name}; paste the whole file as the service gave it"
    assert refusal(json.dumps(document(**{name: None}))) == f"Key cannot be used: {why}."
    assert refusal(json.dumps(document(**{name: 7}))) == f"Key cannot be used: {why}."


def test_keys_that_cannot_sign_are_refused_with_the_reason() -> None:
    refused = {
        public(rsa_key()): "it is a public key; the private one is needed",
        pem(rsa_key(), password=b"x"): "it is locked with a password; take the password off first",
        pem(rsa_key(1024)): "it is shorter than 2048 bits, which is not safe",
        pem(ed25519.Ed25519PrivateKey.generate()): "it is neither an RSA nor an elliptic-curve key",
        pem(rsa_key())[:600]: "it is not a private key in PEM; paste it from BEGIN to END",
        "-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----": (
            "it is a certificate; the private key that belongs to it is needed"
        ),
    }
    for text, why in refused.items():
        assert refusal(text, "pem") == f"Key cannot be used: {why}."
        assert refusal(json.dumps(document(private_key=text))) == f"Key cannot be used: {why}."


def test_only_open_members_may_stand_in_requests() -> None:
    found = connector()
    values = {"key": json.dumps(document())}
    assert keys.open_members(service.scheme(found), values) == {"project_id": "shop"}
    assert keys.members(service.scheme(found), values) == document()
