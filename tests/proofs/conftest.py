"""What the proofs share: the way to servers on loopback, an authority, real services."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from connectors import registry
from connectors.manifest import Connector
from spojit.lib import clock, outbound
from spojit.lib.outbound import policy
from tests import servers, services
from tests.servers.policies import LOOPBACK

if TYPE_CHECKING:
    from tests.servers import Authority

HOSTS = ("api.github.com", "api.stripe.com", "api.resend.com", "*.example.com")

Reach = Callable[..., None]
SetClock = Callable[[datetime], None]
Move = Callable[[str, int], None]


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Who signs the certificates of all these servers."""
    return servers.Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def reach(authority: Authority) -> Iterator[Reach]:
    """Open loopback and ports to the whole process, with names of our own, for one test.

    `reach(8443, names={"api.test": "127.0.0.1"}, total_seconds=0.5)`; a name that is not there is
    not found. Without names every name is loopback.
    """
    before = policy.Policy.default()

    def open_(*ports: int, names: Mapping[str, str] | None = None, **limits: Any) -> None:
        everywhere = lambda _host, _port: ["127.0.0.1"]  # noqa: E731
        outbound.configure(
            allowed_networks=LOOPBACK,
            allowed_ports=ports,
            resolver=everywhere if names is None else servers.resolver(names),
            **{"ca_bundle": str(authority.bundle)} | limits,
        )

    yield open_
    policy._defaults[0] = before


@pytest.fixture
def set_clock(monkeypatch: pytest.MonkeyPatch) -> SetClock:
    """Set the clock that everything asks, for the rest of the test."""
    return lambda moment: monkeypatch.setattr(clock, "now", lambda: moment)


@pytest.fixture
def move(monkeypatch: pytest.MonkeyPatch) -> Move:
    """Move a connector's declared hosts to another port, as in `move("github", 40123)`."""

    def moved(key: str, port: int) -> None:
        known = registry.get
        elsewhere = _moved(known(key), port)
        monkeypatch.setattr(registry, "get", lambda k: elsewhere if k == key else known(k))

    return moved


def _moved(connector: Connector, port: int) -> Connector:
    urls = [url.model_copy(update={"url": _on(url.url, port)}) for url in connector.service_urls]
    hosts = [f"{host}:{port}" for host in connector.hosts]
    data = dict(connector) | {"service_urls": urls, "hosts": hosts}
    ports = connector.ports
    data["ports"] = [*ports, port] if isinstance(ports, list) else ports
    return Connector.model_construct(**data)


def _on(url: str, port: int) -> str:
    """Put a port into an address; a template that is a whole address stays."""
    authority, slash, path = url.removeprefix("https://").partition("/")
    is_whole = authority.startswith("{") and authority.endswith("}")
    return url if is_whole else f"https://{authority}:{port}{slash}{path}"


@pytest.fixture(scope="session")
def places(authority: Authority) -> Any:
    """The TLS context of a server that plays every declared host."""
    return authority.issue(*HOSTS)


@pytest.fixture(scope="session")
def mariadb(authority: Authority) -> Iterator[services.MariaDb]:
    """A MariaDB, for as long as the tests run."""
    with services.mariadb(authority) as running:
        yield running


@pytest.fixture(scope="session")
def aws(authority: Authority) -> Iterator[services.Aws]:
    """AWS by moto, for as long as the tests run."""
    with services.aws(authority) as running:
        yield running
