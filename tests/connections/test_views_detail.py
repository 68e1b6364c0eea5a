"""A connection's page: verify now, status, thirty days, usage, activity; other accounts."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from connections import calls, usage, verification
from connections.calls import Use
from connections.models import Check, Connection, UseCounter
from spojit.lib import clock
from tests import factories
from tests.connections import steps
from workspaces.models import AuditEvent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from connections.usage import Reference
    from tests.factories import Cast
    from tests.servers import Authority, Server

    Reach = Callable[..., None]

USE = Use("person", name="Bob")


def acts(cast: Cast, connection: Connection) -> list[str]:
    with factories.scope(cast.workspace):
        rows = AuditEvent.objects.filter(subject_id=connection.pk).order_by("at", "id")
        return list(rows.values_list("act", flat=True))


def test_verify_now_shows_it_live_and_ends_by_itself(cast: Cast, connection: Connection) -> None:
    answer = steps.post(cast.bob, steps.url(connection, "verification"))
    assert answer["Location"] == steps.url(connection)
    status, panel = steps.get(cast.vera, steps.url(connection, "status"), **steps.htmx())
    assert status == 200
    assert "Verifying…" in panel
    page = steps.get(cast.vera, steps.url(connection))[1]
    assert '<meta http-equiv="refresh"' in page
    steps.work(connection)
    status, panel = steps.get(cast.vera, steps.url(connection, "status"), **steps.htmx())
    assert status == 286
    assert "hx-get" not in panel
    assert "It works." in panel
    assert panel.lstrip().startswith('<section id="status-panel"')


@pytest.mark.parametrize("name", ["added", "credential"])
def test_verify_again_leads_back_to_its_own_page(
    cast: Cast, connection: Connection, name: str
) -> None:
    referer = f"http://testserver{steps.url(connection, name)}?x=1"
    answer = steps.post(cast.bob, steps.url(connection, "verification"), Referer=referer)
    assert answer["Location"] == steps.url(connection, name)


@pytest.mark.parametrize("referer", ["https://evil.example/x", "http://testserver/w/other/"])
def test_verify_never_leads_elsewhere(cast: Cast, connection: Connection, referer: str) -> None:
    answer = steps.post(cast.bob, steps.url(connection, "verification"), Referer=referer)
    assert answer["Location"] == steps.url(connection)


@pytest.mark.parametrize(
    ("person", "expected"),
    [("alice", 302), ("adam", 302), ("bob", 302), ("vera", 403), ("mallory", 404)],
)
def test_whoever_may_use_it_may_verify_it(
    cast: Cast, connection: Connection, person: str, expected: int
) -> None:
    before = steps.fresh(connection).verification_due_at
    answer = steps.post(getattr(cast, person), steps.url(connection, "verification"))
    assert answer.status_code == expected
    assert (steps.fresh(connection).verification_due_at == before) is (expected != 302)


def test_verification_by_get_is_refused(cast: Cast, connection: Connection) -> None:
    assert steps.get(cast.bob, steps.url(connection, "verification"))[0] == 405


def test_the_page_tells_status_reason_time_and_the_call_that_decided(
    cast: Cast, connection: Connection, server: Server
) -> None:
    status, page = steps.get(cast.vera, steps.url(connection))
    assert status == 200
    assert f"GET {server.url}/me" in page
    assert "The last 30 days" in page
    assert "Bob added the connection" in page
    assert "became Active" in page
    with factories.scope(cast.workspace):
        Connection.objects.update(status="error", reason="tls", reason_detail="It ended in May.")
    page = steps.get(cast.bob, steps.url(connection))[1]
    assert "No secure connection could be made." in page
    assert "It ended in May." in page
    assert "Check the address" in page


def test_calls_and_failures_are_drawn_and_told(cast: Cast, connection: Connection) -> None:
    calls.call(connection, tool="get", arguments={"path": "/x"}, use=USE)
    with factories.scope(cast.workspace):
        UseCounter.objects.create(
            workspace=cast.workspace,
            connection=connection,
            day=clock.now().date() - timedelta(days=3),
            calls=7,
            failures=2,
        )
        Connection.objects.update(not_permitted={"post": "2026"}, is_limited=True)
    page = steps.get(cast.vera, steps.url(connection))[1]
    assert "The last 30 days: 8 calls, 2 failed" in page
    assert "The service refused: post." in page
    assert "may do little" in page


def test_a_change_by_a_call_stands_in_the_timeline(cast: Cast, connection: Connection) -> None:
    with factories.scope(cast.workspace):
        Check.objects.create(
            workspace=cast.workspace,
            connection=connection,
            kind="call",
            outcome="unreachable",
            status_before="active",
            status_after="error",
        )
    assert "A call changed the status to Error" in steps.get(cast.vera, steps.url(connection))[1]


@pytest.mark.parametrize("name", ["detail", "status", "credentials", "usage", "activity"])
@pytest.mark.parametrize(
    ("person", "expected"), [("alice", 200), ("adam", 200), ("bob", 403), ("mallory", 404)]
)
def test_a_private_connection_is_open_to_its_owner_and_admins(
    cast: Cast, server: Server, name: str, person: str, expected: int
) -> None:
    private = factories.make_connection(cast.workspace, actor=cast.alice, is_private=True)
    status = steps.get(getattr(cast, person), steps.url(private, name))[0]
    assert status in {expected, 286 if expected == 200 else expected}


def test_what_does_not_exist_or_was_removed_is_not_found(
    cast: Cast, connection: Connection
) -> None:
    steps.post(cast.bob, steps.url(connection, "remove"))
    assert steps.get(cast.bob, steps.url(connection))[0] == 404
    connection.pk = uuid.uuid4()
    assert steps.get(cast.bob, steps.url(connection))[0] == 404


def test_usage_lists_workflows_and_their_next_run(
    cast: Cast, connection: Connection, used: list[Reference]
) -> None:
    page = steps.get(cast.vera, steps.url(connection, "usage"))[1]
    assert "Orders to books" in page
    assert "Nightly report" in page
    assert "Next scheduled run" in page
    assert "2 steps" in steps.get(cast.vera, steps.url(connection))[1]
    assert ">2<" in steps.get(cast.vera, steps.workspace_url(cast.workspace, "connections:list"))[1]


def test_the_most_used_can_be_sorted_first(
    cast: Cast, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    factories.make_connection(cast.workspace, name="Another", actor=cast.bob)
    monkeypatch.setattr(
        usage, "_counts", [lambda ids: {pk: 3 for pk in ids if pk == connection.pk}]
    )
    address = steps.workspace_url(cast.workspace, "connections:list")
    answer = factories.signed_in(cast.bob).get(f"{address}?sort=-used_by")
    assert [row["name"] for row in answer.context["rows"]] == ["Shop", "Another"]


@pytest.mark.parametrize("kind", ["calls", "checks", "changes", "nonsense"])
def test_activity_lists_every_kind_without_values(
    cast: Cast, connection: Connection, server: Server, kind: str
) -> None:
    steps.post(cast.bob, steps.url(connection, "settings"), {"form": "name", "name": "Shop 2"})
    status, page = steps.get(cast.vera, f"{steps.url(connection, 'activity')}?kind={kind}")
    assert status == 200
    told = {"checks": f"GET {server.url}/me", "changes": "renamed it"}
    assert told.get(kind, "No use yet") in page
    assert steps.KEY not in page


@pytest.fixture
def octocat(cast: Cast, reach: Reach, authority: Authority) -> Iterator[tuple[Connection, Server]]:
    with steps.github(authority) as running:
        reach(running.port)
        yield steps.connect_github(cast.workspace, running, name="Code", actor=cast.bob), running


def become_hubot(cast: Cast, connection: Connection, server: Server) -> None:
    values = steps.github_values(server, steps.OTHER_TOKEN)
    data = {f"value-{key}": value for key, value in values.items()}
    steps.post(
        cast.bob, steps.url(connection, "credential"), data | {"value-api_key-act": "replace"}
    )
    steps.work(connection)


def test_another_account_is_shown_side_by_side_and_rejected_by_default(
    cast: Cast, octocat: tuple[Connection, Server]
) -> None:
    connection, server = octocat
    become_hubot(cast, connection, server)
    page = steps.get(cast.bob, steps.url(connection))[1]
    assert "Keep octocat" in page
    assert "Accept hubot" in page
    assert "the old credentials stay in use" in page
    assert "Accept hubot" not in steps.get(cast.vera, steps.url(connection))[1]
    answer = steps.post(cast.bob, steps.url(connection, "account"), {"decision": "anything"})
    assert answer.status_code == 302
    assert steps.states(connection) == [(1, "current"), (2, "destroyed")]
    kept = steps.fresh(connection)
    assert (kept.account_name, kept.status) == ("octocat", "active")


def test_another_account_can_be_accepted(cast: Cast, octocat: tuple[Connection, Server]) -> None:
    connection, server = octocat
    where = steps.url(connection)
    become_hubot(cast, connection, server)
    data = {"decision": "accept", "found_id": "2"}
    assert f'name="found_id" value="{data["found_id"]}"' in steps.get(cast.bob, where)[1]
    steps.post(cast.bob, steps.url(connection, "account"), data)
    steps.work(connection)
    accepted = steps.fresh(connection)
    assert (accepted.account_name, accepted.status) == ("hubot", "active")
    assert steps.states(connection) == [(1, "previous"), (2, "current")]
    assert "connection.account_accepted" in acts(cast, connection)


def test_an_account_that_changed_under_the_same_token_stops_everything_until_decided(
    cast: Cast, octocat: tuple[Connection, Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    connection, _ = octocat
    monkeypatch.setitem(steps.ACCOUNTS, steps.TOKEN, ("3", "newcat"))
    verification.verify(connection, actor=cast.bob)
    broken = steps.fresh(connection)
    assert (broken.status, broken.reason) == ("error", "other_account")
    with pytest.raises(calls.OtherAccount):
        calls.call(broken, tool="list_repositories", arguments={}, use=USE)
    page = steps.get(cast.bob, steps.url(connection))[1]
    assert "nothing is called through it" in page
    steps.post(cast.bob, steps.url(connection, "account"), {"decision": "reject"})
    assert steps.fresh(connection).reason == "other_account"
    listed = steps.get(cast.bob, steps.workspace_url(cast.workspace, "connections:list"))[1]
    assert "Decide" in listed
    data = {"decision": "accept", "found_id": "3"}
    steps.post(cast.bob, steps.url(connection, "account"), data)
    assert steps.fresh(connection).account_name == "newcat"


@pytest.mark.parametrize("found_id", ["2", "", None])
@pytest.mark.parametrize("is_staged", [True, False])
def test_only_the_account_that_was_seen_is_accepted(
    cast: Cast,
    octocat: tuple[Connection, Server],
    monkeypatch: pytest.MonkeyPatch,
    is_staged: bool,
    found_id: str | None,
) -> None:
    connection, server = octocat
    if is_staged:
        monkeypatch.setitem(steps.ACCOUNTS, steps.OTHER_TOKEN, ("3", "newcat"))
        become_hubot(cast, connection, server)
    else:
        monkeypatch.setitem(steps.ACCOUNTS, steps.TOKEN, ("3", "newcat"))
        verification.verify(connection, actor=cast.bob)
    data = {"decision": "accept"} | ({} if found_id is None else {"found_id": found_id})
    client = factories.signed_in(cast.bob)
    page = client.post(steps.url(connection, "account"), data, follow=True).content.decode()
    assert "Meanwhile yet another account was found, so nothing was accepted." in page
    kept = steps.fresh(connection)
    assert (kept.account_id, kept.account_name) == ("1", "octocat")


def test_there_is_nothing_to_decide_without_another_account(
    cast: Cast, octocat: tuple[Connection, Server]
) -> None:
    connection, _ = octocat
    for decision in ("accept", "reject"):
        client = factories.signed_in(cast.bob)
        address = steps.url(connection, "account")
        answer = client.post(address, {"decision": decision}, follow=True)
        assert "There is no other account to decide on." in answer.content.decode()
