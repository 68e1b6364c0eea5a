"""Signatures of OAuth 1: the RFC's base string, NetSuite's documented one, and Authlib's server."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
from authlib.oauth1.rfc5849.client_auth import ClientAuth
from authlib.oauth1.rfc5849.signature import generate_signature_base_string, verify_hmac_sha1
from authlib.oauth1.rfc5849.wrapper import OAuth1Request
from hypothesis import given, settings, strategies as st

from connectors import checks, execution, templates
from connectors.manifest import Connector
from connectors.schemes import oauth1
from spojit.lib.outbound import InvalidRequest
from spojit.lib.outbound.types import Outgoing
from tests.connectors.oauth import service

if TYPE_CHECKING:
    from tests.connectors.recording import Recorder

# The example of the page "The Signature for Web Services and RESTlets" in NetSuite's help,
# https://docs.oracle.com/en/cloud/saas/netsuite/ns-online-help/section_1534941088.html
NETSUITE = oauth1.Keys(
    consumer_key="ef40afdd8abaac111b13825dd5e5e2ddddb44f86d5a0dd6dcf38c20aae6b67e4",
    consumer_secret="d26ad321a4b2f23b0741c8d38392ce01c3e23e109df6c96eac6d099e9ab9e8b5",
    token="2b0ce516420110bcbd36b69e99196d1b7f6de3c6234c5afb799b73d87569f5cc",
    token_secret="c29a677df7d5439a458c063654187e3d678d73aca8e3c9d8bea1478a3eb0d295",
    realm="123456",
)
FORM = "application/x-www-form-urlencoded"
NONCE, TIMESTAMP = "fjaLirsIcCGVZWzBX0pg", 1_508_242_306


def header(outgoing: Outgoing, keys: oauth1.Keys = NETSUITE) -> dict[str, str]:
    """Sign, and read the header's parameters."""
    signed = oauth1.sign(outgoing, keys, nonce=NONCE, timestamp=TIMESTAMP)
    assert signed.keys() == {"Authorization"}
    kind, _, rest = signed["Authorization"].partition(" ")
    assert kind == "OAuth"
    pairs = [pair.partition("=") for pair in rest.split(", ")]
    return {name: value.strip('"') for name, _, value in pairs}


def test_a_request_is_signed_as_netsuite_documents_it() -> None:
    url = "https://123456.suitetalk.api.netsuite.com/services/rest/record/v1/employee/40"
    host = {"Host": "123456.suitetalk.api.netsuite.com"}
    assert header(Outgoing("GET", url, host, b"")) == {
        "realm": "123456",
        "oauth_consumer_key": NETSUITE.consumer_key,
        "oauth_token": NETSUITE.token,
        "oauth_nonce": NONCE,
        "oauth_timestamp": str(TIMESTAMP),
        "oauth_signature_method": "HMAC-SHA256",
        "oauth_version": "1.0",
        "oauth_signature": "B5OIWznZ2YP0OB7VrJrGkYsTh%2B8H%2B5T9Hag%2Bo92q0zY%3D",
    }


def test_the_base_string_is_that_of_the_rfc(monkeypatch: pytest.MonkeyPatch) -> None:
    """RFC 5849 section 3.4.1.1, but with https, another method's name, and with the version."""
    seen: list[str] = []

    def keep(_client: Any, request: Any) -> str:
        seen.append(generate_signature_base_string(request))
        return "x"

    monkeypatch.setitem(ClientAuth.SIGNATURE_METHODS, "KEEP", keep)
    keys = oauth1.Keys(
        "9djdj82h48djs9d2", "j49sk3j29djd", "kkk9d7dh3k39sjv7", "dh893hdasih9", method="KEEP"
    )
    sent = Outgoing(
        "POST",
        "https://example.com/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b",
        {"Host": "example.com", "Content-Type": FORM},
        b"c2&a3=2+q",
    )
    oauth1.sign(sent, keys, nonce="7d8f3e4a", timestamp=137131201)
    assert seen == [
        (
            "POST&https%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D"
            "%25253D%26c%2540%3D%26c2%3D%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e"
            "4a%26oauth_signature_method%3DKEEP%26oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3"
            "k39sjv7%26oauth_version%3D1.0"
        )
    ]


def server_agrees(outgoing: Outgoing, keys: oauth1.Keys) -> bool:
    """Let Authlib's server side work the signature out of the whole request, as it was sent."""
    signed = oauth1.sign(outgoing, keys, nonce=NONCE, timestamp=TIMESTAMP)
    is_form = outgoing.headers.get("Content-Type") == FORM
    body = outgoing.body.decode() if is_form else None
    request = OAuth1Request(outgoing.method, outgoing.url, body, {**outgoing.headers, **signed})
    request.client = SimpleNamespace(get_client_secret=lambda: keys.consumer_secret)
    request.credential = SimpleNamespace(get_oauth_token_secret=lambda: keys.token_secret)
    text = generate_signature_base_string(request)
    if keys.method == "HMAC-SHA1":
        return bool(verify_hmac_sha1(request))
    client = SimpleNamespace(client_secret=keys.consumer_secret, token_secret=keys.token_secret)
    assert text.startswith(outgoing.method)
    return bool(oauth1.sign_hmac_sha256(client, request) == request.signature)


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=12)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(TEXTS.filter(bool), TEXTS), max_size=4),
    st.lists(st.tuples(TEXTS.filter(bool), TEXTS), max_size=4),
    st.sampled_from(["HMAC-SHA1", "HMAC-SHA256"]),
)
def test_whatever_is_sent_the_server_finds_the_same_signature(
    query: list[tuple[str, str]], form: list[tuple[str, str]], method: str
) -> None:
    keys = replace(NETSUITE, method=method, realm="")
    url = f"https://api.example.com:8443/v1/x?{urlencode(query)}"
    headers = {"Host": "api.example.com:8443", "Content-Type": FORM}
    assert server_agrees(Outgoing("PUT", url, headers, urlencode(form).encode()), keys)


def test_a_body_that_is_no_form_is_not_signed() -> None:
    url = "https://api.example.com/v1"
    headers = {"Host": "api.example.com", "Content-Type": "application/json"}
    found = {
        header(Outgoing("POST", url, headers, body))["oauth_signature"] for body in (b"{}", b"")
    }
    assert len(found) == 1


def test_characters_that_need_no_escape_may_be_sent_so() -> None:
    plain = "https://api.example.com/v1?$filter=name%20eq%20'x'&a[]=1"
    escaped = "https://api.example.com/v1?%24filter=name%20eq%20%27x%27&a%5B%5D=1"
    headers = {"Host": "api.example.com"}
    signatures = {
        header(Outgoing("GET", url, headers, b""))["oauth_signature"] for url in (plain, escaped)
    }
    assert len(signatures) == 1


def test_nothing_is_signed_for_plain_http() -> None:
    with pytest.raises(InvalidRequest):
        header(Outgoing("GET", "http://api.example.com/v1", {"Host": "api.example.com"}, b""))


def test_no_secret_of_a_signature_is_shown() -> None:
    assert NETSUITE.consumer_secret not in repr(NETSUITE)
    assert NETSUITE.token_secret not in repr(NETSUITE)


def netsuite(port: int) -> Connector:
    usual = service.connector(port)
    scheme = {
        "key": "oauth1",
        "label": "Token",
        "source": service.SOURCE,
        "fields": [
            {"key": "account", "label": "Account", "endpoint": True},
            {"key": "consumer_key", "label": "Consumer key"},
            {"key": "consumer_secret", "label": "Consumer secret", "secret": True},
            {"key": "token", "label": "Token"},
            {"key": "token_secret", "label": "Token secret", "secret": True},
        ],
        "oauth1": {"realm": "{account}"},
        "verification": usual.schemes[0].verification,
    }
    return Connector.model_validate(usual.model_dump() | {"schemes": [scheme], "tools": []})


VALUES = {
    "account": "1234567_SB1",
    "consumer_key": "the-consumer",
    "consumer_secret": "consumer-secret-1",
    "token": "the-token",
    "token_secret": "token-secret-1",
}


def test_a_connection_signs_each_request_and_sends_no_secret(recorder: Recorder) -> None:
    found = netsuite(recorder.port)
    assert checks.problems(found) == []
    recorder.reply({"id": "7"})
    scheme, policy = found.schemes[0], recorder.policy()
    assert execution.verify(found, scheme, VALUES, policy=policy).account_id == "7"
    assert execution.verify(found, scheme, VALUES, policy=policy).account_id == "7"
    first, second = recorder.requests
    assert first.headers["authorization"].startswith('OAuth realm="1234567_SB1", oauth_nonce="')
    assert first.headers["authorization"] != second.headers["authorization"]
    for secret in (b"consumer-secret-1", b"token-secret-1"):
        assert secret not in first.raw
    keys = oauth1.keys_of(scheme, VALUES)
    url = f"https://{first.headers['host']}{first.target}"
    request = OAuth1Request("GET", url, None, {"Authorization": first.headers["authorization"]})
    client = SimpleNamespace(client_secret=keys.consumer_secret, token_secret=keys.token_secret)
    assert request.signature == oauth1.sign_hmac_sha256(client, request)


def test_without_a_secret_nothing_is_sent(recorder: Recorder) -> None:
    found = netsuite(recorder.port)
    values = {key: value for key, value in VALUES.items() if key != "token_secret"}
    verified = execution.verify(found, found.schemes[0], values, policy=recorder.policy())
    assert verified.outcome.name == "request_refused"
    assert recorder.requests == []
    with pytest.raises(templates.Unfilled):
        oauth1.keys_of(found.schemes[0], values)
