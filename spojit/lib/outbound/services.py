"""Asks which hosts a service has: SRV and TXT records. The hosts are checked like any others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from spojit.lib.outbound import sockets
from spojit.lib.outbound.errors import NameNotFound, TimedOut

LOOKUP_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Service:
    """What was found.

    Attributes:
        hosts: names and ports, in the order of their names.
        texts: the texts beside them.
    """

    hosts: tuple[tuple[str, int], ...]
    texts: tuple[str, ...] = ()


ServiceResolver = Callable[[str, str], Service]


def system_services(service: str, host: str) -> Service:
    """Ask the system's name servers for `_service._tcp.host` (RFC 2782) and the texts of the host.

    Raises:
        NameNotFound: there are no such records.
        TimedOut: no name server answered in time.
    """
    from dns.resolver import NoResolverConfiguration, Resolver  # noqa: PLC0415 - slow to load

    try:
        resolver = Resolver()
    except NoResolverConfiguration:
        raise NameNotFound("This machine has no name servers to ask.") from None
    return ask(resolver, service, host)


def ask(resolver: object, service: str, host: str) -> Service:
    """Ask through one resolver of dnspython. Raises: as `system_services`."""
    from dns.exception import DNSException, Timeout  # noqa: PLC0415 - slow to load
    from dns.resolver import NoAnswer, Resolver  # noqa: PLC0415

    assert isinstance(resolver, Resolver)
    for server in resolver.nameservers:
        sockets.remember(str(server), resolver.port)
    try:
        found = resolver.resolve(f"_{service}._tcp.{host}", "SRV", lifetime=LOOKUP_SECONDS)
        hosts = sorted((str(record.target).rstrip("."), int(record.port)) for record in found)
        try:
            texts = resolver.resolve(host, "TXT", lifetime=LOOKUP_SECONDS)
        except NoAnswer:
            return Service(tuple(hosts))
        written = (b"".join(record.strings).decode("ascii", "replace") for record in texts)
        return Service(tuple(hosts), tuple(written))
    except Timeout:
        raise TimedOut(f"The name {host} could not be looked up in time.") from None
    except DNSException:
        raise NameNotFound(f"The name {host} lists no servers.") from None
