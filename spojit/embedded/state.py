"""What is remembered between starts: ports, passwords and how far the set-up has come."""

from __future__ import annotations

import json
import os
import random
import secrets
import socket
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from spojit.embedded.urls import HOST

if TYPE_CHECKING:
    from pathlib import Path

FILE_NAME = "embedded.json"
PORTS = range(20_000, 32_000)  # below Linux's ephemeral range (32768), so no client takes it
PASSWORDS = ("superuser", "owner", "app", "demo", "redis", "redis_demo")


@dataclass
class State:
    """Ports, passwords by role, the folder of the servers' files, and the set-up's version."""

    postgres_port: int = 0
    redis_port: int = 0
    data: str = ""
    provisioned: int = 0
    passwords: dict[str, str] = field(default_factory=dict)


def load(var_dir: Path) -> State | None:
    """Read the state, or None when nothing was ever started here."""
    try:
        return State(**json.loads((var_dir / FILE_NAME).read_text()))
    except FileNotFoundError:
        return None


def make() -> State:
    """Make a state with fresh passwords (128 random bits each) and no ports yet."""
    return State(passwords={name: secrets.token_hex(16) for name in PASSWORDS})


def save(state: State, var_dir: Path) -> None:
    """Write the state so that only its owner reads it, and never half of it."""
    fresh = var_dir / f"{FILE_NAME}.new"
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(asdict(state), file, indent=1)
    fresh.rename(var_dir / FILE_NAME)


def choose_ports(state: State) -> None:
    """Keep the remembered ports; take others only for those that somebody else has taken."""
    if not is_free(state.postgres_port):
        state.postgres_port = _free_port(other_than=state.redis_port)
    if not is_free(state.redis_port):
        state.redis_port = _free_port(other_than=state.postgres_port)


def is_free(port: int) -> bool:
    """Say whether this machine's loopback address can be bound at this port (0: no port yet)."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return port != 0


def _free_port(*, other_than: int) -> int:
    candidates = random.SystemRandom().sample(PORTS, 1_000)
    return next(port for port in candidates if port != other_than and is_free(port))
