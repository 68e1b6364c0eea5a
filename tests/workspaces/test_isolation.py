"""The wall between workspaces: every tenant table, scopes, what happens without one."""

from __future__ import annotations

import uuid

import pytest
from django.apps import apps
from django.db import DatabaseError, IntegrityError, connection, models, transaction

from connections.models import Check, Connection, Credential
from spojit.lib.ids import new_id
from tests.factories import (
    Cast,
    make_cast,
    make_connection,
    make_member,
    make_user,
    make_workspace,
    scope,
)
from workspaces import isolation
from workspaces.isolation import NoScope
from workspaces.models import AuditEvent, Invitation, Membership, Notice

pytestmark = pytest.mark.django_db


def tenant_models() -> list[type[models.Model]]:
    """List every model whose rows belong to a workspace."""
    return [
        model
        for model in apps.get_models(include_auto_created=True)
        if any(field.column == "workspace_id" for field in model._meta.local_concrete_fields)
    ]


def rows(statement: str, *parameters: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())


def count(model: type[models.Model]) -> int:
    return int(model._base_manager.count())


def test_no_table_with_a_workspace_is_unknown_to_the_tests_below() -> None:
    found = rows(
        """SELECT table_name FROM information_schema.columns
        WHERE table_schema = 'public' AND column_name = 'workspace_id'"""
    )
    assert {name for (name,) in found} == {model._meta.db_table for model in tenant_models()}


every_tenant_table = pytest.mark.parametrize(
    "model", tenant_models(), ids=lambda model: model._meta.label
)
"""A forgotten wall fails under it, whichever app the table is in."""


@every_tenant_table
def test_a_tenant_table_is_walled_for_its_owner_too(model: type[models.Model]) -> None:
    found = rows(
        "SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE oid = %s::regclass",
        model._meta.db_table,
    )
    assert found == [(True, True)]


@every_tenant_table
def test_a_tenant_table_has_the_policy_of_the_scope_for_reading_and_writing(
    model: type[models.Model],
) -> None:
    table = model._meta.db_table
    found = rows(
        "SELECT cmd, qual, with_check FROM pg_policies WHERE tablename = %s AND policyname = %s",
        table,
        f"{table}_wall",
    )
    [(command, qual, check)] = found
    assert command == "ALL"
    assert qual == check
    assert "spojit.low" in str(qual)
    assert "spojit.high" in str(qual)


@every_tenant_table
def test_a_tenant_table_can_be_referred_to_with_its_workspace(model: type[models.Model]) -> None:
    assert ["workspace_id", "id"] in unique_keys(model._meta.db_table)


@every_tenant_table
def test_a_tenant_table_refers_to_other_tenant_tables_with_its_workspace(
    model: type[models.Model],
) -> None:
    tenants = {other._meta.db_table for other in tenant_models()}
    needed = {
        (field.column, field.remote_field.model._meta.db_table)
        for field in model._meta.local_fields
        if isinstance(field, models.ForeignKey)
        and field.remote_field.model._meta.db_table in tenants
    }
    assert needed <= composite_references(model._meta.db_table)


@every_tenant_table
def test_a_tenant_table_is_empty_without_a_scope(model: type[models.Model]) -> None:
    make_connection(make_cast().workspace)
    assert count(model) == 0


def unique_keys(table: str) -> list[list[str]]:
    found = rows(
        """SELECT (SELECT array_agg(attname::text ORDER BY place) FROM unnest(conkey)
        WITH ORDINALITY AS key(number, place) JOIN pg_attribute
        ON attrelid = conrelid AND attnum = number)
        FROM pg_constraint WHERE conrelid = %s::regclass AND contype IN ('u', 'p')""",
        table,
    )
    return [columns for (columns,) in found]  # type: ignore[misc]


def composite_references(table: str) -> set[tuple[str, str]]:
    found = rows(
        """SELECT a.attname::text, c.confrelid::regclass::text FROM pg_constraint c
        JOIN pg_attribute w ON w.attrelid = c.conrelid AND w.attnum = c.conkey[1]
        JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[2]
        WHERE c.conrelid = %s::regclass AND c.contype = 'f' AND array_length(c.conkey, 1) = 2
        AND w.attname = 'workspace_id'""",
        table,
    )
    return {(str(column), str(parent)) for column, parent in found}


def test_a_connection_of_one_workspace_does_not_exist_in_another() -> None:
    cast = make_cast()
    own = make_connection(cast.workspace)
    with scope(cast.next_door):
        assert not Connection.objects.filter(pk=own.pk).exists()
        assert count(Credential) == 0
        assert Connection.objects.filter(pk=own.pk).update(name="stolen") == 0
    with scope(cast.workspace):
        assert Connection.objects.get(pk=own.pk).name == own.name


def test_a_row_of_another_workspace_cannot_be_added() -> None:
    cast = make_cast()
    with pytest.raises(DatabaseError, match="row-level security"), scope(cast.next_door):
        Notice.objects.create(workspace=cast.workspace, user=cast.alice, key="k", title="t")


def test_a_row_cannot_be_moved_to_another_workspace() -> None:
    cast = make_cast()
    with pytest.raises(DatabaseError, match="row-level security"), scope(cast.workspace):
        Membership.objects.filter(user=cast.bob).update(workspace=cast.next_door)


def test_a_reference_across_workspaces_is_refused_even_when_both_are_open() -> None:
    cast = make_cast()
    own = make_connection(cast.workspace)
    with pytest.raises(IntegrityError, match="connections_check_connection_wall"):
        _refer_across(own, cast)


def _refer_across(connection_of_one: Connection, cast: Cast) -> None:
    with isolation.everything(reason="test"), connection.cursor() as cursor:
        Check.objects.create(
            workspace=cast.next_door,
            connection=connection_of_one,
            outcome="ok",
            status_before="pending",
            status_after="active",
        )
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_without_a_scope_the_default_manager_says_so() -> None:
    with pytest.raises(NoScope):
        Membership.objects.count()
    with pytest.raises(NoScope):
        AuditEvent.objects.all()


def test_without_a_scope_nothing_can_be_added() -> None:
    workspace = make_workspace()
    with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
        Membership(workspace=workspace, user=make_user(), role="viewer").save(force_insert=True)


def test_scopes_nest_and_the_outer_one_comes_back() -> None:
    cast = make_cast()
    with scope(cast.workspace):
        assert Membership.objects.count() == 4
        with scope(cast.next_door):
            assert Membership.objects.count() == 1
        assert Membership.objects.count() == 4
        with isolation.everything(reason="test"):
            assert Membership.objects.count() == 5
        with isolation.person(cast.mallory.pk):
            assert [row.user_id for row in Membership.objects.all()] == [cast.mallory.pk]
        assert Membership.objects.count() == 4
    assert not isolation.is_open()
    assert count(Membership) == 0


def test_a_scope_left_by_an_exception_is_closed() -> None:
    cast = make_cast()
    with pytest.raises(RuntimeError), scope(cast.workspace):
        raise RuntimeError
    assert not isolation.is_open()
    assert count(Membership) == 0


def test_an_inner_scope_left_by_an_exception_gives_the_outer_one_back() -> None:
    cast = make_cast()
    with scope(cast.workspace):
        with pytest.raises(RuntimeError), scope(cast.next_door):
            raise RuntimeError
        assert Membership.objects.count() == 4


def test_a_failed_statement_in_an_inner_scope_gives_the_outer_one_back() -> None:
    cast = make_cast()
    with scope(cast.workspace):
        with pytest.raises(DatabaseError), scope(cast.next_door), connection.cursor() as cursor:
            cursor.execute("SELECT 1 / 0")
        assert Membership.objects.count() == 4


@pytest.mark.django_db(transaction=True)
def test_a_scope_ends_with_its_transaction_on_a_kept_connection() -> None:
    cast = make_cast()
    with scope(cast.workspace):
        assert Membership.objects.count() == 4
    assert rows("SELECT nullif(current_setting('spojit.low', true), '')") == [(None,)]
    assert count(Membership) == 0


def test_a_person_sees_their_own_memberships_and_nothing_else() -> None:
    cast = make_cast()
    make_member(cast.next_door, "viewer", user=cast.bob)
    with isolation.person(cast.bob.pk):
        found = {row.workspace_id for row in Membership.objects.all()}
        assert found == {cast.workspace.pk, cast.next_door.pk}
        assert Invitation.objects.count() == 0
        assert Membership.objects.filter(user=cast.bob).update(role="owner") == 0


def test_the_scope_of_nobody_is_empty() -> None:
    make_cast()
    with isolation.person(uuid.UUID(int=0)):
        assert Membership.objects.count() == 0
    with isolation.workspace(new_id()):
        assert Membership.objects.count() == 0


def test_one_question_in_one_round_trip_sees_one_workspace_and_leaves_no_scope() -> None:
    cast = make_cast()
    question = "SELECT count(*) FROM workspaces_membership WHERE role <> %(role)s"
    assert isolation.ask(cast.workspace.pk, question, {"role": "owner"}) == [(3,)]
    assert isolation.ask(cast.next_door.pk, question, {"role": "owner"}) == [(0,)]
    assert count(Membership) == 0


@pytest.mark.django_db(transaction=True)
def test_one_question_outside_of_a_transaction_leaves_no_scope() -> None:
    cast = make_cast()
    question = "SELECT count(*) FROM workspaces_membership"
    assert isolation.ask(cast.workspace.pk, question, {}) == [(4,)]
    assert count(Membership) == 0


def test_nothing_talks_to_a_service_inside_a_scope() -> None:
    workspace = make_workspace()
    isolation.refuse_network_in_transaction()
    with pytest.raises(isolation.NetworkInTransaction), scope(workspace):
        isolation.refuse_network_in_transaction()
