"""Other workspaces grow a hundredfold: the same questions, answered by indexes.

How long they take is printed by `make soak`, and not asserted: it depends on the machine.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg
import pytest
from django.conf import settings
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from connections import credentials, verification
from connections.inbound import handing
from connections.models import Call, Check, Connection, UseCounter
from spojit.lib import clock
from spojit.lib.ids import new_id
from tests import factories
from tests.connections import webhooks
from tests.proofs.sizes import IS_FULL, sized
from workspaces import isolation
from workspaces.models import Notice

if TYPE_CHECKING:
    from workspaces.models import Workspace

pytestmark = pytest.mark.django_db(transaction=True)

FEW = 10
MANY = 100 * FEW
CONNECTIONS, CHECKS, CALLS, DAYS = 5, int(sized(4, 40)), 3, int(sized(3, 30))
DELIVERIES = int(sized(5, 50))
ROUNDS = 40
TABLES = (
    "workspaces_workspace",
    "workspaces_membership",
    "workspaces_datakey",
    "workspaces_notice",
    "connections_connection",
    "connections_credential",
    "connections_check",
    "connections_call",
    "connections_usecounter",
    "connections_hook",
    "connections_delivery",
    "connections_deliverykey",
    "connections_deliverycount",
)
COPIED_IDS = {"id", "workspace_id", "connection_id", "delivery_id"}

Scope = Callable[[], AbstractContextManager[None]]


class Act(NamedTuple):
    """What is measured, and the scope in which its questions are explained."""

    name: str
    do: Callable[[], object]
    scope: Scope


@pytest.mark.soak
def test_nothing_grows_with_other_workspaces(capsys: pytest.CaptureFixture[str]) -> None:
    mine, other = _workspace("mine"), _workspace("other")
    acts = list(_acts(mine))
    _copy(other, range(FEW))
    few = _measure(acts)
    _copy(other, range(FEW, MANY))
    many = _measure(acts)
    assert {name: len(asked) for name, (asked, _) in many.items()} == {
        name: len(asked) for name, (asked, _) in few.items()
    }
    for act in acts:
        assert _scanned(act, many[act.name][0]) == set(), act.name
    _tell(capsys, few, many)


def _workspace(slug: str) -> Workspace:
    """Make a workspace with connections that were verified and called, one of them due again."""
    workspace = factories.make_workspace(slug=slug)
    later = clock.now() + timedelta(days=1)
    made = [
        factories.make_connection(workspace, status="active", verification_due_at=later)
        for _ in range(CONNECTIONS)
    ]
    with factories.scope(workspace):
        Check.objects.bulk_create(_check(one) for one in made for _ in range(CHECKS))
        Call.objects.bulk_create(_call(one) for one in made for _ in range(CALLS))
        UseCounter.objects.bulk_create(_use(one, days) for one in made for days in range(DAYS))
        Notice.objects.bulk_create(_notice(one) for one in made)
    _delivered_to(webhooks.make_webhook(workspace, name="Orders"))
    return workspace


def _delivered_to(webhook: Connection) -> None:
    for number in range(DELIVERIES):
        webhooks.deliver(webhook, delivery_id=f"made-{number}")
    while handing.hand_over(now=clock.now()):
        pass


def _check(connection: Connection) -> Check:
    return Check(
        workspace_id=connection.workspace_id,
        connection=connection,
        outcome="ok",
        status_before="active",
        status_after="active",
    )


def _call(connection: Connection) -> Call:
    return Call(
        workspace_id=connection.workspace_id,
        connection=connection,
        connector_key="http",
        tool="get",
        finished_at=clock.now(),
        outcome="ok",
    )


def _use(connection: Connection, days: int) -> UseCounter:
    day = clock.now().date() - timedelta(days=days)
    return UseCounter(workspace_id=connection.workspace_id, connection=connection, day=day, calls=1)


def _notice(connection: Connection) -> Notice:
    return Notice(
        workspace_id=connection.workspace_id,
        user=connection.owner,
        key=f"failing:{connection.pk}",
        subject_id=connection.pk,
        title="A connection fails",
    )


def _acts(workspace: Workspace) -> Iterator[Act]:
    client = factories.signed_in(factories.owner_of(workspace))
    with factories.scope(workspace):
        called = Connection.objects.filter(connector_id="http").select_related("workspace")
        due = called.order_by("name")[0]
        Connection.objects.filter(pk=due.pk).update(verification_due_at=clock.now())
    page, detail = f"/w/{workspace.slug}/connections/", due.get_absolute_url()
    inside: Scope = lambda: isolation.workspace(workspace)  # noqa: E731
    outside: Scope = lambda: isolation.everything(reason="a test explains")  # noqa: E731
    yield Act("list page", lambda: _opened(client, page), inside)
    yield Act("connection page", lambda: _opened(client, detail), inside)
    yield Act("borrow", lambda: _borrowed(due), inside)
    yield Act("verification sweep", lambda: _found_due(due), outside)
    with factories.scope(workspace):
        webhook = Connection.objects.select_related("workspace").get(name="Orders")
    deliveries = f"{webhook.get_absolute_url()}deliveries/"
    yield Act("deliveries page", lambda: _opened(client, deliveries), inside)
    yield Act("delivery", lambda: _delivered(webhook), outside)
    yield Act("hand-over", lambda: handing.hand_over(now=clock.now()), outside)


def _opened(client: Any, path: str) -> None:
    assert client.get(path).status_code == 200


def _borrowed(connection: Connection) -> None:
    with credentials.borrow(connection) as borrowed:
        assert "base_url" in borrowed


def _found_due(connection: Connection) -> None:
    found = verification.find_due(now=clock.now())
    assert found == [(connection.workspace_id, connection.pk)]


def _delivered(webhook: Connection) -> None:
    assert webhooks.deliver(webhook, delivery_id=str(new_id())).status_code == 202


def _copy(workspace: Workspace, numbers: range) -> None:
    """Copy a workspace with all its rows, once for each number, and gather statistics."""
    with isolation.everything(reason="a test copies"), database.cursor() as cursor:
        for table in TABLES:
            cursor.execute(_copying(table), [numbers.start, numbers.stop - 1, workspace.pk])
    with psycopg.connect(settings.MIGRATION_DATABASE_URL, autocommit=True) as owner:
        owner.execute(f"VACUUM ANALYZE {', '.join(TABLES)}")


def _copying(table: str) -> str:
    """Say how to copy a table's rows: every ID becomes the digest of itself and the number."""
    names = _columns(table)
    values = [
        f"md5(old.{name}::text || n)::uuid"
        if name in COPIED_IDS
        else f"old.{name} || '-' || n"
        if name == "slug"
        else f"md5(old.{name} || n)"
        if name == "token_hash"
        else f"old.{name}"
        for name in names
    ]
    owner = "id" if table == "workspaces_workspace" else "workspace_id"
    return (
        f"INSERT INTO {table} ({', '.join(names)}) SELECT {', '.join(values)}"
        f" FROM {table} old, generate_series(%s::int, %s::int) n WHERE old.{owner} = %s"
    )


def _columns(table: str) -> list[str]:
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT column_name FROM information_schema.columns"
            " WHERE table_name = %s AND is_generated = 'NEVER' ORDER BY ordinal_position",
            [table],
        )
        return [name for (name,) in cursor.fetchall()]


def _measure(acts: list[Act]) -> dict[str, tuple[list[str], float]]:
    """Give for each act what it asked, and the median of its milliseconds."""
    measured = {}
    for act in acts:
        act.do()
        with CaptureQueriesContext(database) as captured:
            act.do()
        asked = [str(query["sql"]) for query in captured.captured_queries]
        measured[act.name] = (asked, _median_ms(act) if IS_FULL else 0.0)
    return measured


def _median_ms(act: Act) -> float:
    took = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        act.do()
        took.append((time.perf_counter() - started) * 1000)
    return statistics.median(took)


def _scanned(act: Act, asked: list[str]) -> set[str]:
    """Return the tables that some question reads from beginning to end."""
    found: set[str] = set()
    with act.scope(), database.cursor() as cursor:
        for question in filter(None, map(_explainable, asked)):
            cursor.execute(f"EXPLAIN (FORMAT JSON) {question}")
            (plan,) = cursor.fetchone()
            found |= set(_sequential(json.loads(plan) if isinstance(plan, str) else plan))
    return found & set(TABLES)


def _explainable(question: str) -> str:
    """Leave out the settings that are sent before a question, and what is no question.

    Nor can a call of a function be explained: how long it takes tells of its statements.
    """
    head, _, tail = question.partition(";")
    asked = (tail if tail and "set_config" in head else question).strip()
    is_plain = (
        asked.startswith(("SELECT", "INSERT", "UPDATE", "WITH")) and "set_config" not in asked
    ) and "$1" not in asked
    return asked.replace("%", "%%") if is_plain else ""


def _sequential(plan: Any) -> Iterator[str]:
    if isinstance(plan, list):
        for part in plan:
            yield from _sequential(part)
    elif isinstance(plan, dict):
        if plan.get("Node Type") == "Seq Scan":
            yield plan["Relation Name"]
        for part in plan.values():
            yield from _sequential(part)


def _tell(
    capsys: pytest.CaptureFixture[str],
    few: dict[str, tuple[list[str], float]],
    many: dict[str, tuple[list[str], float]],
) -> None:
    if not IS_FULL:
        return
    with capsys.disabled():
        sys.stdout.write(f"\n{FEW} and {MANY} other workspaces of {CONNECTIONS} connections:\n")
        for name, (asked, before) in few.items():
            after = many[name][1]
            sys.stdout.write(
                f"  {name:20} {before:8.2f} ms {after:8.2f} ms  {after / before:5.2f}"
                f"  {len(asked)} queries\n"
            )
