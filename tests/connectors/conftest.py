"""What the tests of the catalogue share: one recording server, and what its pages are seen with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from spojit.lib import outbound
from spojit.lib.outbound import policy
from tests import servers
from tests.connectors.recording import Recorder, Script, places
from tests.servers.policies import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connections.models import Connection
    from tests.factories import Cast
    from tests.servers import Server

KEYS = ("github", "http", "postgresql", "text")


@pytest.fixture(scope="session")
def _recorder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recorder]:
    authority, script = servers.Authority(tmp_path_factory.mktemp("authority")), Script()
    with servers.recording(script, tls=authority.issue(*places())) as server:
        yield Recorder(server, authority, script)


@pytest.fixture
def recorder(_recorder: Recorder) -> Recorder:
    """The server, with nothing said and nothing heard."""
    _recorder.forget()
    return _recorder


@pytest.fixture
def cast(db: None) -> Cast:
    """Everybody, and a catalogue of four connectors."""
    from tests import factories  # noqa: PLC0415 - Django is set up by now

    for key in KEYS:
        factories.make_connector(key)
    return factories.make_cast()


@pytest.fixture
def server() -> Iterator[Server]:
    """Run a server that lets one key in."""
    from tests.connections import steps  # noqa: PLC0415 - Django is set up by now

    before = policy.Policy.default()
    with steps.door(steps.KEY) as running:
        outbound.configure(allowed_networks=LOOPBACK, allowed_ports=[running.port])
        yield running
    policy._defaults[0] = before


@pytest.fixture
def connection(cast: Cast, server: Server) -> Connection:
    """Give Bob an Active connection to that server."""
    from tests.connections import steps  # noqa: PLC0415

    return steps.connect(cast.workspace, server, name="Shop", actor=cast.bob)
