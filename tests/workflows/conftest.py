"""What tests of workflows share: the cast, and what tests of connections have."""

from __future__ import annotations

from tests.connections.conftest import authority, cast, connection, reach, server, set_clock

__all__ = ["authority", "cast", "connection", "reach", "server", "set_clock"]
