"""The audit log only grows, until `purge` shortens it as the owner role."""

from __future__ import annotations

from datetime import datetime, timedelta
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from spojit.lib import clock
from spojit.lib.ids import new_id
from tests.factories import Cast, make_cast, make_connection, scope
from workspaces import audit, invitations, isolation, notices, retention
from workspaces.models import AuditEvent, Invitation, Notice, Workspace

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings


def event(cast: Cast, *, days_ago: float, workspace: Workspace | None = None) -> AuditEvent:
    workspace = workspace or cast.workspace
    at = clock.now() - timedelta(days=days_ago)
    with scope(workspace):
        return AuditEvent.objects.create(  # type: ignore[no-any-return]
            workspace_id=workspace.pk,
            workspace_name=workspace.name,
            at=at,
            actor_name="Bob",
            act="connection.created",
            subject_kind="connection",
            subject_name="GitHub",
        )


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE workspaces_auditevent SET actor_name = 'Mallory'",
        "DELETE FROM workspaces_auditevent",
    ],
)
@pytest.mark.parametrize("is_wide", [True, False])
def test_the_app_role_cannot_change_the_audit_log(statement: str, is_wide: bool) -> None:
    cast = make_cast()
    with scope(cast.workspace):
        audit.record(cast.workspace, actor=cast.bob, act="a.b", subject=cast.workspace)
    opened = isolation.everything(reason="test") if is_wide else scope(cast.workspace)
    with opened, pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        run(statement)
    with scope(cast.workspace):
        assert AuditEvent.objects.get().actor_name == "Bob"


def run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_purge_removes_audit_events_past_each_workspaces_retention() -> None:
    cast = make_cast()
    Workspace.objects.filter(pk=cast.next_door.pk).update(audit_retention_days=30)
    kept = {event(cast, days_ago=364).pk, event(cast, days_ago=29, workspace=cast.next_door).pk}
    event(cast, days_ago=366)
    event(cast, days_ago=31, workspace=cast.next_door)
    assert retention.purge_audit(clock.now()) == 2
    with isolation.everything(reason="test"):
        assert set(AuditEvent.objects.values_list("pk", flat=True)) == kept


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_purge_keeps_the_log_of_a_deleted_workspace_for_a_year() -> None:
    cast = make_cast()
    gone = Workspace(id=new_id(), name="Gone", slug="gone")
    kept = event(cast, days_ago=364, workspace=gone)
    event(cast, days_ago=366, workspace=gone)
    assert retention.purge_audit(clock.now()) == 1
    with isolation.everything(reason="test"):
        assert AuditEvent.objects.get().pk == kept.pk


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_purge_works_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    cast = make_cast()
    for _ in range(5):
        event(cast, days_ago=400)
    assert retention.purge_audit(clock.now()) == 5


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_the_command_says_what_it_removed() -> None:
    cast = make_cast()
    make_connection(cast.workspace)
    event(cast, days_ago=400)
    output = StringIO()
    call_command("purge", stdout=output)
    assert output.getvalue().splitlines() == [
        "audit events: 1",
        "authorizations: 0",
        "calls: 0",
        "checks: 0",
        "counts of deliveries: 0",
        "deliveries: 0",
        "destroyed credentials: 0",
        "invitations: 0",
        "notices: 0",
        "revocations: 0",
        "runs: 0",
        "sessions: 0",
        "use counters: 0",
    ]


def test_without_the_owners_role_the_command_says_what_is_missing(settings: Settings) -> None:
    settings.MIGRATION_DATABASE_URL = ""
    with pytest.raises(CommandError, match="MIGRATION_DATABASE_URL"):
        call_command("purge")


@pytest.mark.django_db
def test_purge_removes_what_nobody_needs_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    cast = make_cast()
    invitations.invite(cast.workspace, email="z@example.com", role="viewer", actor=cast.alice)
    with scope(cast.workspace):
        notices.tell(cast.workspace, users=[cast.bob, cast.vera], key="k", title="t")
        Notice.objects.filter(user=cast.bob).update(read_at=clock.now())
    monkeypatch.setitem(retention._purgers, "audit events", _none)
    later = clock.now() + timedelta(days=91)
    counts = retention.run(now=later)
    assert (counts["invitations"], counts["notices"]) == (1, 1)
    with scope(cast.workspace):
        assert Invitation.objects.count() == 0
        assert Notice.objects.get().user_id == cast.vera.pk


def _none(_now: datetime) -> int:
    return 0
