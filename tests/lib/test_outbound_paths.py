"""A credential that travels in the path: put in once, at its own host, and shown nowhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from spojit.lib.outbound import AddressRefused, Parts, Request, Unreachable, send
from spojit.lib.outbound.preparing import Hop, prepare
from spojit.lib.outbound.targets import read
from tests import servers

if TYPE_CHECKING:
    from tests.servers import Reply, Server

TOKEN = "123456789:AAsecret-of_alice0123456789abcdefgh"
ODD = "1/2?3#4%5 6+7é"
NAMES = {"first.test": "127.0.0.1", "second.test": "127.0.0.1"}


def make_request(server: Server, path: str = "/getMe", *, token: str = TOKEN) -> Request:
    return Request(
        "GET",
        server.url_for("first.test", f"/bot{{api_key}}{path}"),
        credential=Parts(path={"api_key": token}),
        secret_hosts=frozenset({"first.test"}),
    )


def redirected(location: str, *steps: str) -> dict[str, Reply]:
    replies = {f"/bot{TOKEN}/getMe": servers.redirect(location)}
    return replies | {step: servers.Reply() for step in steps}


def test_a_token_is_put_into_the_path_with_its_colon() -> None:
    with servers.recording() as server:
        answer = send(make_request(server), policy=servers.policy(server, names=NAMES))
    assert server.requests[0].target == f"/bot{TOKEN}/getMe"
    assert answer.url == server.url_for("first.test", "/bot%7Bapi_key%7D/getMe")


def test_nothing_in_a_value_changes_the_address() -> None:
    with servers.recording() as server:
        request = make_request(server, token=ODD)
        send(request, policy=servers.policy(server, names=NAMES))
    assert server.requests[0].target == "/bot1%2F2%3F3%234%255%206%2B7%C3%A9/getMe"


@pytest.mark.parametrize("spelling", ["{api_key}", "%7Bapi_key%7D", "%7bapi_key%7d"])
def test_what_a_caller_writes_behind_is_never_filled_in(spelling: str) -> None:
    with servers.recording() as server:
        request = make_request(server, f"/say/{spelling}?text={spelling}")
        send(request, policy=servers.policy(server, names=NAMES))
    target = server.requests[0].target
    assert target.startswith(f"/bot{TOKEN}/say/%7")
    assert target.count(TOKEN) == 1


@pytest.mark.parametrize("path", ["/landed", "/bot%7Bapi_key%7D/x", "/%7Bapi_key%7D"])
def test_another_host_gets_neither_token_nor_referer(path: str) -> None:
    with servers.recording() as second:
        location = second.url_for("second.test", path)
        with servers.recording(servers.redirect(location)) as first:
            policy = servers.policy(first, second, names=NAMES)
            answer = send(make_request(first), policy=policy)
    assert TOKEN.encode() in first.everything
    assert b"of_alice" not in second.everything
    assert set(second.requests[0].headers) == {"accept", "accept-encoding", "host", "user-agent"}
    assert not answer.is_authorized


@pytest.mark.parametrize(
    "place", [f"/bot{TOKEN}/x", f"/bot{TOKEN.replace(':', '%3A')}/x", f"/bot{TOKEN}"]
)
def test_a_redirect_cannot_carry_the_token_to_another_host(place: str) -> None:
    with servers.recording() as second:
        location = second.url_for("second.test", place)
        with servers.recording(servers.redirect(location)) as first:
            policy = servers.policy(first, second, names=NAMES)
            with pytest.raises(AddressRefused) as failure:
                send(make_request(first), policy=policy)
    assert second.requests == []
    assert "of_alice" not in f"{failure.value!r} {failure.value.message} {failure.value.hint}"


def test_a_redirect_that_repeats_the_token_in_a_query_is_followed_without_it() -> None:
    with servers.recording() as second:
        location = second.url_for("second.test", f"/landed?a=1&from=/bot{TOKEN}/getMe#{TOKEN}")
        with servers.recording(servers.redirect(location)) as first:
            send(make_request(first), policy=servers.policy(first, second, names=NAMES))
    assert second.requests[0].target == "/landed?a=1"


@pytest.mark.parametrize(
    ("location", "then"),
    [
        ("getUser", f"/bot{TOKEN}/getUser"),
        (f"/bot{TOKEN}/getUser", f"/bot{TOKEN}/getUser"),
        ("/elsewhere", "/elsewhere"),
    ],
)
def test_a_redirect_at_home_goes_where_it_says(location: str, then: str) -> None:
    with servers.recording(redirected(location, then)) as server:
        answer = send(make_request(server), policy=servers.policy(server, names=NAMES))
    assert server.requests[1].target == then
    assert "of_alice" not in answer.url


def test_a_token_does_not_come_back_from_another_host() -> None:
    home = servers.Reply()
    steps: dict[str, Reply] = {"/back/%7Bapi_key%7D": home}
    with servers.recording(steps) as first:
        back = servers.redirect(first.url_for("first.test", "/back/{api_key}"))
        with servers.recording(back) as second:
            steps[f"/bot{TOKEN}/getMe"] = servers.redirect(second.url_for("second.test", "/on"))
            send(make_request(first), policy=servers.policy(first, second, names=NAMES))
    assert [request.target for request in first.requests] == [
        f"/bot{TOKEN}/getMe",
        "/back/%7Bapi_key%7D",
    ]


def test_a_failure_on_the_way_does_not_name_the_path() -> None:
    with servers.recording() as gone:
        request = make_request(gone)
        policy = servers.policy(gone, names=NAMES)
    with pytest.raises(Unreachable) as failure:
        send(request, policy=policy)
    assert "of_alice" not in f"{failure.value!r} {failure.value.message} {failure.value.hint}"


def test_what_goes_over_the_wire_shows_no_path() -> None:
    with servers.recording() as server:
        request, policy = make_request(server), servers.policy(server, names=NAMES)
    target = read(request.url)
    hop = Hop("GET", target, {}, None, carries_credential=True)
    wire = prepare(request, hop, policy)
    assert TOKEN in wire.target.path
    shown = f"{request!r} {request.credential!r} {hop!r} {wire!r} {wire.target!r}"
    assert "of_alice" not in shown
