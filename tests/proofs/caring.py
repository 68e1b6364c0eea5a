"""What proofs over time share: a server whose answer changes, and a connection to it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tests import factories, servers
from tests.proofs import acts

if TYPE_CHECKING:
    from connections.models import Connection
    from tests.servers import Received, Reply, Server

KEY = "a-key-to-be-cared-for-77"
MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


class Fickle:
    """A server whose answer can be changed: a status, and an account."""

    status, account = 200, "1"

    def __call__(self, _received: Received) -> Reply:
        """Answer as told."""
        value = {"id": self.account, "login": f"octo-{self.account}"}
        return servers.json_reply(value, self.status)


def connected(server: Server) -> Connection:
    """Connect to a server by a bearer token; nothing is verified yet."""
    values = {"base_url": server.url, "api_key": KEY, "test_path": "/me"}
    return acts.connect(factories.make_workspace(), "http", "api_key", values)
