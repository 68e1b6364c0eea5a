"""What goes over the wire: nothing malformed, and a credential only to the hosts it is for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

import pytest
from hypothesis import given, strategies as st

from spojit.lib.outbound import (
    AddressRefused,
    InvalidRequest,
    Outgoing,
    Parts,
    Request,
    send,
)
from spojit.lib.outbound.preparing import check_headers
from tests import servers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SECRET = "s3cret-of-alice"
HOSTS = frozenset({"127.0.0.1"})
EVERY_PART = [
    Parts(headers={"X-Api-Key": SECRET}),
    Parts(query=[("key", SECRET)]),
    Parts(body_fields={"key": SECRET}),
    Parts(path={"token": SECRET}),
]


@pytest.fixture
def server() -> Iterator[servers.Server]:
    with servers.recording() as running:
        yield running


def test_a_request_arrives_as_given(server: servers.Server) -> None:
    request = Request(
        "patch",
        f"{server.url}/things/7?a=1",
        headers={"Content-Type": "text/plain", "X-Thing": "ü"},
        query=[("b", "2 & 3"), ("b", "4")],
        body=b"body",
    )
    answer = send(request, policy=servers.policy(server))
    received = server.requests[0]
    assert (received.method, received.path) == ("PATCH", "/things/7")
    assert received.query == [("a", "1"), ("b", "2 & 3"), ("b", "4")]
    assert received.body == b"body"
    assert received.headers == {
        "accept": "*/*",
        "accept-encoding": "gzip, deflate",
        "content-length": "4",
        "content-type": "text/plain",
        "host": f"127.0.0.1:{server.port}",
        "user-agent": "Spojit",
        "x-thing": "ü",
    }
    assert answer.url == f"{server.url}/things/7"


def test_every_part_of_a_credential_arrives(server: servers.Server) -> None:
    request = Request(
        "POST",
        f"{server.url}/bot{{token}}/send?api_key=overridden",
        headers={"authorization": "overridden", "X-Other": "kept"},
        body=b"text=hello+you&key=overridden",
        credential=Parts(
            headers={"Authorization": "Bearer one"},
            query=[("api_key", "two/2")],
            body_fields={"key": "three"},
            path={"token": "four/4"},
        ),
        secret_hosts=HOSTS,
    )
    answer = send(request, policy=servers.policy(server))
    received = server.requests[0]
    assert received.target == "/botfour%2F4/send?api_key=two%2F2"
    assert received.headers["authorization"] == "Bearer one"
    assert received.headers["content-type"] == "application/x-www-form-urlencoded"
    assert parse_qsl(received.body.decode()) == [("text", "hello you"), ("key", "three")]
    assert b"overridden" not in server.everything
    assert "four" not in answer.url


@pytest.mark.parametrize("body", [None, b"", b'{"a": [1]}'])
def test_a_credential_is_put_into_json(server: servers.Server, body: bytes | None) -> None:
    request = Request("POST", server.url, headers={"content-type": "application/json"}, body=body)
    request.credential, request.secret_hosts = Parts(body_fields={"key": SECRET}), HOSTS
    send(request, policy=servers.policy(server))
    expected = {"a": [1], "key": SECRET} if body else {"key": SECRET}
    assert json.loads(server.requests[0].body) == expected


@pytest.mark.parametrize(
    ("kind", "body"),
    [("application/json", b"[1]"), ("application/json", b"{"), ("text/xml", b"<a/>")],
)
def test_a_credential_is_put_into_nothing_else(
    server: servers.Server, kind: str, body: bytes
) -> None:
    request = Request("POST", server.url, headers={"Content-Type": kind}, body=body)
    request.credential, request.secret_hosts = Parts(body_fields={"key": SECRET}), HOSTS
    with pytest.raises(InvalidRequest):
        send(request, policy=servers.policy(server))
    assert server.connections == 0


@pytest.mark.parametrize("hosts", [set(), {"other.test"}, {"127.0.0.1:1"}, {"127.0.0.1.evil.test"}])
@pytest.mark.parametrize("credential", EVERY_PART)
def test_a_credential_goes_to_its_own_hosts_only(
    server: servers.Server, credential: Parts, hosts: set[str]
) -> None:
    request = Request("POST", f"{server.url}/{{token}}", credential=credential)
    request.secret_hosts = frozenset(hosts)
    with pytest.raises(AddressRefused) as refusal:
        send(request, policy=servers.policy(server))
    assert server.connections == 0
    assert refusal.value.message == "The credential is not for 127.0.0.1."


@pytest.mark.parametrize("form", ["API.test", "api.test:{port}"])
def test_a_host_of_a_credential_may_name_a_port(server: servers.Server, form: str) -> None:
    request = Request("GET", server.url_for("api.test"), credential=EVERY_PART[0])
    request.secret_hosts = frozenset({form.format(port=server.port)})
    send(request, policy=servers.policy(server, names={"api.test": "127.0.0.1"}))
    assert server.requests[0].headers["x-api-key"] == SECRET


def test_a_signer_sees_all_and_signs_last(server: servers.Server) -> None:
    seen: list[Outgoing] = []

    def sign(outgoing: Outgoing) -> Mapping[str, str]:
        seen.append(outgoing)
        return {"authorization": f"Signed {len(outgoing.body)}"}

    request = Request("POST", f"{server.url}/x", headers={"Authorization": "none"}, body=b"12345")
    request.query, request.signer, request.secret_hosts = [("a", "b c")], sign, HOSTS
    send(request, policy=servers.policy(server))
    assert seen[0].url == f"{server.url}/x?a=b%20c"
    assert seen[0].headers["Host"] == f"127.0.0.1:{server.port}"
    assert server.requests[0].headers["authorization"] == "Signed 5"


def test_a_signer_signs_for_its_own_hosts_only(server: servers.Server) -> None:
    request = Request("GET", server.url, signer=lambda _: {"Authorization": SECRET})
    with pytest.raises(AddressRefused):
        send(request, policy=servers.policy(server))
    assert server.connections == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-Thing", f"{SECRET}\r\nX-Other: injected"),
        ("X-Thing", f"{SECRET}\n"),
        ("X-Thing", f"{SECRET}\n folded"),
        ("X-Thing", f"{SECRET}\0"),
        ("X-Thing", f"{SECRET}\x7f"),
        ("X-Thing", f"{SECRET}\u2028"),
        ("X-Thing", f"{SECRET}\u0100"),
        ("Host", "evil.test"),
        ("content-length", "0"),
        ("Transfer-Encoding", "chunked"),
        ("Connection", "upgrade"),
        ("Proxy-Authorization", SECRET),
    ],
)
@pytest.mark.parametrize("where", ["headers", "credential", "signer"])
def test_a_header_that_could_break_out_is_refused_by_name(
    server: servers.Server, where: str, name: str, value: str
) -> None:
    request = Request("GET", server.url, secret_hosts=HOSTS)
    if where == "headers":
        request.headers = {name: value}
    elif where == "credential":
        request.credential = Parts(headers={name: value})
    else:
        request.signer = lambda _: {name: value}
    with pytest.raises(InvalidRequest) as refusal:
        send(request, policy=servers.policy(server))
    assert name in refusal.value.message
    assert SECRET not in refusal.value.message
    assert refusal.value.surely_not_sent
    assert server.connections == 0


@pytest.mark.parametrize("name", ["", "X Thing", "X:Thing", "X-Thing\r\n", "Ü", "X\0"])
def test_a_malformed_name_is_refused(name: str) -> None:
    with pytest.raises(InvalidRequest):
        check_headers({name: "value"})


@given(st.text())
def test_no_accepted_value_holds_a_line_break_or_control(value: str) -> None:
    try:
        check_headers({"X-Thing": value})
    except InvalidRequest:
        return
    encoded = value.encode("latin-1")
    assert not set(encoded) & (set(range(32)) - {9} | {127})


@pytest.mark.parametrize("method", ["", "GET ", "GET /", "CONNECT", "trace", "G\r\nET", "GÉT"])
def test_a_malformed_method_is_refused(server: servers.Server, method: str) -> None:
    with pytest.raises(InvalidRequest):
        send(Request(method, server.url), policy=servers.policy(server))
    assert server.connections == 0


def test_a_place_in_the_path_must_exist(server: servers.Server) -> None:
    request = Request("GET", f"{server.url}/", credential=EVERY_PART[3], secret_hosts=HOSTS)
    with pytest.raises(InvalidRequest):
        send(request, policy=servers.policy(server))


def test_nothing_secret_is_shown(server: servers.Server) -> None:
    request = Request(
        "GET",
        f"{server.url}/?key={SECRET}",
        headers={"X": SECRET},
        query=[("a", SECRET)],
        body=SECRET.encode(),
        credential=Parts(headers={"X-Key": SECRET}),
        secret_hosts=HOSTS,
    )
    answer = send(request, policy=servers.policy(server))
    assert SECRET not in f"{request!r} {answer!r} {request.credential} {answer.headers!r}"
