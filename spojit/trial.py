"""A trial installation: keys of its own under var/, embedded servers, nothing to set by hand."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

from spojit import embedded
from workspaces.vault import roots

if TYPE_CHECKING:
    from pathlib import Path

    from spojit.lib.env import Env


def fill(env: Env, *, var_dir: Path, with_servers: bool) -> None:
    """Give every setting that a trial needs and nobody set."""
    env.fill(
        {
            "SECRET_KEY": _kept(var_dir / "secret-key", make=lambda: secrets.token_urlsafe(48)),
            "ROOT_KEYS": _kept(var_dir / "root-keys", make=roots.generate_local_root),
        }
    )
    if env.text("DATABASE_URL") and env.text("REDIS_URL"):
        return
    env.fill(_urls(var_dir) if with_servers else _NO_SERVERS)


_NO_SERVERS = {"DATABASE_URL": "postgresql://localhost/none", "REDIS_URL": "redis://localhost/0"}


def _urls(var_dir: Path) -> dict[str, str]:
    urls = embedded.ensure(var_dir)
    return {
        "DATABASE_URL": urls.database_url,
        "MIGRATION_DATABASE_URL": urls.migration_database_url,
        "REDIS_URL": urls.redis_url,
        "DEMO_DATABASE_URL": urls.demo_database_url,
        "DEMO_REDIS_URL": urls.demo_redis_url,
    }


def _kept(path: Path, *, make) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="utf-8").strip()
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(value := make())
    return value
