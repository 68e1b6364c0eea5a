"""Real PostgreSQL and Redis for a trial and for tests, when no URL is given.

The servers belong to whoever holds them: they start with the first process that asks and end
with the last one, however that one ends. Only this package knows where their programs are.
"""

from spojit.embedded.failures import NotStarted
from spojit.embedded.servers import ensure, holds, make_folder, release, running, servers
from spojit.embedded.urls import DATABASE, Urls

__all__ = [
    "DATABASE",
    "NotStarted",
    "Urls",
    "ensure",
    "holds",
    "make_folder",
    "release",
    "running",
    "servers",
]
