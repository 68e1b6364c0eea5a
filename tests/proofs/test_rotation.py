"""Rotation: the old key works until the new one does, and no old key ever reaches a new host."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from connections import calls, credentials, tasks
from connections.calls import Use
from connections.credentials import NotRestorable
from connections.models import Connection, Credential
from connectors import execution
from connectors.fields import InvalidValues
from spojit.lib import clock
from tests import factories, servers
from tests.proofs import acts, listeners

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.proofs.conftest import Reach, SetClock
    from tests.servers import Received, Reply, Server

pytestmark = pytest.mark.django_db

OLD, NEW, WRONG = "old-key-1111111111", "new-key-2222222222", "wrong-key-3333333333"
USE = Use("person", name="Alice")


@contextmanager
def door(*keys: str, account: str = "") -> Iterator[Server]:
    """Run a server that lets these keys in; what it remembers is its log."""

    def answer(received: Received) -> Reply:
        is_known = received.headers.get("authorization", "") in {f"Bearer {key}" for key in keys}
        return servers.json_reply({"id": account}, 200 if is_known else 401)

    with servers.recording(answer) as server:
        yield server


def connected(server: Server, key: str = OLD, **more: Any) -> Connection:
    """Make a connection that is Active with this key."""
    workspace = more.pop("workspace", None) or factories.make_workspace()
    values = {"base_url": server.url, "api_key": key, "test_path": "/me"}
    seen = acts.verify(acts.connect(workspace, "http", "api_key", values, **more))
    assert seen.status == "active"
    return seen.connection


def stage(connection: Connection, **values: str) -> Credential:
    """Enter new values, as the owner does on the page."""
    return credentials.stage(connection, values=values, actor=acts.owner(connection))


def keys_seen(server: Server) -> list[str]:
    """Read in a server's log which keys arrived, in order."""
    tokens = [received.headers["authorization"] for received in server.requests]
    return [token.removeprefix("Bearer ") for token in tokens]


def call(connection: Connection) -> str:
    """Call through a connection, and say what came of it."""
    return calls.call(connection, tool="get", arguments={"path": "/work"}, use=USE).name


def states(connection: Connection) -> list[tuple[int, str]]:
    """List the versions of a connection's credential."""
    with factories.scope(connection.workspace):
        rows = Credential.objects.filter(connection=connection).order_by("version")
        return list(rows.values_list("version", "state"))


def test_a_wrong_new_key_leaves_the_old_one_in_use(reach: Reach) -> None:
    with door(OLD) as server:
        reach(server.port)
        connection = connected(server)
        stage(connection, api_key=WRONG)
        seen = acts.verify(connection)
        assert (seen.status, seen.reason, seen.outcome) == ("active", "", "credentials_refused")
        assert seen.check.is_staged
        assert states(connection) == [(1, "current"), (2, "staged")]
        assert call(connection) == "ok"
        assert keys_seen(server) == [OLD, WRONG, OLD]
        assert WRONG not in seen.page
        assert OLD not in seen.page


def test_a_right_new_key_is_promoted_and_the_old_one_can_be_restored(reach: Reach) -> None:
    with door(OLD, NEW) as server:
        reach(server.port)
        connection = connected(server)
        stage(connection, api_key=NEW)
        assert acts.verify(connection).status == "active"
        assert states(connection) == [(1, "previous"), (2, "current")]
        assert call(connection) == "ok"
        credentials.restore(connection, actor=acts.owner(connection))
        assert states(connection) == [(1, "destroyed"), (2, "previous"), (3, "current")]
        assert acts.verify(connection).status == "active"
        assert call(connection) == "ok"
        assert keys_seen(server) == [OLD, NEW, NEW, OLD, OLD]


def test_only_the_last_version_can_be_restored_and_only_for_a_week(
    reach: Reach, set_clock: SetClock
) -> None:
    with door(OLD, NEW) as server:
        reach(server.port)
        connection = connected(server)
        stage(connection, api_key=NEW)
        acts.work(connection)
    now = clock.now()
    set_clock(now + timedelta(days=7, minutes=1))
    with pytest.raises(NotRestorable):
        credentials.restore(connection, actor=acts.owner(connection))
    assert states(connection) == [(1, "previous"), (2, "current")]
    tasks.tidy()
    assert states(connection) == [(1, "destroyed"), (2, "current")]


def test_a_new_key_while_a_wrong_one_waits_replaces_it(reach: Reach) -> None:
    with door(OLD, NEW) as server:
        reach(server.port)
        connection = connected(server)
        stage(connection, api_key=WRONG)
        stage(connection, api_key=NEW)
        assert acts.verify(connection).status == "active"
        assert states(connection) == [(1, "previous"), (2, "destroyed"), (3, "current")]
        assert keys_seen(server) == [OLD, NEW]


def test_a_change_of_host_asks_for_the_key_again_and_tells_the_new_host_nothing(
    reach: Reach,
) -> None:
    with door(OLD) as old, door(OLD, NEW) as new:
        reach(old.port, new.port)
        connection = connected(old)
        with pytest.raises(InvalidValues) as refusal:
            stage(connection, base_url=new.url)
        assert set(refusal.value.errors) == {"api_key"}
        acts.work(connection)
        assert states(connection) == [(1, "current")]
        assert new.connections == 0
        assert set(keys_seen(old)) == {OLD}


def test_after_a_change_of_host_only_the_new_key_reaches_the_new_host(reach: Reach) -> None:
    with door(OLD) as old, door(NEW) as new:
        reach(old.port, new.port)
        connection = connected(old)
        stage(connection, base_url=new.url, api_key=NEW)
        assert acts.verify(connection).status == "active"
        assert call(connection) == "ok"
        assert keys_seen(new) == [NEW, NEW]
        assert keys_seen(old) == [OLD]
        assert OLD.encode() not in new.everything
        assert NEW.encode() not in old.everything


def test_a_new_host_that_refuses_leaves_the_old_one_in_use(reach: Reach) -> None:
    with door(OLD) as old, door() as new:
        reach(old.port, new.port)
        connection = connected(old)
        stage(connection, base_url=new.url, api_key=NEW)
        assert acts.verify(connection).status == "active"
        assert call(connection) == "ok"
        assert keys_seen(new) == [NEW]
        assert keys_seen(old) == [OLD, OLD]


def test_a_restored_key_goes_to_its_own_host(reach: Reach) -> None:
    with door(OLD) as old, door(NEW) as new:
        reach(old.port, new.port)
        connection = connected(old)
        stage(connection, base_url=new.url, api_key=NEW)
        acts.work(connection)
        credentials.restore(connection, actor=acts.owner(connection))
        assert acts.verify(connection).status == "active"
        assert keys_seen(old) == [OLD, OLD]
        assert keys_seen(new) == [NEW]


def test_a_redirect_to_another_host_takes_no_key_along(reach: Reach) -> None:
    with servers.recording() as other, servers.recording(servers.redirect(other.url)) as server:
        reach(server.port, other.port)
        workspace = factories.make_workspace()
        values = {"base_url": server.url, "api_key": OLD, "test_path": "/me"}
        connection = acts.connect(workspace, "http", "api_key", values)
        acts.assert_said(acts.verify(connection), "bad_answer", status="error")
        assert other.requests == []
        assert call(connection) == "ok"
        assert len(other.requests) == 1
        assert OLD.encode() not in other.everything
        assert keys_seen(server) == [OLD, OLD]


@pytest.mark.parametrize("connector", ["postgresql", "mysql", "redis"])
def test_a_database_that_moved_never_hears_the_old_password(reach: Reach, connector: str) -> None:
    secret, fresh = "old-password-44444444", "new-password-55555555"
    values = {"host": "old.test", "username": "ada", "password": secret, "tls": "off"}
    extra = {} if connector == "redis" else {"database": "shop"}
    with listeners.service(connector) as old, listeners.service(connector) as new:
        reach(old.port, new.port)
        workspace = factories.make_workspace()
        given = values | extra | {"port": str(old.port)}
        connection = acts.connect(workspace, connector, "database", given)
        acts.work(connection)
        with pytest.raises(InvalidValues) as refusal:
            stage(connection, port=str(new.port))
        assert set(refusal.value.errors) == {"password"}
        acts.work(connection)
        assert (old.connections > 0, new.connections) == (True, 0)
        stage(connection, port=str(new.port), password=fresh)
        acts.work(connection)
        assert new.connections > 0
    assert not listeners.heard(new, secret)
    assert not listeners.heard(old, fresh)
    if connector == "redis":  # the other two answer no question for a password in the clear
        assert listeners.heard(old, secret)
        assert listeners.heard(new, fresh)


def test_who_has_loaded_a_credential_keeps_it_and_the_next_one_gets_the_new(reach: Reach) -> None:
    with door(OLD, NEW) as server:
        reach(server.port)
        connection = connected(server)
        with credentials.borrow(connection) as loaded:
            stage(connection, api_key=NEW)
            acts.work(connection)
            assert states(connection) == [(1, "previous"), (2, "current")]
            _send(connection, loaded.reveal())
        assert call(connection) == "ok"
        assert keys_seen(server) == [OLD, NEW, OLD, NEW]


def _send(connection: Connection, values: dict[str, str]) -> None:
    manifest = connection.manifest
    tool = manifest.tool("get")
    outcome = execution.call(manifest, connection.manifest_scheme, tool, values, {"path": "/"})
    assert outcome.name == "ok"
