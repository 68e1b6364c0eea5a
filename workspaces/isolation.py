"""The tenant scope: PostgreSQL row-level security, and the operation that walls a table.

A scope is a transaction with two settings, the least and the greatest workspace that may be seen.
"""

from __future__ import annotations

import logging
import uuid
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import structlog
from django.conf import settings
from django.db import connections, models, transaction
from django.db.migrations.operations.base import Operation
from psycopg import Cursor

from spojit.lib.errors import SpojitError
from spojit.lib.ids import GREATEST, LEAST

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from django.db.backends.base.schema import BaseDatabaseSchemaEditor
    from django.db.backends.utils import CursorWrapper
    from django.db.migrations.state import ProjectState

    from workspaces.models import Workspace

log = structlog.get_logger(__name__)

_scope: ContextVar[Scope | None] = ContextVar("workspace_scope", default=None)
_SET = """SELECT set_config('spojit.low', %s, true), set_config('spojit.high', %s, true),
set_config('spojit.person', %s, true)"""
_SET_BY_NAME = """SELECT set_config('spojit.low', %(_low)s, true),
set_config('spojit.high', %(_high)s, true), set_config('spojit.person', '', true)"""


class Scope(NamedTuple):
    """The least and greatest workspace that may be seen, and the person asking, as text."""

    low: str = ""
    high: str = ""
    person: str = ""


class NoScope(SpojitError):
    """A tenant table was asked outside any scope; a bug, raised in tests and DEBUG."""

    message = "A workspace's rows were asked for outside a workspace."


class NetworkInTransaction(SpojitError):
    """Something that talks to a service was called inside an open transaction; a bug."""

    message = "A service was about to be called inside an open transaction."


@contextmanager
def workspace(workspace: Workspace | uuid.UUID, *, using: str = "default") -> Iterator[None]:
    """Open a transaction in which only this workspace's rows exist."""
    workspace_id = str(workspace if isinstance(workspace, uuid.UUID) else workspace.pk)
    with _opened(Scope(workspace_id, workspace_id), using=using):
        yield


@contextmanager
def everything(*, reason: str, is_routine: bool = False, using: str = "default") -> Iterator[None]:
    """Open a transaction in which all workspaces' rows exist; logged with its reason.

    What happens every few seconds is routine, and logged at DEBUG only.
    """
    log.log(logging.DEBUG if is_routine else logging.INFO, "All workspaces opened", reason=reason)
    with _opened(Scope(str(LEAST), str(GREATEST)), using=using):
        yield


@contextmanager
def person(user_id: uuid.UUID, *, using: str = "default") -> Iterator[None]:
    """Open a transaction in which only this person's own memberships exist."""
    with _opened(Scope(person=str(user_id)), using=using):
        yield


def enter(workspace: Workspace, *, using: str = "default") -> None:
    """Go from a person's scope into one of their workspaces, in the same transaction.

    The scope that is open must be a `person`'s, so that nothing needs to be put back.
    """
    before = _scope.get()
    if before is None or not before.person:
        raise NoScope
    scope = Scope(str(workspace.pk), str(workspace.pk))
    _apply(scope, using=using)
    _scope.set(scope)


def ask(
    workspace_id: uuid.UUID,
    statement: str,
    parameters: Mapping[str, Any],
    *,
    using: str = "default",
) -> list[tuple[Any, ...]]:
    """Run one statement, or several, in a workspace's scope; return the rows of the last one.

    It is one round trip. Statements sent as one simple query are one transaction (PostgreSQL,
    "Multiple Statements in a Simple Query"), so the settings are gone when it ends.
    Inside an open transaction it is an ordinary nested scope; when the one that is open is the
    same, it runs in that.
    """
    scope = Scope(str(workspace_id), str(workspace_id))
    return _ask(scope, statement, parameters, using=using)


def ask_everywhere(
    statement: str, parameters: Mapping[str, Any], *, reason: str
) -> list[tuple[Any, ...]]:
    """Run one statement over all workspaces' rows, as `ask` does; routine, as `everything` is."""
    log.debug("All workspaces opened", reason=reason)
    return _ask(Scope(str(LEAST), str(GREATEST)), statement, parameters, using="default")


def _ask(
    scope: Scope, statement: str, parameters: Mapping[str, Any], *, using: str
) -> list[tuple[Any, ...]]:
    if connections[using].in_atomic_block:
        nested = nullcontext() if _scope.get() == scope else _opened(scope, using=using)
        with nested, connections[using].cursor() as cursor:
            cursor.execute(statement, parameters)
            return _rows(cursor)
    bounds = {**parameters, "_low": scope.low, "_high": scope.high}
    with connections[using].cursor() as cursor:
        cursor.execute(f"{_SET_BY_NAME};{statement}", bounds)
        return _rows(cursor)


def call(
    workspace_id: uuid.UUID | None, function: str, arguments: Sequence[Any]
) -> list[tuple[Any, ...]]:
    """Call a function of the database that sets the scope itself, in one prepared round trip.

    Args:
        workspace_id: whose rows it may see; None for all workspaces'.
        function: one whose first two arguments are the scope's bounds; it sets them, and they are
            gone when its transaction ends. Inside an open one it is an ordinary nested scope.
        arguments: those behind the bounds.
    """
    bounds = (str(LEAST), str(GREATEST)) if workspace_id is None else (str(workspace_id),) * 2
    if connections["default"].in_atomic_block:
        with _opened(Scope(*bounds), using="default"):
            return _called(function, [*bounds, *arguments])
    return _called(function, [*bounds, *arguments])


def _called(function: str, given: list[Any]) -> list[tuple[Any, ...]]:
    """Call with values bound by the server, which Django's cursors write into the statement."""
    database = connections["default"]
    database.ensure_connection()
    statement = f"SELECT * FROM {function}({', '.join(['%s'] * len(given))})"  # noqa: S608 - ours
    with Cursor(database.connection) as cursor:
        if database.queries_logged:
            database.make_debug_cursor(cursor).execute(statement, given)  # type: ignore[arg-type]
        else:
            with database.wrap_database_errors:
                cursor.execute(statement, given, prepare=True)
        return cursor.fetchall()


def _rows(cursor: CursorWrapper) -> list[tuple[Any, ...]]:
    """Fetch what the last statement gave; `description` would describe every column to say so."""
    while cursor.nextset():
        pass
    result = cursor.cursor.pgresult
    return cursor.fetchall() if result and result.nfields else []


def is_open() -> bool:
    """Whether a scope is open here."""
    return _scope.get() is not None


def refuse_network_in_transaction() -> None:
    """Stop what would talk to a service inside an open transaction.

    Raises:
        NetworkInTransaction: a transaction is open (a test case's own does not count).
    """
    blocks = connections["default"].atomic_blocks
    if any(not getattr(block, "_from_testcase", False) for block in blocks):
        raise NetworkInTransaction


def give_back(*, using: str = "default") -> None:
    """Give this thread's database connection back to the pool, when no transaction is open."""
    if not connections[using].in_atomic_block:
        connections[using].close()


@contextmanager
def _opened(scope: Scope, *, using: str) -> Iterator[None]:
    before = _scope.get()
    with transaction.atomic(using=using):
        _apply(scope, using=using)
        token = _scope.set(scope)
        try:
            yield
        finally:
            _scope.reset(token)
        if len(connections[using].atomic_blocks) > 1:
            _apply(before or Scope(), using=using)


def _apply(scope: Scope, *, using: str) -> None:
    with connections[using].cursor() as cursor:
        cursor.execute(_SET, list(scope))


class ScopedManager(models.Manager[Any]):
    """The default manager of tenant tables: outside a scope it raises in tests and DEBUG."""

    def get_queryset(self) -> models.QuerySet[Any]:
        """Return the rows of the open scope.

        Raises:
            NoScope: no scope is open, and this is a test or DEBUG. In production the table is
                simply empty.
        """
        if _scope.get() is None and settings.REFUSE_UNSCOPED_QUERIES:
            raise NoScope
        return super().get_queryset()


# Each setting is read by a subquery, so that it is read once a statement and not once a row.
_POLICY = """workspace_id BETWEEN
(SELECT nullif(current_setting('spojit.low', true), '')::uuid)
AND (SELECT nullif(current_setting('spojit.high', true), '')::uuid)"""


class Wall(Operation):
    """Wall a tenant table: row-level security, and composite keys to its tenant parents.

    Foreign keys and unique checks walk around row-level security, so each reference to another
    tenant table is doubled by one that includes the workspace.

    Args:
        model_name: a model with `workspace_id` and `id`.
        parents: names of its foreign keys to other walled tables of the same or a lower app.
    """

    reduces_to_sql = True
    reversible = True

    def __init__(self, model_name: str, *, parents: tuple[str, ...] = ()) -> None:
        """Remember which table and which references."""
        self.model_name = model_name
        self.parents = parents

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Change nothing that Django's state knows."""

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,  # noqa: ARG002
        to_state: ProjectState,
    ) -> None:
        """Raise the wall."""
        model = to_state.apps.get_model(app_label, self.model_name)
        for statement in self._statements(model):
            schema_editor.execute(statement)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,  # noqa: ARG002
    ) -> None:
        """Take the wall down."""
        table = from_state.apps.get_model(app_label, self.model_name)._meta.db_table
        for parent in self.parents:
            schema_editor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {table}_{parent}_wall")
        schema_editor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {table}_wall")
        schema_editor.execute(f"DROP POLICY {table}_wall ON {table}")
        schema_editor.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        schema_editor.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")

    def describe(self) -> str:
        """Say what this does."""
        return f"Wall {self.model_name} by workspace"

    def _statements(self, model: type[models.Model]) -> Iterator[str]:
        table = model._meta.db_table
        yield f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"
        yield f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY"
        yield f"CREATE POLICY {table}_wall ON {table} USING ({_POLICY}) WITH CHECK ({_POLICY})"
        yield f"ALTER TABLE {table} ADD CONSTRAINT {table}_wall UNIQUE (workspace_id, id)"
        for name in self.parents:
            field = cast("models.ForeignKey[Any, Any]", model._meta.get_field(name))
            parent = field.remote_field.model._meta.db_table
            yield (
                f"ALTER TABLE {table} ADD CONSTRAINT {table}_{name}_wall "
                f"FOREIGN KEY (workspace_id, {field.column}) "
                f"REFERENCES {parent} (workspace_id, id) DEFERRABLE INITIALLY DEFERRED"
            )
