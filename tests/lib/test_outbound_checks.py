"""The check of a name: all its addresses, its port, its scheme, in bounded time."""

from __future__ import annotations

import socket
import threading
from time import monotonic

import pytest

from spojit.lib.outbound import (
    AddressRefused,
    NameNotFound,
    Policy,
    Request,
    TimedOut,
    check_host,
    check_url,
    configure,
    send,
)
from spojit.lib.outbound.policy import system_resolver
from tests import servers

PUBLIC = "93.184.215.14"
PUBLIC_IPV6 = "2606:4700:4700::1111"


def make_policy(*addresses: str, **changes: object) -> Policy:
    return Policy(resolver=lambda host, port: list(addresses), **changes)  # type: ignore[arg-type]


def test_a_checked_url_is_pinned() -> None:
    pinned = check_url("https://API.test/x?y", policy=make_policy(PUBLIC, PUBLIC_IPV6))
    assert (pinned.scheme, pinned.host, pinned.port) == ("https", "api.test", 443)
    assert (pinned.address, pinned.family) == (PUBLIC, socket.AF_INET)
    assert pinned.addresses == (PUBLIC, PUBLIC_IPV6)


def test_an_ipv6_address_is_pinned() -> None:
    pinned = check_url(f"https://[{PUBLIC_IPV6}]/", policy=make_policy())
    assert (pinned.address, pinned.family) == (PUBLIC_IPV6, socket.AF_INET6)


@pytest.mark.parametrize(
    "addresses", [("127.0.0.1",), (PUBLIC, "10.0.0.1"), ("fe80::1", PUBLIC), ("fe80::1%eth0",)]
)
def test_one_closed_address_closes_the_name(addresses: tuple[str, ...]) -> None:
    with pytest.raises(AddressRefused) as refusal:
        check_url("https://api.test/", policy=make_policy(*addresses))
    assert refusal.value.message == "The address of api.test is private or reserved."


@pytest.mark.parametrize("port", [443, 80, 8443, 8080])
def test_the_usual_ports_are_open(port: int) -> None:
    assert check_url(f"https://api.test:{port}/", policy=make_policy(PUBLIC)).port == port


@pytest.mark.parametrize("port", [22, 25, 5432, 6379, 444])
def test_another_port_is_opened_by_the_connector(port: int) -> None:
    policy = make_policy(PUBLIC)
    with pytest.raises(AddressRefused):
        check_host("db.test", port, policy=policy)
    assert check_host("db.test", port, policy=policy.with_ports(port)).port == port


def test_a_policy_with_ports_is_made_once() -> None:
    policy = make_policy(PUBLIC)
    assert policy.with_ports(5432) is policy.with_ports(5432)
    assert policy.with_ports(443) is policy
    assert policy.with_total(15.0).total_seconds == 15.0


def test_plain_http_is_refused_on_the_internet() -> None:
    with pytest.raises(AddressRefused):
        check_url("http://api.test/", policy=make_policy(PUBLIC))


def test_plain_http_may_be_allowed() -> None:
    policy = make_policy(PUBLIC, schemes=frozenset({"http", "https"}))
    assert check_url("http://api.test/", policy=policy).port == 80


@pytest.mark.parametrize(
    ("addresses", "is_allowed"),
    [(("10.0.0.1",), True), (("10.0.0.1", PUBLIC), False), ((PUBLIC,), False)],
)
def test_plain_http_is_for_networks_that_the_operator_opened(
    addresses: tuple[str, ...], *, is_allowed: bool
) -> None:
    policy = configure_networks("10.0.0.0/8", addresses)
    if is_allowed:
        assert check_url("http://api.test/", policy=policy).address == "10.0.0.1"
    else:
        with pytest.raises(AddressRefused):
            check_url("http://api.test/", policy=policy)


def test_the_process_has_a_default() -> None:
    before = Policy.default()
    try:
        policy = configure(
            allowed_networks=["10.0.0.0/8"], resolver=lambda host, port: ["10.0.0.9"]
        )
        assert Policy.default() is policy
        assert check_host("inside.test", 443).address == "10.0.0.9"
    finally:
        configure(
            allowed_networks=before.allowed_networks,
            allowed_ports=before.allowed_ports,
            resolver=before.resolver,
            ca_bundle=before.ca_bundle,
        )


def test_an_unknown_name_is_not_found() -> None:
    with pytest.raises(NameNotFound):
        check_host("nowhere.test", 443, policy=make_policy())


def test_the_system_knows_localhost() -> None:
    assert "127.0.0.1" in system_resolver("localhost", 80)
    with pytest.raises(AddressRefused):
        check_url("https://localhost/", policy=Policy())


@pytest.mark.parametrize("error", [socket.gaierror(-2, "unknown"), OSError(), ValueError()])
def test_a_look_up_that_fails_finds_nothing(error: Exception) -> None:
    def fail(host: str, port: int) -> list[str]:
        raise error

    with pytest.raises(NameNotFound):
        check_host("api.test", 443, policy=Policy(resolver=fail))


def test_a_look_up_that_hangs_is_left_behind() -> None:
    release = threading.Event()

    def hang(host: str, port: int) -> list[str]:
        release.wait(10)
        return [PUBLIC]

    started = monotonic()
    with pytest.raises(TimedOut) as failure:
        send(
            Request("POST", "https://api.test/"), policy=Policy(resolver=hang, connect_seconds=0.2)
        )
    release.set()
    assert monotonic() - started < 1.0
    assert failure.value.surely_not_sent


def test_a_name_that_changes_its_address_is_connected_to_as_checked() -> None:
    """DNS rebinding: public when it is checked, loopback when somebody asks again."""
    answers = [["127.0.0.1"], ["127.0.0.2"], ["127.0.0.2"]]

    def change(host: str, port: int) -> list[str]:
        return answers.pop(0)

    with servers.recording() as server, servers.recording(host="127.0.0.2") as other:
        policy = servers.policy(server, other, resolver=change)
        for _ in range(3):
            answer = send(Request("GET", server.url_for("api.test")), policy=policy)
            assert answer.remote_address == "127.0.0.1"
    assert len(answers) == 2
    assert (len(server.requests), len(other.requests)) == (3, 0)


def test_a_name_that_turns_private_is_refused_at_the_next_check() -> None:
    answers = [["127.0.0.1"], ["10.0.0.1"]]
    with servers.recording() as server:
        policy = servers.policy(
            server, resolver=lambda host, port: answers.pop(0), check_seconds=0.0
        )
        send(Request("GET", server.url_for("api.test")), policy=policy)
        with pytest.raises(AddressRefused):
            send(Request("GET", server.url_for("api.test")), policy=policy)
    assert len(server.requests) == 1


def test_a_second_address_is_tried_when_the_first_is_dead() -> None:
    with servers.recording(host="127.0.0.2") as server:
        policy = servers.policy(server, names={"api.test": ["127.0.0.3", "127.0.0.2"]})
        answer = send(Request("GET", server.url_for("api.test")), policy=policy)
    assert answer.remote_address == "127.0.0.2"


def configure_networks(network: str, addresses: tuple[str, ...]) -> Policy:
    return make_policy(*addresses, allowed_networks=servers.networks([network]))
