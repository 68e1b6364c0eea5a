"""What can keep the embedded servers from starting, in one line fit for a terminal."""

from __future__ import annotations

from spojit.lib.errors import Refused


class NotStarted(Refused):
    """The embedded PostgreSQL or Redis is not running, and the message says why."""

    code = "embedded_not_started"
