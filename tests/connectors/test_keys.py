"""Pasted keys: taken when they can sign, put into one form, and refused with what to do instead."""

from __future__ import annotations

import base64
import json
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from connectors import fields, keys
from connectors.manifest import Field
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


NESTED = {
    "members": ["app_id", "private_key"],
    "open_members": ["app_id"],
    "member_paths": {
        "app_id": "app.appID",
        "private_key": "app.auth.privateKey",
        "passphrase": "app.auth.passphrase",
    },
}


def nested(private_key: str, passphrase: str = "") -> dict[str, Any]:
    auth = {"privateKey": private_key, "passphrase": passphrase}
    return {"app": {"appID": "7", "auth": auth}, "other": {"private_key": "not this one"}}


def clean_nested(found: dict[str, Any], **changes: Any) -> dict[str, Any]:
    cleaned: dict[str, Any] = json.loads(
        keys.clean_document(json.dumps(found), _nested_field(**changes))
    )
    return cleaned


def _nested_field(**changes: Any) -> Field:
    data = {"key": "key", "label": "Key", "secret": True, "kind": "json_key"}
    return Field.model_validate(data | NESTED | changes)


def test_members_may_be_nested_and_a_passphrase_is_used_up() -> None:
    open_one = pem(rsa_key())
    locked = nested(pem(rsa_key(), password=b"open sesame"), "open sesame")
    assert clean_nested(locked) == nested(open_one)
    assert clean_nested(nested(open_one, "of no use")) == nested(open_one)
    assert clean_nested(nested(open_one)) == nested(open_one)
    found = connector()
    field = _nested_field()
    oauth2 = found.schemes[0].oauth2
    scheme = found.schemes[0].model_copy(update={"fields": [field], "oauth2": oauth2})
    values = {"key": json.dumps(nested(open_one))}
    assert keys.open_members(scheme, values) == {"app_id": "7"}
    assert keys.declared(scheme, values) == {"app_id": "7", "private_key": open_one}


def test_a_nested_member_is_missed_where_it_belongs() -> None:
    with pytest.raises(keys.BadKey) as refused:
        clean_nested({"app": {"auth": {"privateKey": pem(rsa_key())}}})
    assert str(refused.value) == "it has no app.appID; paste the whole file as the service gave it"
    with pytest.raises(keys.BadKey) as refused:
        clean_nested({"app": "7", "private_key": pem(rsa_key())})
    assert str(refused.value) == "it has no app.appID; paste the whole file as the service gave it"


def test_a_locked_key_is_opened_by_its_own_passphrase_only() -> None:
    locked = pem(rsa_key(), password=b"open sesame")
    with pytest.raises(keys.BadKey, match="its passphrase does not open its private key"):
        clean_nested(nested(locked, "wrong"))
    with pytest.raises(keys.BadKey, match="it is locked with a password"):
        clean_nested(nested(locked))


def test_a_lock_that_would_take_long_is_not_tried() -> None:
    locked = pem(rsa_key(), password=b"open sesame")
    der = base64.b64decode("".join(locked.splitlines()[1:-1]))
    rounds = der.index(b"\x02\x02\x08\x00")  # 2048, as OpenSSL writes it
    for slow in (b"\x02\x04\x7f\xff", b"\x05\x02\x08\x00"):
        changed = base64.b64encode(der[:rounds] + slow + der[rounds + 4 :]).decode()
        text = locked.splitlines()[0] + changed + locked.splitlines()[-1]
        with pytest.raises(keys.BadKey, match="it is locked in an unusual way"):
            clean_nested(nested(text, "open sesame"))


def test_only_open_members_may_stand_in_requests() -> None:
    found = connector()
    values = {"key": json.dumps(document())}
    assert keys.open_members(service.scheme(found), values) == {"project_id": "shop"}
    assert keys.members(service.scheme(found), values) == document()
