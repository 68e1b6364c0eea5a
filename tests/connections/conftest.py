"""What tests of connections share: the cast, and the way to servers on loopback."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pytest

from spojit.lib import clock, outbound
from spojit.lib.outbound import policy
from tests import servers
from tests.servers.policies import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from connections.models import Connection
    from connections.usage import Reference
    from tests.factories import Cast
    from tests.servers import Authority, Server
    from tests.servers.tokens import TokenServer

NAMES = {"github.test": "127.0.0.1", "other.test": "127.0.0.1"}


@pytest.fixture
def cast(db: None) -> Cast:
    """Alice owns, adam administers, bob builds, vera views, mallory lives next door."""
    from tests import factories  # noqa: PLC0415 - Django is set up by now

    return factories.make_cast()


@pytest.fixture
def catalogue(db: None) -> None:
    """List the connectors that connections are added to."""
    from tests import factories  # noqa: PLC0415 - Django is set up by now

    for key in ("github", "http", "resend"):
        factories.make_connector(key)


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Who signs the certificates of these servers."""
    return servers.Authority(tmp_path_factory.mktemp("connections-authority"))


@pytest.fixture
def reach(authority: Authority) -> Iterator[Callable[..., None]]:
    """Open loopback and these ports to the whole process, for one test."""
    before = policy.Policy.default()

    def open_(*ports: int, **limits: Any) -> None:
        outbound.configure(
            allowed_networks=LOOPBACK,
            allowed_ports=ports,
            resolver=servers.resolver(NAMES),
            ca_bundle=str(authority.bundle),
            **limits,
        )

    yield open_
    policy._defaults[0] = before


@pytest.fixture
def set_clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Set the clock that everything asks, for the rest of the test."""
    return lambda moment: monkeypatch.setattr(clock, "now", lambda: moment)


@pytest.fixture
def server(reach: Callable[..., None]) -> Iterator[Server]:
    """Run a server that lets two keys in."""
    from tests.connections import steps  # noqa: PLC0415 - Django is set up by now

    with steps.door(steps.KEY, steps.NEW_KEY) as running:
        reach(running.port)
        yield running


@pytest.fixture
def connection(cast: Cast, server: Server) -> Connection:
    """Give Bob an Active connection to that server."""
    from tests.connections import steps  # noqa: PLC0415

    return steps.connect(cast.workspace, server, name="Shop", actor=cast.bob)


@pytest.fixture
def used(monkeypatch: pytest.MonkeyPatch) -> list[Reference]:
    """Pretend that two workflows use every connection."""
    from connections import usage  # noqa: PLC0415
    from connections.usage import Reference  # noqa: PLC0415

    found = [
        Reference(
            uuid.uuid4(), "Orders to books", "Book it", "post", True, "/orders/", clock.now()
        ),
        Reference(uuid.uuid4(), "Nightly report", "Fetch", "get", False, "/report/"),
    ]
    monkeypatch.setattr(usage, "_finders", [lambda _connection: found])
    monkeypatch.setattr(usage, "_counts", [lambda ids: dict.fromkeys(ids, 2)])
    return found


@pytest.fixture(scope="module")
def _token_server(authority: Authority) -> Iterator[TokenServer]:
    from tests.servers import catalogue, tokens  # noqa: PLC0415 - Django is set up by now

    with catalogue.with_connectors(catalogue.OIDC), tokens.running(authority) as server:
        yield server


@pytest.fixture
def service(_token_server: TokenServer, reach: Callable[..., None], db: None) -> TokenServer:
    """Run a token server that the whole installation has an app for."""
    from tests.connections import grants  # noqa: PLC0415
    from tests.servers import tokens  # noqa: PLC0415

    reach(_token_server.port)
    _token_server.change(**tokens.SETTINGS)
    grants.install_app(_token_server)
    return _token_server


@pytest.fixture
def granted(cast: Cast, service: TokenServer) -> Connection:
    """Give Bob an Active connection to it, authorized by him."""
    from tests.connections import grants  # noqa: PLC0415

    return grants.connect(cast.workspace, service, actor=cast.bob)
