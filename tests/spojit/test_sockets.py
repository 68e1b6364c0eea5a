"""The guard that keeps tests on this machine."""

from __future__ import annotations

import socket

import pytest

from tests.sockets import OutsideAddress


def test_an_address_beyond_this_machine_is_refused() -> None:
    with (
        socket.socket() as outside,
        pytest.raises(OutsideAddress, match=r"^Tests may not reach '203\.0\.113\.9'"),
    ):
        outside.connect(("203.0.113.9", 80))


def test_a_name_of_another_machine_is_not_looked_up() -> None:
    with pytest.raises(OutsideAddress, match=r"^Tests may not reach 'spojit\.example'"):
        socket.getaddrinfo("spojit.example", 443)


def test_loopback_is_reached() -> None:
    with socket.socket() as server, socket.socket() as client:
        server.bind(("127.0.0.1", 0))
        server.listen()
        assert client.connect_ex(server.getsockname()) == 0
