"""SRV and TXT records, asked of a small name server on loopback."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import dns.flags
import dns.message
import dns.rcode
import dns.resolver
import dns.rrset
import pytest

from spojit.lib.outbound import NameNotFound, TimedOut, services

if TYPE_CHECKING:
    from collections.abc import Iterator

RECORDS = {
    ("_mongodb._tcp.db.example.com.", "SRV"): [
        "0 0 27018 b.example.com.",
        "0 0 27017 a.example.com.",
    ],
    ("db.example.com.", "TXT"): ['"authSource=admin&" "replicaSet=rs"'],
    ("_mongodb._tcp.bare.example.com.", "SRV"): ["0 0 27017 a.example.com."],
    ("bare.example.com.", "A"): ["192.0.2.1"],
}


@contextmanager
def name_server(*, is_silent: bool = False) -> Iterator[dns.resolver.Resolver]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as opened:
        opened.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=_serve, args=(opened, is_silent), daemon=True)
        thread.start()
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers, resolver.port = ["127.0.0.1"], opened.getsockname()[1]
        yield resolver
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
            end.sendto(b"end", opened.getsockname())
        thread.join(timeout=5)


def _serve(opened: socket.socket, is_silent: bool) -> None:
    while (received := opened.recvfrom(4096))[0] != b"end":
        if not is_silent:
            opened.sendto(_answer(dns.message.from_wire(received[0])), received[1])


def _answer(query: dns.message.Message) -> bytes:
    answer = dns.message.make_response(query)
    answer.flags |= dns.flags.RA
    question = query.question[0]
    kind = dns.rdatatype.to_text(question.rdtype)
    if found := RECORDS.get((str(question.name), kind)):
        answer.answer.append(dns.rrset.from_text_list(question.name, 60, "IN", kind, found))
    elif not any(name == str(question.name) for name, _ in RECORDS):
        answer.set_rcode(dns.rcode.NXDOMAIN)
    return answer.to_wire()


def test_hosts_of_a_service_come_with_the_texts_beside_them() -> None:
    with name_server() as resolver:
        assert services.ask(resolver, "mongodb", "db.example.com") == services.Service(
            (("a.example.com", 27017), ("b.example.com", 27018)),
            ("authSource=admin&replicaSet=rs",),
        )


def test_a_name_without_texts_lists_its_hosts() -> None:
    with name_server() as resolver:
        found = services.ask(resolver, "mongodb", "bare.example.com")
    assert found == services.Service((("a.example.com", 27017),))


@pytest.mark.parametrize("host", ["none.example.com", "db.example.com..", "a" * 64])
def test_a_name_that_lists_nothing_is_not_found(host: str) -> None:
    with name_server() as resolver, pytest.raises(NameNotFound, match="lists no servers"):
        services.ask(resolver, "mongodb", host)


def test_a_name_server_that_says_nothing_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(services, "LOOKUP_SECONDS", 0.2)
    with name_server(is_silent=True) as resolver, pytest.raises(TimedOut):
        services.ask(resolver, "mongodb", "db.example.com")
