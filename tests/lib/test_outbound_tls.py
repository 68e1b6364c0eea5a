"""Certificates are checked against the name, while the connection goes to the checked address."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from spojit.lib.outbound import Policy, Request, TimedOut, TlsFailed, Unreachable, send
from tests import servers

if TYPE_CHECKING:
    from pathlib import Path

NAMES = {"api.test": "127.0.0.1", "other.test": "127.0.0.1"}


@pytest.fixture
def authority(tmp_path: Path) -> servers.Authority:
    return servers.Authority(tmp_path)


def test_host_and_server_name_stay_when_the_address_is_pinned(
    authority: servers.Authority,
) -> None:
    with servers.recording(tls=authority.issue("api.test")) as server:
        policy = servers.policy(server, names=NAMES, authority=authority)
        answer = send(Request("GET", server.url_for("api.test", "/user")), policy=policy)
    assert answer.remote_address == "127.0.0.1"
    assert answer.data == {}
    assert server.requests[0].headers["host"] == f"api.test:{server.port}"
    assert server.requests[0].server_name == "api.test"


def test_an_address_may_have_a_certificate(authority: servers.Authority) -> None:
    with servers.recording(tls=authority.issue("127.0.0.1")) as server:
        policy = servers.policy(server, authority=authority)
        assert send(Request("GET", server.url), policy=policy).status == 200


def test_a_certificate_of_another_name_is_refused(authority: servers.Authority) -> None:
    with servers.recording(tls=authority.issue("other.test")) as server:
        assert_refused(server, servers.policy(server, names=NAMES, authority=authority))


def test_an_expired_certificate_is_refused(authority: servers.Authority) -> None:
    with servers.recording(tls=authority.issue("api.test", is_expired=True)) as server:
        assert_refused(server, servers.policy(server, names=NAMES, authority=authority))


def test_a_certificate_of_a_stranger_is_refused(
    authority: servers.Authority, tmp_path: Path
) -> None:
    with servers.recording(tls=servers.Authority(tmp_path).issue("api.test")) as server:
        assert_refused(server, servers.policy(server, names=NAMES, authority=authority))
        assert_refused(server, servers.policy(server, names=NAMES))


def test_a_server_that_speaks_no_tls_is_refused() -> None:
    with servers.recording() as server:
        policy = servers.policy(server, names=NAMES, connect_seconds=0.3)
        with pytest.raises((TlsFailed, TimedOut)) as failure:
            send(Request("POST", f"https://api.test:{server.port}/"), policy=policy)
    assert failure.value.surely_not_sent
    assert server.requests == []


@pytest.mark.parametrize("kind", ["reset", "closed", "cut_body"])
def test_a_broken_secure_connection_is_unreachable(authority: servers.Authority, kind: str) -> None:
    with servers.faulty(kind, tls=authority.issue("api.test")) as server:
        policy = servers.policy(server, names=NAMES, authority=authority)
        with pytest.raises(Unreachable) as failure:
            send(Request("POST", server.url_for("api.test")), policy=policy)
    assert not failure.value.surely_not_sent


def test_a_secure_connection_is_kept(authority: servers.Authority) -> None:
    with servers.recording(tls=authority.issue("api.test")) as server:
        policy = servers.policy(server, names=NAMES, authority=authority)
        for _ in range(3):
            send(Request("GET", server.url_for("api.test")), policy=policy)
    assert server.connections == 1


def test_a_connection_is_not_shared_between_sets_of_trust(authority: servers.Authority) -> None:
    with servers.recording(tls=authority.issue("api.test")) as server:
        url = server.url_for("api.test")
        send(Request("GET", url), policy=servers.policy(server, names=NAMES, authority=authority))
        with pytest.raises(TlsFailed):
            send(Request("GET", url), policy=servers.policy(server, names=NAMES))


def assert_refused(server: servers.Server, policy: Policy) -> None:
    with pytest.raises(TlsFailed) as failure:
        send(Request("POST", server.url_for("api.test")), policy=policy)
    assert failure.value.surely_not_sent
    assert failure.value.message == "No secure connection to api.test could be made."
    assert server.requests == []
