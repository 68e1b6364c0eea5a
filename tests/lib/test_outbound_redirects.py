"""Redirects: each is checked again, and what authorizes never leaves its origin."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import pytest

from spojit.lib.outbound import (
    AddressRefused,
    BadAnswer,
    Outgoing,
    Parts,
    Policy,
    Request,
    Unreachable,
    send,
)
from tests import servers

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SECRET = "s3cret/of+alice=="
NAMES = {"first.test": "127.0.0.1", "second.test": "127.0.0.1"}
KINDS = {
    "bearer": Parts(headers={"Authorization": f"Bearer {SECRET}"}),
    "basic": Parts(
        headers={"Authorization": "Basic " + base64.b64encode(SECRET.encode()).decode()}
    ),
    "custom header": Parts(headers={"X-Api-Key": SECRET}),
    "cookie": Parts(headers={"Cookie": f"session={SECRET}"}),
    "query": Parts(query=[("api_key", SECRET)]),
    "body": Parts(body_fields={"api_key": SECRET}),
    "path": Parts(path={"token": SECRET}),
}


def make_request(server: servers.Server, credential: Parts, method: str = "GET") -> Request:
    path = "/go/{token}" if credential.path else "/go"
    return Request(
        method,
        server.url_for("first.test", path),
        headers={"X-Anything": "else", "Accept": "text/plain"},
        credential=credential,
        secret_hosts=frozenset({"first.test"}),
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_credential_stays_behind_when_the_host_changes(kind: str) -> None:
    with servers.recording() as second:
        location = second.url_for("second.test", "/landed")
        with servers.recording(servers.redirect(location)) as first:
            policy = servers.policy(first, second, names=NAMES)
            method = "POST" if kind == "body" else "GET"
            answer = send(make_request(first, KINDS[kind], method), policy=policy)
    assert holds_secret(first.everything)
    assert not holds_secret(second.everything)
    assert answer.url == location
    assert set(second.requests[0].headers) == {
        "accept",
        "accept-encoding",
        "host",
        "user-agent",
    }


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "body"])
def test_the_port_is_part_of_the_origin(kind: str) -> None:
    with servers.recording() as second:
        location = second.url_for("first.test", "/landed")
        with servers.recording(servers.redirect(location)) as first:
            send(
                make_request(first, KINDS[kind]), policy=servers.policy(first, second, names=NAMES)
            )
    assert not holds_secret(second.everything)


@pytest.mark.parametrize("kind", ["bearer", "custom header", "query"])
def test_a_credential_is_kept_on_its_own_origin(kind: str) -> None:
    answers = {"/go": servers.redirect("/landed?x=1&api_key=other"), "/landed": servers.Reply()}
    with servers.recording(answers) as server:
        send(make_request(server, KINDS[kind]), policy=servers.policy(server, names=NAMES))
    landed = server.requests[1]
    assert holds_secret(landed.raw)
    if kind == "query":
        assert landed.query == [("x", "1"), ("api_key", SECRET)]
    assert landed.headers["x-anything"] == "else"


def test_a_credential_does_not_come_back_after_a_detour() -> None:
    steps: dict[str, servers.Reply] = {}
    with servers.recording(steps) as first, servers.recording(steps) as second:
        steps["/go"] = servers.redirect(second.url_for("second.test", "/detour"))
        steps["/detour"] = servers.redirect(first.url_for("first.test", "/home"))
        steps["/home"] = servers.Reply()
        policy = servers.policy(first, second, names=NAMES)
        send(make_request(first, KINDS["bearer"]), policy=policy)
    assert [received.path for received in first.requests] == ["/go", "/home"]
    assert holds_secret(first.requests[0].raw)
    assert not holds_secret(first.requests[1].raw)


def test_a_signature_is_made_for_each_hop_of_its_origin_only() -> None:
    signed: list[str] = []

    def sign(outgoing: Outgoing) -> Mapping[str, str]:
        signed.append(outgoing.url)
        return {"Authorization": f"Signed {SECRET}"}

    steps: dict[str, servers.Reply] = {}
    with servers.recording(steps) as first, servers.recording(steps) as second:
        steps["/go"] = servers.redirect("/on")
        steps["/on"] = servers.redirect(second.url_for("second.test", "/landed"))
        request = make_request(first, Parts())
        request.signer = sign
        send(request, policy=servers.policy(first, second, names=NAMES))
    assert signed == [first.url_for("first.test", "/go"), first.url_for("first.test", "/on")]
    assert holds_secret(first.requests[1].raw)
    assert not holds_secret(second.everything)


@pytest.mark.parametrize("spelling", [SECRET, "s3cret%2Fof%2Balice%3D%3D"])
def test_a_service_cannot_pass_the_credential_on_in_a_query(spelling: str) -> None:
    with servers.recording() as second:
        location = second.url_for("second.test", f"/landed?a=1&leak={spelling}&b=2#{spelling}")
        with servers.recording(servers.redirect(location)) as first:
            policy = servers.policy(first, second, names=NAMES)
            send(make_request(first, KINDS["query"]), policy=policy)
    assert second.requests[0].query == [("a", "1"), ("b", "2")]
    assert not holds_secret(second.everything)


def test_a_service_cannot_pass_the_credential_on_in_a_path() -> None:
    with servers.recording() as second:
        location = second.url_for("second.test", f"/{SECRET}")
        with servers.recording(servers.redirect(location)) as first:
            policy = servers.policy(first, second, names=NAMES)
            with pytest.raises(AddressRefused) as failure:
                send(make_request(first, KINDS["bearer"]), policy=policy)
    assert second.requests == []
    assert not failure.value.surely_not_sent


@pytest.mark.parametrize("status", [307, 308])
def test_a_body_is_never_sent_to_another_origin(status: int) -> None:
    with servers.recording() as second:
        location = second.url_for("second.test", "/landed")
        with servers.recording(servers.redirect(location, status)) as first:
            request = make_request(first, Parts(), "POST")
            request.body = b"private"
            with pytest.raises(BadAnswer) as failure:
                send(request, policy=servers.policy(first, second, names=NAMES))
    assert second.connections == 0
    assert not failure.value.surely_not_sent


@pytest.mark.parametrize(
    ("status", "method", "then"),
    [
        (301, "POST", "GET"),
        (302, "POST", "GET"),
        (303, "POST", "GET"),
        (303, "PUT", "GET"),
        (303, "HEAD", "HEAD"),
        (302, "PUT", "PUT"),
        (307, "POST", "POST"),
        (308, "PATCH", "PATCH"),
    ],
)
def test_method_and_body_follow_the_standard(status: int, method: str, then: str) -> None:
    steps = {"/go": servers.redirect("/landed", status), "/landed": servers.Reply()}
    with servers.recording(steps) as server:
        request = make_request(server, Parts(), method)
        request.body = None if method == "HEAD" else b'{"a": 1}'
        request.headers["Content-Type"] = "application/json"
        send(request, policy=servers.policy(server, names=NAMES))
    landed = server.requests[1]
    assert landed.method == then
    assert landed.body == (b"" if then in {"GET", "HEAD"} else b'{"a": 1}')
    assert ("content-type" in landed.headers) == (then != "GET")


def test_body_fields_follow_a_body_on_its_origin() -> None:
    steps = {"/go": servers.redirect("/landed", 307), "/landed": servers.Reply()}
    with servers.recording(steps) as server:
        request = make_request(server, KINDS["body"], "POST")
        request.headers["Content-Type"], request.body = "application/json", b'{"a": 1}'
        send(request, policy=servers.policy(server, names=NAMES))
    assert json.loads(server.requests[1].body) == {"a": 1, "api_key": SECRET}


@pytest.mark.parametrize(("redirects", "is_followed"), [(5, True), (6, False)])
def test_five_redirects_are_followed(redirects: int, *, is_followed: bool) -> None:
    steps = {f"/{number}": servers.redirect(f"/{number + 1}") for number in range(redirects)}
    steps[f"/{redirects}"] = servers.Reply()
    with servers.recording(steps) as server:
        request, policy = Request("GET", f"{server.url}/0"), servers.policy(server)
        if is_followed:
            assert send(request, policy=policy).status == 200
        else:
            with pytest.raises(BadAnswer):
                send(request, policy=policy)
    assert len(server.requests) == 6


def test_a_redirect_can_be_left_unfollowed() -> None:
    with servers.recording(servers.redirect("/landed")) as server:
        request = Request("GET", server.url, follow_redirects=False)
        answer = send(request, policy=servers.policy(server))
    assert (answer.status, answer.headers["location"]) == (302, "/landed")


@pytest.mark.parametrize(
    "location",
    [
        "http://169.254.169.254/",
        "http://[::ffff:169.254.169.254]/",
        "http://10.0.0.1/",
        "http://2130706433/",
        "http://user:password@127.0.0.1/",
        "http://127.0.0.1:22/",
        "//10.0.0.1/",
        "http://inside.test/",
    ],
)
def test_every_hop_is_checked(location: str) -> None:
    with servers.recording(servers.redirect(location)) as server:
        policy = servers.policy(server, names={"inside.test": ["1.1.1.1", "10.0.0.1"]})
        with pytest.raises(AddressRefused) as failure:
            send(Request("POST", server.url), policy=policy)
    assert not failure.value.surely_not_sent
    assert server.connections == 1


def test_https_is_not_left_for_http(tmp_path: Path) -> None:
    authority = servers.Authority(tmp_path)
    with servers.recording() as second:
        reply = servers.redirect(second.url)
        with servers.recording(reply, tls=authority.issue("first.test")) as first:
            policy = servers.policy(first, second, names=NAMES, authority=authority)
            with pytest.raises(AddressRefused):
                send(Request("GET", first.url_for("first.test")), policy=policy)
    assert second.connections == 0


def test_an_address_in_other_scripts_is_followed() -> None:
    location = "/größe".encode().decode("latin-1")
    steps = {"/go": servers.redirect(location), "/gr%C3%B6%C3%9Fe": servers.Reply()}
    with servers.recording(steps) as server:
        answer = send(make_request(server, Parts()), policy=servers.policy(server, names=NAMES))
    assert answer.status == 200


def test_where_an_answer_came_from_tells_no_secret() -> None:
    reply = servers.redirect("/moved/s3cret%2Fof%2Balice%3D%3D")
    steps = {"/go/s3cret%2Fof%2Balice%3D%3D": reply}
    with servers.recording(steps) as server:
        request = make_request(server, KINDS["path"])
        answer = send(request, policy=servers.policy(server, names=NAMES))
    assert len(server.requests) == 2
    assert answer.url == server.url_for("first.test", "/••••")


def test_a_later_hop_that_fails_does_not_count_as_unsent() -> None:
    with servers.recording() as gone:
        pass
    with servers.recording(servers.redirect(gone.url)) as server:
        policy: Policy = servers.policy(server, gone)
        with pytest.raises(Unreachable) as failure:
            send(Request("POST", server.url), policy=policy)
    assert not failure.value.surely_not_sent


def holds_secret(data: bytes) -> bool:
    encoded = base64.b64encode(SECRET.encode())
    return any(form in data for form in (SECRET.encode(), b"s3cret", encoded))
