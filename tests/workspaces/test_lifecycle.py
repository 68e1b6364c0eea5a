"""Workspaces are created, described and deleted."""

from __future__ import annotations

import pytest

from connections import credentials
from connections.models import Connection, Credential
from spojit.lib.ids import new_id
from tests.factories import make_cast, make_connection, make_user, scope
from workspaces import audit, isolation, lifecycle, notices
from workspaces.models import AuditEvent, DataKey, Invitation, Membership, Notice, Workspace
from workspaces.vault import keyring
from workspaces.vault.envelope import CannotOpen

pytestmark = pytest.mark.django_db


def test_a_workspace_is_made_with_its_owner_and_an_audit_event() -> None:
    alice = make_user()
    workspace = lifecycle.create("  Northwind   Traders ", owner=alice)
    assert (workspace.name, workspace.slug) == ("Northwind Traders", "northwind-traders")
    with scope(workspace):
        [membership] = Membership.objects.all()
        [event] = AuditEvent.objects.all()
    assert (membership.user_id, membership.role) == (alice.pk, "owner")
    assert (event.act, event.actor_id) == ("workspace.created", alice.pk)


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Ärzte & Söhne", "arzte-sohne"),
        ("日本", "workspace"),
        ("x" * 80, "x" * 40),
        ("a_b", "a-b"),
        ("--", "workspace"),
    ],
)
def test_the_address_is_made_from_the_name(name: str, slug: str) -> None:
    assert lifecycle.create(name, owner=make_user()).slug == slug


def test_an_address_that_is_taken_gets_a_number_and_then_a_random_end() -> None:
    alice = make_user()
    slugs = [lifecycle.create("Acme", owner=alice).slug for _ in range(6)]
    assert slugs[:4] == ["acme", "acme-2", "acme-3", "acme-4"]
    assert len(set(slugs)) == 6
    assert all(slug.startswith("acme-") for slug in slugs[4:])


@pytest.mark.parametrize("name", ["", "   ", "x" * 81, "a\x00b"])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(lifecycle.NameMissing):
        lifecycle.create(name, owner=make_user())
    assert Workspace.objects.count() == 0


def test_describing_a_workspace_keeps_its_address_and_says_what_changed() -> None:
    cast = make_cast()
    slug = cast.workspace.slug
    lifecycle.describe(
        cast.workspace,
        name="Southwind",
        time_zone="Europe/Berlin",
        audit_retention_days=365,
        actor=cast.alice,
    )
    stored = Workspace.objects.get(pk=cast.workspace.pk)
    assert (stored.name, stored.slug, stored.time_zone) == ("Southwind", slug, "Europe/Berlin")
    with scope(cast.workspace):
        event = AuditEvent.objects.get(act="workspace.changed")
    assert event.details == {
        "from": {"name": "Northwind", "time_zone": "UTC"},
        "to": {"name": "Southwind", "time_zone": "Europe/Berlin"},
    }


def test_nothing_is_recorded_when_nothing_changes() -> None:
    cast = make_cast()
    lifecycle.describe(
        cast.workspace,
        name="Northwind",
        time_zone="UTC",
        audit_retention_days=365,
        actor=cast.alice,
    )
    with scope(cast.workspace):
        assert AuditEvent.objects.count() == 0


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"time_zone": "Mars/Olympus"}, lifecycle.UnknownTimeZone),
        ({"audit_retention_days": 29}, lifecycle.BadRetention),
        ({"audit_retention_days": 3651}, lifecycle.BadRetention),
        ({"name": " "}, lifecycle.NameMissing),
    ],
)
def test_a_description_that_will_not_do_changes_nothing(
    change: dict[str, object], refusal: type[Exception]
) -> None:
    cast = make_cast()
    values = {"name": "N", "time_zone": "UTC", "audit_retention_days": 60} | change
    with pytest.raises(refusal):
        lifecycle.describe(cast.workspace, **values, actor=cast.alice)  # type: ignore[arg-type]
    assert Workspace.objects.get(pk=cast.workspace.pk).name == "Northwind"


def test_deleting_asks_for_the_name() -> None:
    cast = make_cast()
    with pytest.raises(lifecycle.NameNotTyped):
        lifecycle.delete(cast.workspace, typed_name="northwind", actor=cast.alice)
    assert Workspace.objects.filter(pk=cast.workspace.pk).exists()


def test_deleting_takes_everything_but_the_audit_log() -> None:
    cast = make_cast()
    make_connection(cast.workspace)
    other = make_connection(cast.next_door, actor=cast.mallory)
    with scope(cast.workspace):
        notices.tell(cast.workspace, users=[cast.bob], key="k", title="t")
    lifecycle.delete(cast.workspace, typed_name=" Northwind ", actor=cast.alice)
    assert not Workspace.objects.filter(pk=cast.workspace.pk).exists()
    with isolation.everything(reason="test"):
        for model in (Membership, Notice, Invitation, Connection, Credential, DataKey):
            assert not model.objects.filter(workspace_id=cast.workspace.pk).exists()
        acts = AuditEvent.objects.filter(workspace_id=cast.workspace.pk).order_by("at")
        assert list(acts.values_list("act", "workspace_name")) == [
            ("connection.created", "Northwind"),
            ("workspace.deleted", "Northwind"),
        ]
        assert Connection.objects.filter(pk=other.pk).exists()


def test_nothing_that_was_sealed_opens_once_the_workspace_is_deleted() -> None:
    cast = make_cast()
    place = {"table": "t", "row": str(new_id()), "purpose": "p", "version": 1}
    sealed = keyring.seal(b"secret", workspace_id=cast.workspace.pk, **place)  # type: ignore[arg-type]
    lifecycle.delete(cast.workspace, typed_name="Northwind", actor=cast.alice)
    with pytest.raises(CannotOpen):
        keyring.open_(sealed, workspace_id=cast.workspace.pk, **place)  # type: ignore[arg-type]


def test_the_keys_are_destroyed_before_anything_else(monkeypatch: pytest.MonkeyPatch) -> None:
    cast = make_cast()
    connection = make_connection(cast.workspace)
    left: list[bool] = []

    def look(workspace: Workspace, **_: object) -> None:
        left.append(DataKey.objects.filter(workspace_id=workspace.pk).exists())
        left.append(credentials.current(connection) is not None)

    monkeypatch.setattr(audit, "record", look)
    lifecycle.delete(cast.workspace, typed_name="Northwind", actor=cast.alice)
    assert left == [False, True]


def test_a_deletion_that_fails_deletes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    cast = make_cast()
    make_connection(cast.workspace)

    def fail(_workspace: Workspace, **_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(audit, "record", fail)
    with pytest.raises(RuntimeError):
        lifecycle.delete(cast.workspace, typed_name="Northwind", actor=cast.alice)
    with scope(cast.workspace):
        assert DataKey.objects.exists()
        assert Membership.objects.count() == 4
