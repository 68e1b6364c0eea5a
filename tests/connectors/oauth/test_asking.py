"""Requests for tokens: how the client proves itself, in what form, and where its secrets go."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

import pytest
from hypothesis import given, settings, strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from connectors import oauth
from connectors.oauth import asking
from connectors.oauth.types import Client
from tests import servers
from tests.connectors import signing
from tests.connectors.oauth import service

if TYPE_CHECKING:
    from spojit.lib.outbound import Policy
    from tests.connectors.recording import Recorder
    from tests.servers import Received

FIELDS = [
    {"key": "client_id", "label": "Client ID"},
    {"key": "key", "label": "Key", "kind": "pem", "secret": True},
]


def asked(recorder: Recorder, *, app: oauth.App = service.APP, **oauth2: Any) -> Received:
    """Exchange a code, and give what arrived."""
    recorder.reply(service.GOOD)
    service.exchange(recorder, service.connector(recorder.port, **oauth2), app=app)
    return recorder.requests[0]


def test_a_client_may_prove_itself_in_the_body(recorder: Recorder) -> None:
    request = asked(recorder, client_authentication="post")
    sent = service.form(request)
    assert (sent["client_id"], sent["client_secret"]) == ("the-client", "the-client-secret")
    assert "authorization" not in request.headers


def test_a_public_client_says_only_who_it_is(recorder: Recorder) -> None:
    request = asked(recorder, client_authentication="none", app=oauth.App("public"))
    sent = service.form(request)
    assert (sent["client_id"], "client_secret" in sent) == ("public", False)
    assert "authorization" not in request.headers


@pytest.mark.parametrize(
    ("algorithm", "key", "imported"),
    [
        ("RS256", signing.rsa_key, RSAKey),
        ("PS256", signing.rsa_key, RSAKey),
        ("ES256", signing.ec_key, ECKey),
    ],
)
def test_a_client_may_prove_itself_by_a_signed_assertion(
    recorder: Recorder, algorithm: str, key: Any, imported: Any
) -> None:
    connector = service.connector(
        recorder.port,
        fields=FIELDS,
        grant="client_credentials",
        client="fields",
        client_authentication="private_key_jwt",
        assertion={
            "algorithm": algorithm,
            "private_key": "{key}",
            "key_id": "certificate-1",
            "claims": {"iss": "{client_id}", "sub": "{client_id}", "aud": ["{token_url}"]},
            "lifetime_seconds": 60,
        },
    )
    recorder.reply({"access_token": "a"})
    values = {"client_id": "machine", "key": signing.pem(key())}
    answered = oauth.mint(
        connector,
        service.scheme(connector),
        values,
        app=None,
        scopes=[],
        policy=recorder.policy(),
    )
    assert answered.outcome.name == "ok"
    sent = service.form(recorder.requests[0])
    assert sent.keys() == {"grant_type", "client_assertion_type", "client_assertion"}
    assert sent["client_assertion_type"] == (
        "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    )
    public = imported.import_key(signing.public_pem(key()))
    token = jwt.decode(sent["client_assertion"], public, algorithms=[algorithm])
    assert token.header == {"alg": algorithm, "typ": "JWT", "kid": "certificate-1"}
    claims = token.claims
    assert (claims["iss"], claims["sub"]) == ("machine", "machine")
    assert claims["aud"] == [f"https://auth.example.com:{recorder.port}/token"]
    assert claims["exp"] - claims["iat"] == 60
    assert len(claims["jti"]) >= 32


def test_requests_may_be_json(recorder: Recorder) -> None:
    request = asked(recorder, token_body="json", client_authentication="post")
    assert request.headers["content-type"] == "application/json"
    assert request.json == {
        "grant_type": "authorization_code",
        "code": "the-code",
        "redirect_uri": service.CALLBACK,
        "code_verifier": service.VERIFIER,
        "client_id": "the-client",
        "client_secret": "the-client-secret",
    }


def test_pkce_is_left_out_where_it_is_declared_off(recorder: Recorder) -> None:
    request = asked(recorder, pkce="none", pkce_reason="It cannot be switched off again.")
    assert "code_verifier" not in service.form(request)


def test_more_is_sent_as_declared(recorder: Recorder) -> None:
    connector = service.connector(
        recorder.port,
        fields=[{"key": "site", "label": "Site", "endpoint": True}],
        token_url=f"https://{{site}}.example.com:{recorder.port}/token/{{site}}",
        token_parameters={"audience": "api://{site}", "me": "{client_id}"},
        token_headers={"X-Site": "{site}"},
    )
    recorder.reply(service.GOOD)
    service.exchange(recorder, connector, {"site": "shop"})
    request = recorder.requests[0]
    assert (request.headers["host"], request.path) == (
        f"shop.example.com:{recorder.port}",
        "/token/shop",
    )
    sent = service.form(request)
    assert (sent["audience"], sent["me"]) == ("api://shop", "the-client")
    assert request.headers["x-site"] == "shop"


def test_renewing_has_an_address_and_parameters_of_its_own(recorder: Recorder) -> None:
    connector = service.connector(
        recorder.port,
        refresh_url=f"https://refresh.example.com:{recorder.port}/renew",
        token_parameters={"only": "first"},
        refresh_parameters={"only": "later"},
        token_scopes=True,
    )
    recorder.reply(service.GOOD)
    service.renew(recorder, connector)
    request = recorder.requests[0]
    assert request.path == "/renew"
    sent = service.form(request)
    assert (sent["only"], sent["scope"]) == ("later", "read")
    place = oauth.token_place(service.scheme(connector), {})
    assert place == request.headers["host"] == f"refresh.example.com:{recorder.port}"


def test_client_credentials_ask_for_scopes_and_may_have_a_grant_type_of_their_own(
    recorder: Recorder,
) -> None:
    connector = service.connector(
        recorder.port,
        grant="client_credentials",
        token_scopes=True,
        scopes=[
            {"scope": "base", "label": "Base.", "required": True},
            {"scope": "more", "label": "More."},
        ],
        token_parameters={"grant_type": "account_credentials", "account_id": "{account}"},
        fields=[{"key": "account", "label": "Account"}],
    )
    recorder.reply({"access_token": "a", "refresh_token": "", "expires_in": 60})
    answered = oauth.mint(
        connector,
        service.scheme(connector),
        {"account": "7"},
        app=service.APP,
        scopes=["more"],
        policy=recorder.policy(),
    )
    assert answered.tokens == oauth.Tokens("a", "", 60.0)
    assert service.form(recorder.requests[0]) == {
        "grant_type": "account_credentials",
        "account_id": "7",
        "scope": "base more",
    }


def test_a_value_that_is_missing_sends_nothing(recorder: Recorder) -> None:
    connector = service.connector(recorder.port, token_parameters={"account": "{account}"})
    answered = service.exchange(recorder, connector)
    assert answered.outcome.name == "request_refused"
    assert answered.outcome.detail == "The value account is missing."
    assert not answered.is_in_doubt
    assert recorder.requests == []


def test_a_field_never_moves_the_token_endpoint(recorder: Recorder) -> None:
    connector = service.connector(
        recorder.port,
        fields=[{"key": "site", "label": "Site", "endpoint": True}],
        token_url=f"https://{{site}}.example.com:{recorder.port}/token",
    )
    for wrong in ("evil.test/", "evil.test#", "a@evil.test", "a.b", "", "evil.test?"):
        answered = service.exchange(recorder, connector, {"site": wrong})
        assert answered.outcome.name == "request_refused"
    assert recorder.requests == []
    assert recorder.names == []


@pytest.mark.parametrize(
    ("fault", "outcome", "seconds"),
    [
        ("reset", "unreachable", 10),
        ("closed", "unreachable", 10),
        ("silent", "timeout", 0.6),
        ("drip_body", "timeout", 0.6),
        ("cut_body", "unreachable", 10),
        ("large", "answer_too_large", 10),
    ],
)
def test_what_was_sent_without_a_whole_answer_is_in_doubt(
    recorder: Recorder, fault: str, outcome: str, seconds: float
) -> None:
    tls = recorder.authority.issue("auth.example.com")
    with servers.faulty(fault, tls=tls) as server:
        policy = servers.policy(
            server,
            names={"auth.example.com": "127.0.0.1"},
            authority=recorder.authority,
            total_seconds=seconds,
        )
        answered = _renew(server.port, policy)
    assert (answered.outcome.name, answered.is_in_doubt) == (outcome, True)


def test_what_was_never_sent_is_in_no_doubt(recorder: Recorder) -> None:
    unknown = servers.policy(recorder.server, names={}, authority=recorder.authority)
    answered = _renew(recorder.port, unknown)
    assert (answered.outcome.name, answered.is_in_doubt) == ("name_not_found", False)
    untrusted = servers.policy(recorder.server, names={"auth.example.com": "127.0.0.1"})
    answered = _renew(recorder.port, untrusted)
    assert (answered.outcome.name, answered.is_in_doubt) == ("tls", False)
    assert recorder.requests == []


def _renew(port: int, policy: Policy) -> oauth.Answered:
    found = service.connector(port)
    return oauth.renew(
        found,
        service.scheme(found),
        {},
        app=service.APP,
        refresh_token="r",
        scopes=[],
        captured={},
        policy=policy,
    )


@settings(max_examples=40, deadline=None)
@given(st.text(st.characters(codec="utf-8")), st.text(st.characters(codec="utf-8")))
def test_whatever_a_client_is_called_basic_gives_it_back(client_id: str, secret: str) -> None:
    found = service.connector()
    client = Client.of(found, service.scheme(found), {}, oauth.App(client_id, secret))
    header = asking.prove(client, "basic", url="https://auth.example.com/").headers["Authorization"]
    written = base64.b64decode(header.removeprefix("Basic ")).decode("ascii")
    assert [unquote_plus(part) for part in written.split(":")] == [client_id, secret]
