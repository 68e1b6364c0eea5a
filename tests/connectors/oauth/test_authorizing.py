"""Sending a person to the service, and reading what they come back with."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from connectors import hosts, oauth, templates
from tests.connectors.oauth import service

SITE = {"key": "site", "label": "Site", "endpoint": True}
SCOPES = [
    {"scope": "offline", "label": "Stay.", "required": True},
    {"scope": "read", "label": "Read."},
]


def url(values: dict[str, str] | None = None, *, account: str = "", **oauth2: Any) -> str:
    found = service.connector(**oauth2)
    return oauth.authorize_url(
        found,
        service.scheme(found),
        values or {},
        app=service.APP,
        redirect_uri=service.CALLBACK,
        state="the state",
        verifier=service.VERIFIER,
        scopes=["read"],
        account=account,
    )


def query(address: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(address).query, strict_parsing=True))


def test_the_address_holds_what_the_protocol_wants() -> None:
    address = url(scopes=SCOPES)
    assert address.startswith("https://auth.example.com/authorize?")
    assert query(address) == {
        "response_type": "code",
        "client_id": "the-client",
        "redirect_uri": service.CALLBACK,
        "scope": "offline read",
        "state": "the state",
        "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",  # RFC 7636, appendix B
        "code_challenge_method": "S256",
    }


def test_the_address_holds_what_is_declared() -> None:
    address = url(
        {"site": "shop"},
        account="ada@example.com",
        fields=[SITE],
        authorize_url="https://{site}.example.com/o/{site}",
        authorize_parameters={"access_type": "offline", "resource": "https://{site}.example.com"},
        scope_parameter="user_scope",
        scope_separator=",",
        scopes=SCOPES,
        pkce="none",
        pkce_reason="It cannot be switched off again.",
        account_hint="login_hint",
    )
    assert address.startswith("https://shop.example.com/o/shop?")
    assert query(address) == {
        "response_type": "code",
        "client_id": "the-client",
        "redirect_uri": service.CALLBACK,
        "state": "the state",
        "access_type": "offline",
        "resource": "https://shop.example.com",
        "user_scope": "offline,read",
        "login_hint": "ada@example.com",
    }


def test_a_secret_never_stands_in_the_address() -> None:
    secret = {"key": "pin", "label": "PIN", "secret": True}
    with pytest.raises(templates.Unfilled):
        url({"pin": "1234"}, fields=[secret], authorize_parameters={"pin": "{pin}"})


def test_a_value_never_moves_the_address() -> None:
    for wrong in ("evil.test/", "a@b", "a.b"):
        with pytest.raises(hosts.BadServiceUrl):
            url({"site": wrong}, fields=[SITE], authorize_url="https://{site}.example.com/o")


def test_a_service_url_may_have_addresses_of_its_own() -> None:
    changed = {"usual": {"authorize_url": "https://sandbox.example.com/o"}}
    address = url({"service_url": "usual"}, by_service_url=changed)
    assert address.startswith("https://sandbox.example.com/o?")


def returned(answer: dict[str, str], **oauth2: Any) -> oauth.Returned:
    found = service.connector(**oauth2)
    return oauth.read_return(found, service.scheme(found), {}, answer)


def test_a_code_comes_back() -> None:
    assert returned({"code": "c", "state": "s", "scope": "x"}) == oauth.Returned("c", {})


@pytest.mark.parametrize("code", ["", "c\n", "ü", "c" * 5000])
def test_what_can_be_no_code_is_none(code: str) -> None:
    with pytest.raises(oauth.NoCode):
        returned({"code": code})
    with pytest.raises(oauth.NoCode):
        returned({})


@pytest.mark.parametrize(
    ("told", "error", "message"),
    [
        ("access_denied", "access_denied", "The authorization was declined at the service."),
        (
            "invalid_scope",
            "invalid_scope",
            "The service does not give one of the scopes that were asked for.",
        ),
        ("own_error", "own_error", "The service did not authorize the connection."),
        ("<script>", "", "The service did not authorize the connection."),
        ("x" * 61, "", "The service did not authorize the connection."),
    ],
)
def test_a_refusal_is_told_by_its_code(told: str, error: str, message: str) -> None:
    with pytest.raises(oauth.AuthorizationRefused) as refused:
        returned({"error": told, "error_description": "Click <b>here</b>", "code": "c"})
    assert (refused.value.error, refused.value.message) == (error, message)


ISSUER = {"issuer": "https://auth.example.com"}


def test_the_issuer_is_compared_where_it_is_known() -> None:
    good = {"code": "c", "iss": "https://auth.example.com"}
    assert returned(good, **ISSUER).code == "c"
    assert returned({"code": "c"}, **ISSUER).code == "c"
    for wrong in ("https://auth.example.com/", "https://evil.test", "HTTPS://auth.example.com"):
        with pytest.raises(oauth.WrongIssuer):
            returned({"code": "c", "iss": wrong}, **ISSUER)
        with pytest.raises(oauth.WrongIssuer):
            returned({"error": "access_denied", "iss": wrong}, **ISSUER)


def test_an_issuer_that_is_always_sent_may_not_be_missing() -> None:
    with pytest.raises(oauth.WrongIssuer):
        returned({"code": "c"}, issuer_required=True, **ISSUER)
    with pytest.raises(oauth.AuthorizationRefused):
        returned({"error": "access_denied"}, issuer_required=True, **ISSUER)


def test_what_the_callback_tells_is_kept_when_it_may_be_that() -> None:
    declared = {
        "captured": [
            {"key": "realm", "source": "callback", "path": "realmId", "pattern": "[0-9]{1,20}"},
            {
                "key": "accounts",
                "source": "callback",
                "path": "accounts-server",
                "kind": "host",
                "hosts": ["accounts.example.com", "accounts.example.eu"],
                "required": False,
            },
        ]
    }
    found = returned(
        {"code": "c", "realmId": "42", "accounts-server": "https://accounts.example.eu"}, **declared
    )
    assert found.captured == {"realm": "42", "accounts": "accounts.example.eu"}
    assert returned({"code": "c", "realmId": "42"}, **declared).captured == {"realm": "42"}
    for wrong in (
        {},
        {"realmId": "x"},
        {"realmId": "42\n"},
        {"realmId": "42", "accounts-server": "https://evil.test"},
    ):
        with pytest.raises(oauth.BadCapture):
            returned({"code": "c"} | wrong, **declared)
