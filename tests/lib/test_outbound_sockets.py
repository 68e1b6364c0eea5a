"""The audit hook: in a worker, no socket goes where nobody checked."""

from __future__ import annotations

import socket
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from spojit.lib.outbound import AddressRefused, Policy, check_host, sockets
from tests import servers

if TYPE_CHECKING:
    from collections.abc import Iterator

EVENT = "socket.connect"


@pytest.fixture
def opened() -> Iterator[socket.socket]:
    with socket.socket() as made:
        yield made


@pytest.fixture(autouse=True)
def forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "_checked", {})
    monkeypatch.setattr(sockets, "_own", set())
    monkeypatch.setattr(sockets, "_own_addresses", {})
    monkeypatch.setattr(sockets, "_thread", sockets._Thread())


@pytest.mark.parametrize(
    "destination",
    [("93.184.215.14", 443), ("127.0.0.1", 5432), ("localhost", 6379), ("api.test", 443)],
)
@pytest.mark.parametrize("event", ["socket.connect", "socket.sendto", "socket.sendmsg"])
def test_what_nobody_checked_is_stopped(
    opened: socket.socket, event: str, destination: tuple[str, int]
) -> None:
    with pytest.raises(AddressRefused):
        sockets._watch(event, (opened, destination))


def test_what_was_checked_passes_at_its_port_only(opened: socket.socket) -> None:
    policy = Policy(resolver=lambda host, port: ["93.184.215.14", "2606:4700::1"])
    check_host("db.test", 5432, policy=policy.with_ports(5432))
    sockets._watch(EVENT, (opened, ("93.184.215.14", 5432)))
    with socket.socket(socket.AF_INET6) as opened_ipv6:
        sockets._watch(EVENT, (opened_ipv6, ("2606:4700:0::1", 5432, 0, 0)))
    for destination in [("93.184.215.14", 443), ("93.184.215.15", 5432), ("db.test", 5432)]:
        with pytest.raises(AddressRefused):
            sockets._watch(EVENT, (opened, destination))


def test_a_refused_check_opens_nothing(opened: socket.socket) -> None:
    with pytest.raises(AddressRefused):
        check_host("127.0.0.1", 443, policy=Policy())
    with pytest.raises(AddressRefused):
        sockets._watch(EVENT, (opened, ("127.0.0.1", 443)))


def test_a_check_counts_for_minutes_only(
    opened: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "CHECKED_SECONDS", -1.0)
    sockets.remember("93.184.215.14", 443)
    with pytest.raises(AddressRefused):
        sockets._watch(EVENT, (opened, ("93.184.215.14", 443)))


def test_our_own_services_pass_by_name_and_address(opened: socket.socket) -> None:
    sockets.allow_own("LOCALHOST", 6379)
    sockets.allow_own("10.0.0.5", 25)
    for destination in [("localhost", 6379), ("127.0.0.1", 6379), ("10.0.0.5", 25)]:
        sockets._watch(EVENT, (opened, destination))
    for destination in [("localhost", 6380), ("127.0.0.2", 6379), ("10.0.0.6", 25)]:
        with pytest.raises(AddressRefused):
            sockets._watch(EVENT, (opened, destination))


def test_our_own_service_may_move(opened: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    addresses = {"10.0.0.5"}
    monkeypatch.setattr(sockets, "_look_up", lambda name: set(addresses))
    sockets.allow_own("broker.internal", 6379)
    sockets._watch(EVENT, (opened, ("10.0.0.5", 6379)))
    addresses.add("10.0.0.6")
    sockets._watch(EVENT, (opened, ("10.0.0.6", 6379)))


def test_a_name_of_ours_may_stand_for_many_addresses(
    opened: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "_look_up", lambda name: set())
    sockets.allow_own("kms.test", 443)
    sockets._watch("socket.getaddrinfo", ("other.test", 443, 0, 0, 0))
    with pytest.raises(AddressRefused):
        sockets._watch(EVENT, (opened, ("93.184.215.20", 443)))
    sockets._watch("socket.getaddrinfo", ("KMS.test", 443, 0, 0, 0))
    sockets._watch(EVENT, (opened, ("93.184.215.21", 443)))
    with pytest.raises(AddressRefused):
        sockets._watch(EVENT, (opened, ("93.184.215.21", 444)))
    with ThreadPoolExecutor(1) as thread, pytest.raises(AddressRefused):
        thread.submit(sockets._watch, EVENT, (opened, ("93.184.215.21", 443))).result()


@pytest.mark.parametrize("host", ["api.test", "93.184.215.14", None])
def test_only_the_last_look_up_counts(
    opened: socket.socket, monkeypatch: pytest.MonkeyPatch, host: str | None
) -> None:
    monkeypatch.setattr(sockets, "_look_up", lambda name: set())
    sockets.allow_own("kms.test", 443)
    sockets._watch("socket.getaddrinfo", ("kms.test", 443, 0, 0, 0))
    sockets._watch("socket.getaddrinfo", (host, 443, 0, 0, 0))
    with pytest.raises(AddressRefused):
        sockets._watch(EVENT, (opened, ("93.184.215.14", 443)))


def test_our_own_second_look_opens_nothing(opened: socket.socket) -> None:
    sockets.allow_own("localhost", 443)
    for _ in range(2):
        with pytest.raises(AddressRefused):
            sockets._watch(EVENT, (opened, ("93.184.215.20", 443)))


def test_other_events_and_connected_sockets_pass(opened: socket.socket) -> None:
    sockets._watch("socket.bind", (opened, ("0.0.0.0", 80)))
    sockets._watch("socket.sendmsg", (opened, None))
    sockets._watch("open", ("/etc/hosts", "r", 0))


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "MOST_CHECKED", 3)
    for number in range(9):
        sockets.remember(f"93.184.215.{number}", 443)
    assert list(sockets._checked) == [(f"93.184.215.{number}", 443) for number in (6, 7, 8)]


def test_a_process_with_the_hook_reaches_only_what_was_checked() -> None:
    with servers.recording() as checked, servers.recording() as own, servers.recording() as closed:
        ports = map(str, [checked.port, own.port, closed.port])
        done = subprocess.run(
            [sys.executable, "-c", HOOKED, *ports], check=True, capture_output=True, text=True
        )
    assert done.stdout.split() == EXPECTED
    assert (checked.connections, own.connections, closed.connections) == (1, 1, 0)


EXPECTED = ["refused", "refused", "refused", "refused", "checked", "own", "unix"]
HOOKED = textwrap.dedent("""
    import socket, sys, tempfile, pathlib
    import pymysql, redis
    from spojit.lib import outbound
    from spojit.lib.outbound.addresses import networks

    checked, own, closed = map(int, sys.argv[1:])
    outbound.install_audit_hook()
    outbound.install_audit_hook()
    outbound.configure(allowed_networks=["127.0.0.0/8"], allowed_ports=[checked])
    outbound.allow_own("localhost", own)

    def attempt(connect):
        try:
            connect().close()
        except outbound.AddressRefused:
            print("refused")

    attempt(lambda: socket.create_connection(("127.0.0.1", closed)))
    attempt(lambda: socket.create_connection(("localhost", closed)))
    attempt(lambda: pymysql.connect(host="127.0.0.1", port=closed))
    try:
        redis.Redis(host="127.0.0.1", port=closed).ping()
    except outbound.AddressRefused:
        print("refused")
    pinned = outbound.check_host("127.0.0.1", checked)
    attempt(lambda: socket.create_connection((pinned.address, pinned.port)))
    print("checked")
    attempt(lambda: socket.create_connection(("127.0.0.1", own)))
    print("own")
    with tempfile.TemporaryDirectory() as folder:
        path = str(pathlib.Path(folder) / "s")
        with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
            server.bind(path)
            server.listen()
            client.connect(path)
            print("unix")
""")
