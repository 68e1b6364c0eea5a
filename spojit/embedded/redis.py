"""The embedded Redis. It keeps nothing on disk: PostgreSQL is the truth, a message a wake-up."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

from spojit.embedded.urls import HOST

if TYPE_CHECKING:
    from pathlib import Path

    from spojit.embedded.places import User
    from spojit.embedded.state import State

# The configuration comes by standard input, so that no password is on disk or in a process list.
CONFIGURATION = """\
bind {host}
port {port}
databases 64
save ""
appendonly no
maxmemory-policy noeviction
requirepass {password}
user demo on >{demo_password} ~demo:* resetchannels -@all +@read +@write +@connection \
+info +command -@dangerous -scan -randomkey -dbsize \
+info +acl|whoami
"""


def program(*, server: Path, user: User, state: State) -> dict[str, Any]:
    """Describe the server for the keeper."""
    configuration = CONFIGURATION.format(
        host=HOST,
        port=state.redis_port,
        password=state.passwords["redis"],
        demo_password=state.passwords["redis_demo"],
    )
    argv = user.command([str(server), "-"], death="TERM")
    return {"argv": argv, "stdin": configuration, "stop": "SIGTERM"}


def is_ready(state: State) -> bool:
    """Say whether the server takes connections."""
    with socket.socket() as probe:
        return probe.connect_ex((HOST, state.redis_port)) == 0
