"""A trial installation: keys of its own under var/, embedded servers, nothing to set by hand."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from typing import TYPE_CHECKING

from spojit import embedded
from workspaces.vault import roots

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from spojit.lib.env import Env


def fill(env: Env, *, var_dir: Path, with_servers: bool) -> None:
    """Give every setting that a trial needs and nobody set.

    Raises:
        SystemExit: the embedded servers do not start; one line says why.
    """
    embedded.make_folder(var_dir)
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
    try:
        urls = embedded.ensure(var_dir)
    except embedded.NotStarted as failure:
        raise SystemExit(f"Spojit cannot start: {failure.message} {failure.hint}".strip()) from None
    return {
        "DATABASE_URL": urls.database_url,
        "MIGRATION_DATABASE_URL": urls.migration_database_url,
        "REDIS_URL": urls.redis_url,
        "DEMO_DATABASE_URL": urls.demo_database_url,
        "DEMO_REDIS_URL": urls.demo_redis_url,
    }


def _kept(path: Path, *, make: Callable[[], str]) -> str:
    """Return what the file holds; make it, for its owner only, when it is not there yet."""
    if not path.exists():
        fresh = path.with_name(f"{path.name}.{os.getpid()}")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(make())
        with suppress(FileExistsError):  # another process was quicker
            os.link(fresh, path)
        fresh.unlink()
    return path.read_text(encoding="utf-8").strip()
