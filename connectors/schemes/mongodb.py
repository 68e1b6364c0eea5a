"""Credentials of MongoDB: single fields, or a connection string that may name several hosts."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote

from connectors.schemes.database import BadConnectionString

if TYPE_CHECKING:
    from collections.abc import Mapping

PORT = 27017
MOST_HOSTS = 10
SRV = "mongodb+srv"
MECHANISMS = {"", "default", "scram-sha-1", "scram-sha-256"}

_HOST = re.compile(r"(\[[^\[\]]+\]|[^:\[\]]+)(?::([0-9]{1,5}))?")
_FORM = "Write it as mongodb://user:password@host:port/database."


@dataclass(frozen=True, slots=True)
class Target:
    """Where to connect and as whom.

    Attributes:
        hosts: names with ports; one of them is the primary.
        service: the name whose SRV records list the hosts, in their place; else empty.
        database: what tools use when they name none.
        auth_database: where the user is defined, when it is said.
        replica_set: what the servers must call themselves, when it is said.
        tls: `verify`, `ca`, `unverified` or `off`, as for other databases.
    """

    hosts: tuple[tuple[str, int], ...]
    service: str
    database: str
    auth_database: str
    user: str
    password: str = field(repr=False)
    replica_set: str = ""
    tls: str = "verify"

    @property
    def defined_in(self) -> str:
        """The database in which the user is defined."""
        return self.auth_database or self.database or "admin"

    @property
    def place(self) -> str:
        """Where it is: the name that lists the hosts, or the first of them with its port."""
        return self.service or ":".join(map(str, self.hosts[0]))


def target(values: Mapping[str, str]) -> Target:
    """Read either form into the same target. Raises: BadConnectionString."""
    if values.get("connection_string"):
        return parse(values["connection_string"])
    return Target(
        hosts=((values.get("host", ""), int(values.get("port") or PORT)),),
        service="",
        database=values.get("database", ""),
        auth_database=values.get("auth_database") or "admin",
        user=values.get("username", ""),
        password=values.get("password", ""),
        tls=values.get("tls") or "verify",
    )


def parse(text: str) -> Target:
    """Read `mongodb://user:password@host:port,…/database?…`; TLS is verified by default.

    Options that only tune a driver are passed over. Source:
    https://www.mongodb.com/docs/manual/reference/connection-string-options/

    Raises:
        BadConnectionString: it is no such text, or asks for what is not done here.
    """
    scheme, found, rest = text.partition("://")
    if scheme not in {"mongodb", SRV} or not found:
        raise BadConnectionString(_FORM)
    authority, _, tail = rest.partition("/") if "/" in rest else rest.partition("?")
    path, _, query = tail.partition("?") if "/" in rest else ("", "", tail)
    options = {name.lower(): found[-1] for name, found in parse_qs(query).items()}
    _refuse_other_ways(options)
    user_and_password, _, names = authority.rpartition("@")
    user, _, password = user_and_password.partition(":")
    if not user or not password:
        raise BadConnectionString("It names no user with a password.")
    hosts = tuple(_host(name) for name in names.split(","))
    _require_fitting(scheme, names, hosts)
    return Target(
        hosts=() if scheme == SRV else hosts,
        service=hosts[0][0] if scheme == SRV else "",
        database=unquote(path),
        auth_database=options.get("authsource", ""),
        user=unquote(user),
        password=unquote(password),
        replica_set=options.get("replicaset", ""),
        tls=_tls(options),
    )


def listed(target: Target, hosts: tuple[tuple[str, int], ...], texts: tuple[str, ...]) -> Target:
    """Give the target with the hosts that the records of its name list, and options beside them.

    Source: https://github.com/mongodb/specifications/blob/master/source/initial-dns-seedlist-discovery/initial-dns-seedlist-discovery.md

    Raises:
        BadConnectionString: a host lies outside the name's own domain, or it is not such a list.
    """
    labels = target.service.lower().split(".")
    domain = "." + ".".join(labels[1:] if len(labels) > 2 else labels)
    if not all(host.lower().endswith(domain) for host, _ in hosts):
        raise BadConnectionString("The name lists a host of another domain.")
    options = {name.lower(): found[-1] for name, found in parse_qs("".join(texts)).items()}
    if len(texts) > 1 or not options.keys() <= {"authsource", "replicaset", "loadbalanced"}:
        raise BadConnectionString("The records of the name hold what is not known here.")
    _refuse_other_ways(options)
    if not 0 < len(hosts) <= MOST_HOSTS:
        raise BadConnectionString(f"The name lists no hosts, or more than {MOST_HOSTS}.")
    return replace(
        target,
        hosts=hosts,
        auth_database=target.auth_database or options.get("authsource", ""),
        replica_set=target.replica_set or options.get("replicaset", ""),
    )


def _refuse_other_ways(options: Mapping[str, str]) -> None:
    if options.get("authmechanism", "").lower() not in MECHANISMS:
        raise BadConnectionString("Only signing in by user and password (SCRAM) is known here.")
    if options.get("loadbalanced", "").lower() == "true":
        raise BadConnectionString("Load balancers (loadBalanced=true) are not known here.")


def _host(text: str) -> tuple[str, int]:
    """Read `host`, `host:port` or `[address]:port`."""
    found = _HOST.fullmatch(text)
    if not found:
        raise BadConnectionString(_FORM)
    return found[1].strip("[]"), int(found[2] or PORT)


def _require_fitting(scheme: str, names: str, hosts: tuple[tuple[str, int], ...]) -> None:
    if len(hosts) > MOST_HOSTS:
        raise BadConnectionString(f"It names more than {MOST_HOSTS} hosts.")
    if scheme == SRV and (len(hosts) > 1 or ":" in names):
        raise BadConnectionString("With mongodb+srv there is one name, and no port.")


def _tls(options: Mapping[str, str]) -> str:
    is_on = {name: options.get(name.lower(), "").lower() == "true" for name in _WEAKER}
    if options.get("tls", options.get("ssl", "true")).lower() == "false":
        return "off"
    return next((strength for name, strength in _WEAKER.items() if is_on[name]), "verify")


_WEAKER = {
    "tlsInsecure": "unverified",
    "tlsAllowInvalidCertificates": "unverified",
    "tlsAllowInvalidHostnames": "ca",
}
