"""The life of a connection below its pages: created, verified, called, warned of, removed."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import IntegrityError, connections as databases

from connections import (
    calls,
    credentials,
    expiry,
    leases,
    lifecycle,
    signals,
    tasks,
    tries,
    usage,
    verification,
)
from connections.calls import Use
from connections.models import Call, Connection, Credential
from connections.verification import timing
from connectors.fields import InvalidValues
from connectors.manifest.connector import UnknownScheme, UnknownTool
from connectors.models import Connector
from connectors.outcomes import Outcome
from connectors.registry import UnknownConnector
from spojit.lib import clock
from tests import factories, servers
from tests.connections import steps
from workspaces import isolation
from workspaces.isolation import NetworkInTransaction
from workspaces.models import AuditEvent, Notice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.factories import Cast
    from tests.servers import Received, Reply, Server

    Reach = Callable[..., None]

USE = Use("person", name="Bob")
NEW = "a-key-2222222222"


@pytest.fixture
def server(reach: Reach) -> Iterator[Server]:
    with steps.door(steps.KEY, NEW) as running:
        reach(running.port)
        yield running


@pytest.fixture
def connection(cast: Cast, server: Server) -> Connection:
    return steps.connect(cast.workspace, server, name="Shop", actor=cast.bob)


def call(connection: Connection, tool: str = "get", **arguments: Any) -> Outcome:
    return calls.call(connection, tool=tool, arguments={"path": "/x"} | arguments, use=USE)


# -- created ------------------------------------------------------------------------------------


def create(cast: Cast, **changes: Any) -> Connection:
    factories.make_connector("http")
    given: dict[str, Any] = {
        "connector_key": "http",
        "scheme": "none",
        "name": "Shop",
        "values": {"base_url": "https://api.example.com"},
        "actor": cast.bob,
    }
    return lifecycle.create(cast.workspace, **given | changes)


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"connector_key": "nonsense"}, UnknownConnector),
        ({"scheme": "nonsense"}, UnknownScheme),
        ({"connector_key": "github", "scheme": "api_key"}, lifecycle.ConnectorUnavailable),
        ({"name": " "}, lifecycle.NameMissing),
        ({"values": {}}, InvalidValues),
        ({"values": {"base_url": "https://ada:secret@example.com"}}, InvalidValues),
    ],
)
def test_what_cannot_be_created_leaves_nothing(
    cast: Cast, changes: dict[str, Any], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        create(cast, **changes)
    with factories.scope(cast.workspace):
        assert not Connection.objects.exists()
        assert not Credential.objects.exists()


def test_names_are_unique_in_a_workspace_but_not_across(cast: Cast) -> None:
    create(cast)
    with pytest.raises(lifecycle.NameTaken):
        create(cast, name=" SHOP ")
    factories.make_connection(cast.next_door, name="Shop")


def test_a_stable_key_is_made_from_the_name_and_unique(cast: Cast) -> None:
    keys = [create(cast, name=name).stable_key for name in ("My shop!", "My shop?", "…")]
    assert keys == ["my_shop", "my_shop_2", "connection"]


def test_a_removed_name_is_free_again(cast: Cast) -> None:
    lifecycle.remove(create(cast), actor=cast.bob)
    assert create(cast).stable_key == "shop_2"


def test_other_faults_of_the_database_are_not_taken_for_a_taken_name(cast: Cast) -> None:
    connection = create(cast)
    with (
        pytest.raises(IntegrityError, match="connection_status_known"),
        factories.scope(cast.workspace),
        lifecycle._unique_name(),
    ):
        Connection.objects.filter(pk=connection.pk).update(status="nonsense")


# -- listeners ----------------------------------------------------------------------------------


def test_who_listens_hears_of_changes_and_removal(
    cast: Cast, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[tuple[str, ...]] = []
    monkeypatch.setattr(signals, "_status", [])
    monkeypatch.setattr(signals, "_removal", [])
    signals.on_status_changed(lambda row, before, after: heard.append((row.name, before, after)))
    signals.on_removed(lambda row, actor: heard.append((row.name, actor.name)))
    connection = steps.connect(cast.workspace, server, name="Shop", actor=cast.bob)
    verification.verify(connection)
    lifecycle.remove(connection, actor=cast.adam)
    lifecycle.remove(connection, actor=cast.adam)
    assert heard == [("Shop", "pending", "active"), ("Shop", "Adam")]


def test_places_that_use_connections_register(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usage, "_finders", [])
    monkeypatch.setattr(usage, "_counts", [])
    usage.register(find=lambda _row: [], count=lambda ids: dict.fromkeys(ids, 1))
    usage.register(find=lambda _row: [], count=lambda ids: dict.fromkeys(ids, 2))
    assert usage.references(connection) == []
    assert usage.counts([connection.pk]) == {connection.pk: 3}


# -- verified -----------------------------------------------------------------------------------


def test_two_workers_verify_one_after_the_other(cast: Cast, connection: Connection) -> None:
    owner = leases.claim(connection)
    with pytest.raises(leases.AlreadyVerifying):
        verification.verify(connection)
    with pytest.raises(leases.AlreadyVerifying):
        verification.verify_due(connection)
    verification.request(connection, actor=cast.bob)
    steps.work(connection)
    assert len(steps.checks(connection)) == 1
    leases.release(connection, owner=owner)
    steps.work(connection)
    assert len(steps.checks(connection)) == 2


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_at_once_one_verifies(reach: Reach) -> None:
    with steps.door(steps.KEY) as server:
        reach(server.port)
        workspace = factories.make_workspace()
        connection = factories.make_connection(
            workspace, scheme="api_key", values=steps.http_values(server)
        )
        threads = [threading.Thread(target=_work_in_thread, args=(connection,)) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert len(server.requests) == 1
    assert steps.checks(connection) == [("verification", "ok", "active")]


def _work_in_thread(connection: Connection) -> None:
    try:
        steps.work(connection)
    finally:
        databases.close_all()


def test_a_dead_workers_lease_runs_out(connection: Connection, set_clock: Any) -> None:
    leases.claim(connection)
    set_clock(clock.now() + timedelta(seconds=46))
    assert verification.verify(connection).outcome == "ok"


def test_no_network_inside_a_transaction(cast: Cast, connection: Connection) -> None:
    with factories.scope(cast.workspace):
        for act in (verification.verify, verification.verify_due, call):
            with pytest.raises(NetworkInTransaction):
                act(connection)  # type: ignore[operator]


@pytest.mark.parametrize("act", ["stage", "restore", "request", "remove"])
@pytest.mark.django_db(transaction=True)
def test_what_happens_during_a_verification_is_not_lost(reach: Reach, act: str) -> None:
    todo: list[Callable[[], object]] = []

    def answer(_received: Received) -> Reply:
        while todo:
            thread = threading.Thread(target=todo.pop())
            thread.start()
            thread.join(10)
        return servers.json_reply({})

    with servers.recording(answer) as server:
        reach(server.port)
        workspace = factories.make_workspace()
        connection = steps.connect(workspace, server)
        owner = connection.owner
        assert owner is not None
        credentials.stage(connection, values={"api_key": NEW}, actor=owner)
        steps.work(connection)
        verification.request(connection, actor=owner)
        todo.append(_closing(_acts(connection)[act]))
        steps.work(connection)
        found = steps.fresh(connection)
        if act == "remove":
            assert found.verification_due_at is None
            assert found.removed_at is not None
            return
        assert found.verification_due_at is not None
        assert found.verification_due_at <= clock.now()
        steps.work(connection)
    newest = {"stage": (3, "current"), "restore": (3, "current"), "request": (2, "current")}
    assert steps.states(connection)[-1] == newest[act]
    assert steps.fresh(connection).status == "active"


def _acts(connection: Connection) -> dict[str, Callable[[], object]]:
    owner = connection.owner
    assert owner is not None
    return {
        "stage": lambda: credentials.stage(
            connection, values={"api_key": "a-key-4444444444"}, actor=owner
        ),
        "restore": lambda: credentials.restore(connection, actor=owner),
        "request": lambda: verification.request(connection, actor=owner),
        "remove": lambda: lifecycle.remove(connection, actor=owner),
    }


def _closing(act: Callable[[], object]) -> Callable[[], object]:
    def run() -> None:
        try:
            act()
        finally:
            databases.close_all()

    return run


def test_a_staged_version_replaced_while_it_was_verified_does_not_count(
    cast: Cast, connection: Connection
) -> None:
    staged = credentials.stage(connection, values={"api_key": NEW}, actor=cast.bob)
    credentials.discard(connection, actor=cast.bob)
    with pytest.raises((leases.LeaseLost, credentials.CredentialMissing)):
        verification.verify(connection, credential=staged)
    assert steps.states(connection) == [(1, "current"), (2, "destroyed")]


def test_verify_proves_a_staged_version_without_promoting_it(
    cast: Cast, connection: Connection
) -> None:
    staged = credentials.stage(connection, values={"api_key": NEW}, actor=cast.bob)
    check = verification.verify(connection, credential=staged, actor=cast.bob)
    assert (check.outcome, check.is_staged, check.actor_name) == ("ok", True, "Bob")
    assert steps.states(connection) == [(1, "current"), (2, "staged")]
    credentials.promote(staged, actor=cast.bob)
    with pytest.raises(credentials.NotPromotable):
        credentials.promote(staged, actor=cast.bob)


def test_a_disabled_connector_verifies_nothing_and_keeps_the_status(
    cast: Cast, connection: Connection, server: Server
) -> None:
    before = len(server.requests)
    Connector.objects.update(is_disabled=True, disabled_reason="Closed for now.")
    check = verification.verify(connection)
    assert (check.outcome, check.detail) == ("request_refused", "Closed for now.")
    assert steps.fresh(connection).status == "active"
    assert len(server.requests) == before
    with pytest.raises(calls.ConnectorDisabled):
        call(connection)


def test_a_row_copied_to_another_connection_does_not_open(
    cast: Cast, connection: Connection, server: Server
) -> None:
    other = steps.connect(cast.workspace, server, name="Other", actor=cast.bob)
    with factories.scope(cast.workspace):
        sealed = Credential.objects.get(connection=connection).sealed
        Credential.objects.filter(connection=other).update(sealed=sealed)
    with pytest.raises(credentials.CredentialUnreadable), credentials.borrow(other):
        pytest.fail("It opened.")
    assert verification.verify(other).outcome == "credential_unreadable"
    assert call(other).name == "credential_unreadable"
    assert steps.fresh(other).status == "error"
    assert steps.fresh(connection).status == "active"
    page = steps.get(cast.bob, steps.url(other))[1]
    assert "The stored credential could not be opened." in page
    credentials.stage(other, values=steps.http_values(server), actor=cast.bob)
    steps.work(other)
    assert steps.fresh(other).status == "active"
    with pytest.raises(credentials.NotRestorable):
        credentials.restore(other, actor=cast.bob)


def test_a_connection_without_a_credential_says_so(cast: Cast, connection: Connection) -> None:
    with factories.scope(cast.workspace):
        credentials.destroy_all(connection)
        assert credentials.rows.unseal(Credential()) == credentials.rows.EMPTY
    with pytest.raises(credentials.CredentialMissing), credentials.borrow(connection):
        pytest.fail("There was one.")
    assert verification.verify(connection).outcome == "credential_unreadable"
    with pytest.raises(credentials.NotRestorable):
        credentials.restore(connection, actor=cast.bob)


@pytest.mark.parametrize("offset", [-1, 1])
def test_a_task_verifies_only_what_is_due_and_there(
    cast: Cast, connection: Connection, offset: int
) -> None:
    due = clock.now() + timedelta(minutes=offset)
    with factories.scope(cast.workspace):
        Connection.objects.update(verification_due_at=due)
    steps.work(connection)
    assert len(steps.checks(connection)) == (2 if offset < 0 else 1)
    lifecycle.remove(connection, actor=cast.bob)
    steps.work(connection)


def test_the_sweep_finds_what_is_due_and_nobody_verifies(
    cast: Cast, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    announced: list[str] = []
    monkeypatch.setattr(tasks.verify, "delay", lambda **ids: announced.append(ids["connection_id"]))
    tasks.sweep()
    verification.request(connection, actor=cast.bob)
    tasks.sweep()
    owner = leases.claim(connection)
    tasks.sweep()
    leases.release(connection, owner=owner)
    assert announced == [str(connection.pk)]


# -- when it is verified next -------------------------------------------------------------------


def test_each_connection_has_its_own_minute_of_the_day(connection: Connection) -> None:
    now = clock.now()
    first = timing.daily_slot(connection, now=now)
    second = timing.daily_slot(connection, now=first)
    assert timedelta(hours=6) <= first - now <= timedelta(hours=30)
    assert second - first == timedelta(days=1)


def test_what_the_service_asks_to_wait_is_waited(connection: Connection) -> None:
    now = clock.now()
    connection.verification_attempts = 0
    outcome = Outcome("rate_limited", retry_after_seconds=3600)
    timing.plan(connection, outcome, now=now, is_first=True)
    assert connection.verification_due_at == now + timedelta(hours=1)
    waits = []
    for _ in range(8):
        timing.plan(connection, Outcome("timeout"), now=now, is_first=False)
        assert connection.verification_due_at is not None
        waits.append(int((connection.verification_due_at - now).total_seconds() // 60))
    assert waits == [10, 20, 40, 80, 160, 320, 360, 360]


# -- called -------------------------------------------------------------------------------------


def test_a_refused_call_asks_for_one_verification_which_decides(
    cast: Cast, connection: Connection, server: Server
) -> None:
    with factories.scope(cast.workspace):
        Connection.objects.update(verification_due_at=clock.now() + timedelta(hours=9))
    refused = Outcome("credentials_refused")
    calls.record(steps.fresh(connection), tool="get", outcome=refused)
    found = steps.fresh(connection)
    assert (found.status, found.last_outcome) == ("active", "credentials_refused")
    steps.work(connection)
    assert steps.fresh(connection).last_outcome == "ok"


def test_a_missing_permission_marks_the_tool_until_it_works(connection: Connection) -> None:
    calls.record(connection, tool="get", outcome=Outcome("permission_missing"))
    found = steps.fresh(connection)
    assert (found.status, list(found.not_permitted)) == ("active", ["get"])
    call(found)
    assert steps.fresh(connection).not_permitted == {}


def test_lasting_trouble_of_calls_makes_an_error_and_a_good_call_ends_it(
    cast: Cast, connection: Connection, set_clock: Any
) -> None:
    now = clock.now()
    for minutes in (0, 5, 10):
        set_clock(now + timedelta(minutes=minutes))
        calls.record(steps.fresh(connection), tool="get", outcome=Outcome("unreachable"))
    assert steps.fresh(connection).status == "error"
    call(steps.fresh(connection))
    assert steps.fresh(connection).status == "active"
    kinds = [kind for kind, _, _ in steps.checks(connection)]
    assert kinds == ["verification", "call", "call"]


def test_a_removed_connection_says_who_removed_it_and_when(
    cast: Cast, connection: Connection
) -> None:
    lifecycle.remove(connection, actor=cast.adam)
    with pytest.raises(calls.ConnectionRemoved) as refusal:
        call(connection)
    day = f"{clock.now():%-d %B %Y}"
    assert refusal.value.message == f"The connection Shop was removed on {day} by Adam."


def test_an_unknown_tool_calls_nothing(connection: Connection, server: Server) -> None:
    before = len(server.requests)
    with pytest.raises(UnknownTool):
        call(connection, tool="nonsense")
    assert len(server.requests) == before


def test_the_answer_of_a_call_shows_no_secret(cast: Cast, reach: Reach) -> None:
    def echo(received: Received) -> Reply:
        return servers.json_reply({"you": received.headers.get("authorization")})

    with servers.recording(echo) as server:
        reach(server.port)
        outcome = call(steps.connect(cast.workspace, server))
    assert outcome.data["body"] == {"you": "Bearer ••••"}


# -- tried --------------------------------------------------------------------------------------


def ask(cast: Cast, connection: Connection | None, tool: str = "get", **arguments: Any) -> Call:
    return tries.request(
        cast.workspace,
        connector_key="http",
        connection=connection,
        tool=tool,
        arguments={"path": "/x"} | arguments,
        actor=cast.bob,
    )


def carry_out(row: Call) -> Call | None:
    return tries.carry_out(row.workspace_id, row.pk)


def test_a_call_is_carried_out_once(cast: Cast, connection: Connection, server: Server) -> None:
    row = ask(cast, connection)
    before = len(server.requests)
    done = carry_out(row)
    assert done is not None
    assert (done.outcome, done.arguments_sealed, str(done)) == ("ok", None, "http.get")
    assert carry_out(row) is None
    assert len(server.requests) == before + 1


def test_a_lost_call_is_found_again_and_a_write_in_doubt_is_not_repeated(
    cast: Cast, connection: Connection, server: Server, set_clock: Any
) -> None:
    read, write = ask(cast, connection), ask(cast, connection, tool="post")
    before, now = len(server.requests), clock.now()
    for row in (read, write):
        assert tries._claim(cast.workspace.pk, row.pk) is not None
    assert tries.find_waiting(now=now + timedelta(seconds=10)) == []
    set_clock(now + timedelta(seconds=60))
    waiting = {pk for _, pk in tries.find_waiting(now=clock.now())}
    assert waiting == {read.pk, write.pk}
    assert carry_out(read) is not None
    assert carry_out(write) is None
    with factories.scope(cast.workspace):
        assert Call.objects.get(pk=write.pk).outcome == "outcome_unknown"
    assert len(server.requests) == before + 1


def test_the_sweep_announces_lost_calls(
    cast: Cast, connection: Connection, set_clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = ask(cast, connection)
    announced: list[str] = []
    monkeypatch.setattr(
        tasks.carry_out_call, "delay", lambda **ids: announced.append(ids["call_id"])
    )
    set_clock(clock.now() + timedelta(seconds=10))
    tasks.sweep()
    assert announced == [str(row.pk)]


def test_a_call_whose_connection_is_removed_meanwhile_fails_with_the_reason(
    cast: Cast, connection: Connection
) -> None:
    row = ask(cast, connection)
    lifecycle.remove(connection, actor=cast.bob)
    done = carry_out(row)
    assert done is not None
    assert done.outcome == "request_refused"


def test_a_call_without_a_connection_stops_when_staff_disable_the_connector(cast: Cast) -> None:
    factories.make_connector("http")
    row = ask(cast, None, path="https://api.example.com/")
    Connector.objects.update(is_disabled=True, disabled_reason="Closed for now.")
    done = carry_out(row)
    assert done is not None
    assert (done.outcome, done.detail) == ("request_refused", "Closed for now.")
    with pytest.raises(calls.ConnectorDisabled):
        ask(cast, None, path="https://api.example.com/")


def test_a_long_answer_is_cut(cast: Cast, reach: Reach) -> None:
    with servers.recording(servers.json_reply(["x" * 1000] * 400)) as server:
        reach(server.port)
        connection = steps.connect(cast.workspace, server)
        done = carry_out(ask(cast, connection))
    assert done is not None
    assert done.is_cut
    assert len(done.shown) == tries.MOST_SHOWN_BYTES


# -- warned of ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "warning"), [(-1, None), (0, 1), (1, 1), (2, 7), (7, 7), (8, 30), (30, 30), (31, None)]
)
def test_a_warning_is_due_30_7_and_1_days_ahead(days: int, warning: int | None) -> None:
    today = clock.now().date()
    assert expiry.days_ahead(today + timedelta(days=days), on=today) == warning


def test_each_warning_is_given_once_to_the_owner_and_the_admins(
    cast: Cast, connection: Connection
) -> None:
    day = clock.now().date() + timedelta(days=30)
    credentials.set_expiry(connection, expires_on=day, actor=cast.bob)
    for on in (0, 1, 23, 24, 29, 30, 31):
        expiry.warn(on=clock.now().date() + timedelta(days=on))
    with factories.scope(cast.workspace):
        told = [(notice.user, notice.key[-2:], notice.path) for notice in Notice.objects.all()]
    path = steps.url(connection, "credential")
    people = (cast.alice, cast.adam, cast.bob)
    expected = [(user, key, path) for user in people for key in (":1", ":7", "30")]
    assert sorted(told, key=str) == sorted(expected, key=str)


def test_a_credential_that_was_rotated_away_is_not_warned_of(
    cast: Cast, connection: Connection
) -> None:
    with factories.scope(cast.workspace):
        expiry._tell(Credential.objects.get().connection_id, on=clock.now().date())
        expiry._tell(Credential.objects.get().pk, on=clock.now().date())
        assert not Notice.objects.exists()
    tasks.tidy()


# -- removed ------------------------------------------------------------------------------------


def test_removal_keeps_the_name_only(cast: Cast, connection: Connection) -> None:
    carry_out(ask(cast, connection))
    lifecycle.remove(connection, actor=cast.bob)
    with factories.scope(cast.workspace):
        row = Call.objects.get()
        events = list(
            AuditEvent.objects.filter(subject_id=connection.pk).values_list("act", flat=True)
        )
        sealed = Credential.objects.exclude(sealed=None)
        assert (row.shown, row.arguments_sealed, row.detail) == (None, None, "")
        assert not sealed.exists()
    assert events.count("connection.removed") == 1


def test_rows_show_what_they_are(cast: Cast, connection: Connection) -> None:
    call(connection)
    with factories.scope(cast.workspace):
        rows = [*connection.checks.all(), *Credential.objects.all()]
        assert [str(row) for row in rows] == ["verification: ok", "version 1"]
        assert str(connection) == "Shop"


def test_scopes_wall_one_workspace_from_another(cast: Cast, connection: Connection) -> None:
    with isolation.workspace(cast.next_door):
        assert not Connection.objects.filter(pk=connection.pk).exists()
