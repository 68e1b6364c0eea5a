"""What a process does before it serves: the right root key and role, and no way out unguarded."""

from __future__ import annotations

from importlib import import_module
from urllib.parse import urlsplit

from django.conf import settings
from django.db import DatabaseError

from connectors import registry
from spojit import app_role
from spojit.lib import metrics, outbound
from spojit.lib.errors import SpojitError
from workspaces.vault import keyring

_NO_DATABASE = (
    "Spojit cannot start: PostgreSQL does not answer at DATABASE_URL, or `manage.py migrate` "
    "was not run."
)
DEFAULT_PORTS = {"postgresql": 5432, "postgres": 5432, "redis": 6379, "rediss": 6379}


def refuse_wrong_root_key() -> None:
    """Open the canary.

    Raises:
        SystemExit: with one clear line when a root key is wrong or missing, or the database is not
            there or not migrated.
    """
    try:
        keyring.check_canary()
    except DatabaseError:
        raise SystemExit(_NO_DATABASE) from None
    except SpojitError as failure:
        raise SystemExit(f"Spojit cannot start: {failure.message} {failure.hint}".strip()) from None


def refuse_powerful_role() -> None:
    """Refuse, outside a trial, a role of the database that row-level security does not bind.

    Raises:
        SystemExit: with one clear line when DATABASE_URL's role is a superuser, has BYPASSRLS, owns
            tables or is a member of a role that does, or the database is not there.
    """
    if settings.IS_TRIAL:
        return
    try:
        faults = app_role.faults()
    except DatabaseError:
        raise SystemExit(_NO_DATABASE) from None
    if faults:
        said = f"Spojit cannot start: the role of DATABASE_URL {', '.join(faults)}, so that nothing"
        raise SystemExit(f"{said} would keep tenants apart. {app_role.REMEDY}")


def shut_other_ways_out() -> None:
    """Let this process open sockets only to our own services and to addresses that were checked."""
    for url in (settings.DATABASE_URL, settings.MIGRATION_DATABASE_URL, settings.REDIS_URL):
        parts = urlsplit(url)
        if parts.hostname:
            outbound.allow_own(parts.hostname, parts.port or DEFAULT_PORTS[parts.scheme])
    if settings.EMAIL_HOST:
        outbound.allow_own(settings.EMAIL_HOST, int(settings.EMAIL_PORT))
    outbound.install_audit_hook()


def warm_up() -> None:
    """Read the catalogue and load every page's code, so that no first visitor waits for it."""
    registry.all()
    import_module(settings.ROOT_URLCONF)


def serve_metrics() -> None:
    """Serve a worker's own numbers, when WORKER_METRICS_PORT says where."""
    if settings.WORKER_METRICS_PORT:
        metrics.serve(host=settings.WORKER_METRICS_HOST, port=settings.WORKER_METRICS_PORT)
