"""A sealed row opens only where it was sealed, and tenants with the same secret never meet."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

import pytest

from connections import calls, credentials, lifecycle
from connections.calls import Use
from connections.credentials import CredentialUnreadable, NotRestorable, rows
from connections.models import Connection, Credential
from tests import factories, servers
from tests.proofs import acts
from workspaces.vault.envelope import CannotOpen

if TYPE_CHECKING:
    from tests.proofs.conftest import Reach
    from tests.servers import Server
    from workspaces.models import Workspace

pytestmark = pytest.mark.django_db

KEY = "the-same-key-everywhere-42"
USE = Use("person", name="Alice")


def connected(server: Server, workspace: Workspace, key: str = KEY) -> Connection:
    """Make a connection that is Active."""
    values = {"base_url": server.url, "api_key": key, "test_path": "/me"}
    seen = acts.verify(acts.connect(workspace, "http", "api_key", values))
    assert seen.status == "active"
    return seen.connection


def row_of(connection: Connection, state: str = "current") -> Credential:
    """Find a version."""
    with factories.scope(connection.workspace):
        rows_ = Credential.objects.select_related("connection__workspace")
        found: Credential = rows_.get(connection=connection, state=state)
    return found


def sealed_of(connection: Connection) -> bytes:
    """Give the sealed bytes of the version in use."""
    return bytes(row_of(connection).sealed or b"")


def overwrite(row: Credential, **columns: Any) -> None:
    """Write into a row, as somebody with the database would."""
    with factories.scope(row.connection.workspace):
        Credential.objects.filter(pk=row.pk).update(**columns)


def assert_only_this_one_breaks(broken: Connection, *others: Connection) -> None:
    """Assert what happens to a connection whose credential does not open, and to the rest."""
    with pytest.raises(CredentialUnreadable) as refusal, credentials.borrow(broken):
        pass
    assert KEY not in f"{refusal.value} {refusal.value.hint}"
    assert refusal.value.__cause__ is None
    acts.assert_said(acts.verify_again(broken), "credential_unreadable", status="error")
    assert calls.call(broken, tool="get", arguments={"path": "/"}, use=USE).name == (
        "credential_unreadable"
    )
    for other in others:
        assert acts.look(other).status == "active"
        assert calls.call(other, tool="get", arguments={"path": "/"}, use=USE).name == "ok"


@pytest.mark.parametrize("where", ["another connection", "another workspace"])
def test_a_row_copied_over_from_elsewhere_does_not_open(reach: Reach, where: str) -> None:
    with servers.recording() as server:
        reach(server.port)
        home, next_door = factories.make_workspace(), factories.make_workspace()
        victim = connected(server, home)
        other = connected(server, home if where == "another connection" else next_door)
        overwrite(row_of(victim), sealed=row_of(other).sealed)
        heard = len(server.requests)
        assert_only_this_one_breaks(victim, other)
        assert len(server.requests) == heard + 1


def test_a_row_copied_over_from_another_version_does_not_open(reach: Reach) -> None:
    with servers.recording() as server:
        reach(server.port)
        workspace = factories.make_workspace()
        victim, other = connected(server, workspace), connected(server, workspace)
        credentials.stage(victim, values={"api_key": KEY + "-2"}, actor=acts.owner(victim))
        acts.work(victim)
        overwrite(row_of(victim), sealed=row_of(victim, "previous").sealed)
        assert_only_this_one_breaks(victim, other)


def test_a_row_given_another_version_purpose_or_id_does_not_open(reach: Reach) -> None:
    with servers.recording() as server:
        reach(server.port)
        row = row_of(connected(server, factories.make_workspace()))
    assert rows.unseal(row).values["api_key"] == KEY
    for column, value in {"version": 2, "purpose": "test", "id": row.connection_id}.items():
        changed = row_of(row.connection)
        setattr(changed, column, value)
        with pytest.raises(CannotOpen):
            rows.unseal(changed)


@pytest.mark.parametrize("place", [0, 20, -1])
def test_a_row_with_one_changed_bit_does_not_open(reach: Reach, place: int) -> None:
    with servers.recording() as server:
        reach(server.port)
        workspace = factories.make_workspace()
        victim, other = connected(server, workspace), connected(server, workspace)
        sealed = bytearray(sealed_of(victim))
        sealed[place] ^= 1
        overwrite(row_of(victim), sealed=bytes(sealed))
        assert_only_this_one_breaks(victim, other)


def test_a_credential_that_does_not_open_can_be_entered_again(reach: Reach) -> None:
    with servers.recording() as server:
        reach(server.port)
        victim = connected(server, factories.make_workspace())
        overwrite(row_of(victim), sealed=secrets.token_bytes(120))
        assert acts.verify_again(victim).reason == "credential_unreadable"
        values = {"base_url": server.url, "api_key": KEY, "test_path": "/me"}
        credentials.stage(victim, values=values, actor=acts.owner(victim))
        assert acts.verify(victim).status == "active"
        with pytest.raises(NotRestorable):
            credentials.restore(victim, actor=acts.owner(victim))
        assert acts.look(victim).status == "active"


def test_tenants_with_the_same_secret_never_meet(reach: Reach) -> None:
    with servers.recording() as server:
        reach(server.port)
        cast = factories.make_cast()
        ours, theirs = connected(server, cast.workspace), connected(server, cast.next_door)
        assert sealed_of(ours) != sealed_of(theirs)
        with factories.scope(cast.workspace):
            assert list(Credential.objects.values_list("connection_id")) == [(ours.pk,)]
        lifecycle.remove(ours, actor=cast.alice)
        assert acts.verify_again(theirs).status == "active"
        assert calls.call(theirs, tool="get", arguments={"path": "/"}, use=USE).name == "ok"
        assert ours.name not in acts.page_of(theirs)


def test_a_removed_connection_keeps_nothing_that_opens(reach: Reach) -> None:
    with servers.recording() as server:
        reach(server.port)
        connection = connected(server, factories.make_workspace())
        credentials.stage(connection, values={"api_key": KEY + "-2"}, actor=acts.owner(connection))
        lifecycle.remove(connection, actor=acts.owner(connection))
        heard = len(server.requests)
        acts.work(connection)
        with factories.scope(connection.workspace):
            states = Credential.objects.filter(connection=connection).values_list("state", "sealed")
            assert set(states) == {("destroyed", None)}
        assert len(server.requests) == heard
