"""Tokens of service accounts: a signed assertion made of a pasted file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from connectors import checks, execution, oauth
from spojit.lib import redaction
from tests.connectors import signing
from tests.connectors.oauth import service

if TYPE_CHECKING:
    from connectors.manifest import Connector
    from tests.connectors.recording import Recorder

FIELDS: list[dict[str, Any]] = [
    {
        "key": "file",
        "label": "Key file",
        "kind": "json_key",
        "secret": True,
        "document_type": "service_account",
        "members": ["client_email", "private_key", "private_key_id", "project_id"],
        "open_members": ["project_id"],
    },
    {"key": "subject", "label": "Act as", "required": False},
]
NO_PEM = "it is not a private key in PEM; paste it from BEGIN to END"
CLAIMS = {
    "iss": "{client_email}",
    "aud": "{token_url}",
    "scope": "{scopes}",
    "sub": "{subject}",
    "static": 7,
}


def account(recorder: Recorder, algorithm: str = "RS256", **claims: Any) -> Connector:
    return service.connector(
        recorder.port,
        fields=FIELDS,
        grant="jwt_bearer",
        client="fields",
        client_authentication="none",
        scopes=[{"scope": "read", "label": "Read."}],
        assertion={
            "algorithm": algorithm,
            "document": "file",
            "key_id": "{private_key_id}",
            "claims": CLAIMS | claims,
            "lifetime_seconds": 3600,
        },
    )


def values(**more: str) -> dict[str, str]:
    file = {
        "type": "service_account",
        "client_email": "robot@shop.example.com",
        "private_key": signing.pem(),
        "private_key_id": "key-1",
        "project_id": "shop",
        "token_uri": "https://evil.test/token",
    }
    return {"file": json.dumps(file)} | more


def mint(
    recorder: Recorder, found: Connector, given: dict[str, str], scopes: list[str]
) -> oauth.Answered:
    return oauth.mint(
        found, service.scheme(found), given, app=None, scopes=scopes, policy=recorder.policy()
    )


def claims(recorder: Recorder) -> dict[str, Any]:
    sent = service.form(recorder.requests[0])
    assert sent.keys() == {"grant_type", "assertion"}
    assert sent["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
    public = RSAKey.import_key(signing.public_pem(signing.rsa_key()))
    token = jwt.decode(sent["assertion"], public, algorithms=["RS256"])
    assert token.header == {"alg": "RS256", "typ": "JWT", "kid": "key-1"}
    return {name: value for name, value in token.claims.items() if name != "jti"}


def test_a_service_account_signs_for_its_token(recorder: Recorder) -> None:
    recorder.reply({"access_token": "a", "expires_in": 3599})
    answered = mint(recorder, account(recorder), values(subject="ada@example.com"), ["read"])
    assert answered.tokens == oauth.Tokens("a", "", 3599.0)
    found = claims(recorder)
    assert found.pop("exp") - found.pop("iat") == 3600
    assert found == {
        "iss": "robot@shop.example.com",
        "aud": f"https://auth.example.com:{recorder.port}/token",
        "scope": "read",
        "sub": "ada@example.com",
        "static": 7,
    }
    assert recorder.names == ["auth.example.com"]


def test_claims_of_fields_left_empty_are_left_out(recorder: Recorder) -> None:
    recorder.reply({"access_token": "a"})
    found = account(recorder)
    bare = found.schemes[0].oauth2
    assert bare is not None
    without = bare.model_copy(update={"scopes": []})
    scheme = found.schemes[0].model_copy(update={"oauth2": without})
    oauth.mint(found, scheme, values(), app=None, scopes=[], policy=recorder.policy())
    assert claims(recorder).keys() == {"iss", "aud", "iat", "exp", "static"}


def test_a_claim_that_must_be_there_is_missed(recorder: Recorder) -> None:
    answered = mint(recorder, account(recorder, team="{team}"), values(), [])
    assert answered.outcome.name == "request_refused"
    assert answered.outcome.detail == "The value team is missing."
    assert recorder.requests == []


@pytest.mark.parametrize(
    ("file", "detail"),
    [
        ("{", "it is not JSON; paste the whole file, from { to }"),
        ("{}", "The value private_key is missing."),
        (
            json.dumps({"private_key": "x", "private_key_id": "k"}),
            f"The private key cannot be used: {NO_PEM}.",
        ),
        (
            json.dumps({"private_key": signing.pem(signing.ec_key()), "private_key_id": "k"}),
            "The private key is of another kind than RS256 needs.",
        ),
    ],
)
def test_a_stored_file_that_cannot_sign_sends_nothing(
    recorder: Recorder, file: str, detail: str
) -> None:
    answered = mint(recorder, account(recorder), {"file": file}, [])
    assert (answered.outcome.name, answered.outcome.detail) == ("request_refused", detail)
    assert recorder.requests == []


def test_open_members_may_stand_in_requests_and_no_others(recorder: Recorder) -> None:
    found = account(recorder)
    verification = found.schemes[0].verification
    assert verification is not None
    assert verification.request is not None
    for path, name in (("/p/{project_id}", "ok"), ("/p/{private_key_id}", "request_refused")):
        recorder.forget()
        recorder.reply({"id": "7"})
        request = verification.request.model_copy(update={"path": path})
        changed = verification.model_copy(update={"request": request})
        scheme = found.schemes[0].model_copy(update={"verification": changed})
        given = values(access_token="a")
        verified = execution.verify(found, scheme, given, policy=recorder.policy())
        assert verified.outcome.name == name
        assert [request.path for request in recorder.requests] == (
            ["/p/shop"] if name == "ok" else []
        )


def test_a_document_may_name_the_client_that_it_belongs_to(recorder: Recorder) -> None:
    recorder.reply({"access_token": "a", "expires_in": 3599})
    field = FIELDS[0] | {
        "document_type": "",
        "members": ["client_id", "client_secret", "private_key"],
        "open_members": [],
        "member_paths": {
            "client_id": "app.clientID",
            "client_secret": "app.clientSecret",
            "private_key": "app.privateKey",
        },
    }
    found = service.connector(
        recorder.port,
        fields=[field],
        grant="jwt_bearer",
        client="fields",
        client_authentication="post",
        assertion={"algorithm": "RS256", "document": "file", "claims": {"iss": "{client_id}"}},
    )
    assert checks.problems(found) == []
    app = {"clientID": "app-7", "clientSecret": "secret-of-app-7", "privateKey": signing.pem()}
    answered = mint(recorder, found, {"file": json.dumps({"app": app})}, [])
    assert answered.outcome.name == "ok"
    sent = service.form(recorder.requests[0])
    assert (sent["client_id"], sent["client_secret"]) == ("app-7", "secret-of-app-7")
    public = RSAKey.import_key(signing.public_pem(signing.rsa_key()))
    claimed = jwt.decode(sent["assertion"], public, algorithms=["RS256"]).claims
    assert claimed["iss"] == "app-7"
    assert redaction.redact("it said secret-of-app-7") == "it said ••••"
