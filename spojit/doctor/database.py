"""The doctor on PostgreSQL: roles, walls, migrations, keys, the catalogue, the clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from connectors import registry
from connectors.models import Connector
from spojit import app_role
from spojit.doctor.finding import Finding, bad, good, look
from spojit.lib import clock
from spojit.lib.errors import SpojitError
from workspaces.vault import keyring

if TYPE_CHECKING:
    from collections.abc import Iterator

LEAST_VERSION = 150_000
MOST_SKEW_SECONDS = 2.0
UNWALLED = """
SELECT relname FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace
    AND attname = 'workspace_id' AND NOT attisdropped
    AND NOT (relrowsecurity AND relforcerowsecurity
        AND EXISTS (SELECT FROM pg_policy WHERE polrelid = pg_class.oid))
ORDER BY relname
"""
AUDIT_RIGHTS = """
SELECT has_table_privilege('workspaces_auditevent', 'UPDATE')
    OR has_table_privilege('workspaces_auditevent', 'DELETE')
"""
MIGRATE = "Run manage.py migrate."


def reach() -> Finding:
    """Connect, and look at the version."""
    try:
        ((version, name),) = _ask("SELECT current_setting('server_version_num')::int, version()")
    except DatabaseError:
        return bad("PostgreSQL", "not reachable", remedy="Check DATABASE_URL and the server's log.")
    if version < LEAST_VERSION:
        return bad("PostgreSQL", name.split(" on ")[0], remedy="Upgrade to PostgreSQL 15 or later.")
    return good("PostgreSQL", name.split(" on ")[0])


def examine() -> Iterator[Finding]:
    """Check what stands in a database that answers."""
    yield _roles()
    yield _app_role()
    migrated = _migrations()
    yield migrated
    yield _walls()
    yield _audit()
    yield _root_keys()
    yield _catalogue()
    yield _clock()


def _ask(statement: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())


def _roles() -> Finding:
    app, owner = (settings.DATABASES[alias].get("USER", "") for alias in ("default", "owner"))
    remedy = "Give MIGRATION_DATABASE_URL a role of its own, which owns the tables."
    if not settings.MIGRATION_DATABASE_URL:
        seen = "MIGRATION_DATABASE_URL is not set here: fine for web and worker"
        return look("roles", seen, remedy="Set it where migrate and purge run.")
    if app == owner:
        return bad("roles", f"{app} serves requests and owns the tables", remedy=remedy)
    return good("roles", f"{app} serves, {owner} owns")


def _app_role() -> Finding:
    if faults := app_role.faults():
        return bad("app role", f"it {', '.join(faults)}", remedy=app_role.REMEDY)
    return good("app role", "no superuser, no BYPASSRLS, owns nothing")


def _migrations() -> Finding:
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if missing:
        return bad("migrations", f"{len(missing)} are not applied", remedy=MIGRATE)
    return good("migrations", "all applied")


def _walls() -> Finding:
    tables = [name for (name,) in _ask(UNWALLED)]
    if tables:
        remedy = f"{MIGRATE} A table of your own with workspace_id needs the Wall operation."
        return bad("walls", f"no row-level security on {', '.join(tables)}", remedy=remedy)
    return good("walls", "row-level security is forced on every tenant table")


def _audit() -> Finding:
    try:
        ((may_change,),) = _ask(AUDIT_RIGHTS)
    except DatabaseError:
        return bad("audit log", "its table is missing", remedy=MIGRATE)
    if may_change:
        remedy = f"{MIGRATE} It takes the app's role those rights."
        return bad("audit log", "the app's role may change and delete rows", remedy=remedy)
    return good("audit log", "append-only for the app's role")


def _root_keys() -> Finding:
    try:
        keyring.check_canary()
    except SpojitError as failure:
        return bad("root keys", failure.message, remedy=failure.hint or "Set the right ROOT_KEYS.")
    except DatabaseError:
        return bad("root keys", "their canary's table is missing", remedy=MIGRATE)
    return good("root keys", "the canary opens")


def _catalogue() -> Finding:
    remedy = "Run manage.py sync_connectors."
    files = {connector.key: str(connector.version) for connector in registry.all()}
    try:
        rows = dict(Connector.objects.filter(is_present=True).values_list("key", "version"))
    except DatabaseError:
        return bad("catalogue", "its table is missing", remedy=MIGRATE)
    different = {key for key in files.keys() | rows.keys() if files.get(key) != rows.get(key)}
    if different:
        return bad("catalogue", f"not synced: {', '.join(sorted(different))}", remedy=remedy)
    return good("catalogue", f"{len(files)} connectors, synced")


def _clock() -> Finding:
    before = clock.now()
    ((theirs,),) = _ask("SELECT clock_timestamp()")
    after = clock.now()
    skew = max((before - theirs).total_seconds(), (theirs - after).total_seconds(), 0.0)
    if skew > MOST_SKEW_SECONDS:
        remedy = "Let NTP set the clocks of this machine and of the database's."
        return bad("clock", f"{skew:.1f} s away from PostgreSQL's", remedy=remedy)
    return good("clock", "in step with PostgreSQL's")
