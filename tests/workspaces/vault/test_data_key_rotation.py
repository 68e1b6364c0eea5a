"""A workspace's content moves to a new data key; the old one goes when nothing needs it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from connections.credentials import rows
from connections.models import Credential
from spojit.lib import clock
from tests.factories import make_connection, make_workspace
from workspaces import isolation
from workspaces.models import DataKey, Workspace
from workspaces.vault import envelope, keyring, rotation
from workspaces.vault.rotation import data_keys, sealed_columns
from workspaces.vault.rotation.sealed_columns import UnregisteredColumn

VALUES = {"base_url": "https://api.example.com"}


@pytest.fixture(autouse=True)
def begin(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin with no unwrapped key in this process, and do not wait for locked rows."""
    keyring.forget()
    monkeypatch.setattr(data_keys, "PAUSE_SECONDS", 0)


@pytest.fixture
def workspace() -> Workspace:
    """Make a workspace with three sealed credentials."""
    made = make_workspace()
    for _ in range(3):
        make_connection(made, values=VALUES)
    return made


def credentials(workspace: Workspace) -> list[Credential]:
    with isolation.workspace(workspace):
        return list(Credential.objects.order_by("pk"))


def key_ids(workspace: Workspace) -> set[Any]:
    return {envelope.data_key_id(bytes(row.sealed or b"")) for row in credentials(workspace)}


def versions(workspace: Workspace) -> list[tuple[int, bool]]:
    with isolation.workspace(workspace):
        found = DataKey.objects.filter(workspace_id=workspace.pk).order_by("version")
        return list(found.values_list("version", "is_current"))


def all_open(workspace: Workspace) -> bool:
    keyring.forget()
    return all(rows.unseal(row).values == VALUES for row in credentials(workspace))


def finish(workspace: Workspace, **options: Any) -> rotation.Resealing:
    (*_, last) = rotation.rotate_data_key(workspace, **options)
    return last


def later() -> Any:
    return clock.now() + rotation.RETIRE_AFTER + timedelta(seconds=1)


def test_everything_is_sealed_again_and_the_old_key_waits(workspace: Workspace) -> None:
    old = key_ids(workspace)
    last = finish(workspace, batch_size=2)
    assert (last.done, last.unreadable, last.left, last.retired) == (3, 0, 0, 0)
    assert last.retire_at is not None
    assert not key_ids(workspace) & old
    assert versions(workspace) == [(1, False), (2, True)]
    assert all_open(workspace)


def test_an_old_key_goes_when_nobody_can_hold_it_any_more(workspace: Workspace) -> None:
    finish(workspace)
    last = finish(workspace, new_key=False, now=later)
    assert (last.done, last.retired, last.retire_at) == (0, 1, None)
    assert versions(workspace) == [(2, True)]
    assert all_open(workspace)


def test_what_was_sealed_meanwhile_by_the_old_key_is_found(workspace: Workspace) -> None:
    before = credentials(workspace)
    finish(workspace)
    with isolation.workspace(workspace):
        Credential.objects.filter(pk=before[0].pk).update(sealed=before[0].sealed)
    last = finish(workspace, new_key=False, now=later)
    assert (last.done, last.retired) == (1, 1)
    assert all_open(workspace)


def test_it_goes_on_where_it_was_stopped(workspace: Workspace) -> None:
    next(iter(rotation.rotate_data_key(workspace, batch_size=2)))
    assert all_open(workspace)
    last = finish(workspace, new_key=False)
    assert (last.done, last.left) == (1, 0)
    assert versions(workspace) == [(1, False), (2, True)]
    assert len(key_ids(workspace)) == 1


def test_other_workspaces_are_left_alone(workspace: Workspace) -> None:
    other = make_workspace()
    make_connection(other, values=VALUES)
    before = [bytes(row.sealed or b"") for row in credentials(other)]
    finish(workspace)
    assert [bytes(row.sealed or b"") for row in credentials(other)] == before
    assert versions(other) == [(1, True)]


def test_a_value_that_does_not_open_stays_and_keeps_its_key(workspace: Workspace) -> None:
    broken = credentials(workspace)[1]
    damaged = bytes(broken.sealed or b"")[:-1] + b"?"
    with isolation.workspace(workspace):
        Credential.objects.filter(pk=broken.pk).update(sealed=damaged)
    last = finish(workspace, now=later)
    assert (last.done, last.unreadable, last.left, last.retired) == (2, 1, 1, 0)
    assert bytes(credentials(workspace)[1].sealed or b"") == damaged
    assert versions(workspace) == [(1, False), (2, True)]


def test_a_sealed_column_that_nobody_registered_stops_it(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    columns = {key: one for key, one in sealed_columns._columns.items() if key[0] != Credential}
    monkeypatch.setattr(sealed_columns, "_columns", columns)
    with pytest.raises(UnregisteredColumn, match=r"connections\.Credential\.sealed"):
        finish(workspace)
    assert versions(workspace) == [(1, True)]


def test_every_sealed_column_is_registered() -> None:
    sealed_columns.refuse_unregistered()


def test_destroyed_credentials_are_skipped(workspace: Workspace) -> None:
    row = credentials(workspace)[0]
    with isolation.workspace(workspace):
        Credential.objects.filter(pk=row.pk).update(**rows.destroyed())
    assert finish(workspace).done == 2


@pytest.mark.django_db(transaction=True)
def test_locked_rows_are_left_for_another_time() -> None:
    workspace = make_workspace()
    for _ in range(2):
        make_connection(workspace, values=VALUES)
    locked = credentials(workspace)[0]
    other = connection.copy()
    try:
        with transaction.atomic(), other.cursor() as cursor:
            other.set_autocommit(False)
            cursor.execute("SELECT set_config('spojit.low', %s, true)", [str(workspace.pk)])
            cursor.execute("SELECT set_config('spojit.high', %s, true)", [str(workspace.pk)])
            lock = "SELECT 1 FROM connections_credential WHERE id = %s FOR UPDATE"
            cursor.execute(lock, [locked.pk])
            last = finish(workspace)
            assert (last.done, last.unreadable, last.left) == (1, 0, 1)
    finally:
        other.rollback()
        other.close()
    assert finish(workspace, new_key=False).done == 1
    assert all_open(workspace)


def test_the_command_tells_what_it_did(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("rotate_data_key", "--workspace", workspace.slug.upper())
    said = capsys.readouterr().out.splitlines()
    assert "3 values sealed again" in said
    assert said[-1].startswith("Old data keys stay for processes that may still hold them;")
    call_command("rotate_data_key", "--workspace", workspace.slug, "--continue")
    assert versions(workspace) == [(1, False), (2, True)]
    with pytest.raises(CommandError, match="There is no workspace 'gone'"):
        call_command("rotate_data_key", "--workspace", "gone")


def test_the_command_fails_when_something_is_left(workspace: Workspace) -> None:
    with isolation.workspace(workspace):
        Credential.objects.filter(pk=credentials(workspace)[0].pk).update(sealed=b"v1" + b"x" * 60)
    with pytest.raises(CommandError, match="1 values are still sealed by an old data key, 1 of"):
        call_command("rotate_data_key", "--workspace", workspace.slug)
