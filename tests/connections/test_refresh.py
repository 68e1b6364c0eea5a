"""Tokens that are fresh when they are used: who renews, who waits, who is not kept waiting."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connections as databases

from connections import credentials, signals, tasks
from connections.models import Connection
from connections.oauth import claims, refresh, timing
from connections.oauth.refresh import NotAuthorized, RefreshLate
from spojit.lib import clock
from tests import factories
from tests.connections import grants, steps

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.factories import Cast
    from tests.servers.tokens import TokenServer


@pytest.fixture
def wanted() -> Iterator[list[int]]:
    """Collect the revisions that somebody wants renewed, in place of waking a worker."""
    found: list[int] = []
    before, signals._refresh = signals._refresh, [lambda _, row: found.append(row.revision)]
    yield found
    signals._refresh = before


def test_fresh_tokens_are_used_as_they_are(granted: Connection, wanted: list[int]) -> None:
    before = grants.credential(granted)
    assert refresh.ensure_fresh(granted).revision == before.revision == 1
    assert (grants.call(granted).name, wanted) == ("ok", [])


def test_a_connection_without_tokens_needs_no_renewal(connection: Connection) -> None:
    assert refresh.ensure_fresh(connection).pk == grants.credential(connection).pk


def test_in_the_margin_nobody_waits_and_one_renewal_is_wanted(
    granted: Connection, wanted: list[int]
) -> None:
    grants.age(granted, left=timedelta(seconds=40))
    assert grants.call(granted).name == "ok"
    assert (grants.credential(granted).revision, wanted) == (1, [1])


def test_a_wanted_renewal_is_announced_once_and_done_by_a_worker(
    granted: Connection, django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[dict[str, str]] = []
    monkeypatch.setattr(tasks.refresh, "delay", lambda **ids: sent.append(ids))
    row = grants.age(granted, left=timedelta(seconds=40))
    for _ in range(3):
        refresh.ensure_fresh(granted)
    assert sent == [{"workspace_id": str(granted.workspace_id), "credential_id": str(row.pk)}]
    tasks.refresh(**sent[0])
    tasks.refresh(**sent[0])
    assert (grants.credential(granted).revision, grants.refreshes(granted)) == (2, 1)


def test_with_hardly_any_life_left_the_caller_renews(granted: Connection) -> None:
    grants.age(granted, left=grants.ENDING, due=False)
    assert grants.call(granted).name == "ok"
    row = grants.credential(granted)
    assert (row.revision, row.refresh_owner, row.refresh_asked_at) == (2, None, None)
    assert row.tokens_expire_at is not None
    assert row.tokens_expire_at > clock.now() + timedelta(minutes=50)
    assert steps.checks(granted)[-1][0] == "verification"


def test_new_tokens_do_not_open_in_the_place_of_older_ones(granted: Connection) -> None:
    old = grants.credential(granted)
    grants.age(granted, left=grants.ENDING)
    refresh.ensure_fresh(granted)
    grants.change(granted, tokens=bytes(old.tokens or b""))
    with pytest.raises(credentials.CredentialUnreadable), credentials.borrow(granted):
        raise AssertionError("it opened")


@pytest.mark.django_db(transaction=True)
def test_many_callers_of_one_dying_token_renew_it_once(
    granted: Connection, service: TokenServer
) -> None:
    service.change(lag_seconds=0.3)
    grants.age(granted, left=grants.ENDING)
    found: list[int] = []

    def want() -> None:
        try:
            found.append(refresh.ensure_fresh(granted).revision)
        finally:
            databases.close_all()

    before = service.state()["reused"]
    threads = [threading.Thread(target=want) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert found == [2] * 6
    assert service.state()["reused"] == before


def test_who_waits_in_vain_fails_as_transient(
    granted: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = grants.age(granted, left=grants.ENDING)
    assert claims.claim(row) is not None
    monkeypatch.setattr(timing, "WAIT_AT_MOST", timedelta(seconds=0.2))
    with pytest.raises(RefreshLate) as late:
        refresh.ensure_fresh(granted)
    assert (late.value.transient, late.value.outcome) == (True, "timeout")
    found = grants.call(granted)
    assert (found.name, found.transient) == ("timeout", True)
    assert steps.fresh(granted).status == "active"


def test_a_killed_workers_lease_runs_out_and_another_goes_on(
    granted: Connection, service: TokenServer, set_clock: Any
) -> None:
    row = grants.age(granted, left=grants.ENDING)
    assert claims.claim(row) is not None
    assert claims.claim(row) is None
    set_clock(clock.now() + timedelta(seconds=46))
    assert refresh.ensure_fresh(granted).revision == 2


def test_a_cooling_grant_is_not_asked_again_by_its_callers(
    granted: Connection, service: TokenServer
) -> None:
    service.next_answers(*grants.statuses(503, headers={"Retry-After": "90"}))
    grants.renew(granted)
    grants.age(granted, left=grants.OVER, due=False)
    asked = service.state()["uses"]
    with pytest.raises(RefreshLate) as late:
        refresh.ensure_fresh(granted)
    assert late.value.outcome == "upstream_fault"
    assert service.state()["uses"] == asked


def test_a_dead_token_during_an_outage_fails_calls_and_not_the_connection(
    granted: Connection, service: TokenServer, set_clock: Any
) -> None:
    start = clock.now()
    grants.age(granted, left=grants.OVER)
    for minutes in (0, 6, 12, 18):
        set_clock(start + timedelta(minutes=minutes))
        service.next_answers(*grants.statuses(503))
        grants.change(granted, refresh_due_at=clock.now())
        assert grants.call(steps.fresh(granted)).name == "upstream_fault"
    assert steps.fresh(granted).status == "active"


def test_a_refused_call_renews_once_and_is_made_once_more(
    granted: Connection, service: TokenServer
) -> None:
    service.change(refused_reads=1)
    before = service.state()["counts"]["orders"]
    assert grants.call(granted).name == "ok"
    assert service.state()["counts"]["orders"] == before + 2
    assert grants.credential(granted).revision == 2
    assert steps.fresh(granted).last_outcome == "ok"


def test_a_refusal_that_survives_renewal_and_verification_asks_the_person_again(
    granted: Connection, service: TokenServer
) -> None:
    service.change(refused_reads=4)
    assert grants.call(granted).name == "credentials_refused"
    steps.work(granted)
    found = steps.fresh(granted)
    assert (found.status, found.reason) == ("reauthorize", "credentials_refused")


def test_nobody_calls_or_verifies_what_nobody_authorized(cast: Cast, service: TokenServer) -> None:
    connection = grants.pending(cast.workspace, service)
    assert connection.verification_due_at is None
    with pytest.raises(NotAuthorized):
        grants.call(connection)
    with factories.scope(cast.workspace):
        Connection.objects.update(verification_due_at=clock.now())
    steps.work(connection)
    found = steps.fresh(connection)
    assert (found.status, found.verification_due_at) == ("pending", None)


def test_tokens_minted_by_the_connection_itself_are_got_when_they_are_needed(
    cast: Cast, service: TokenServer
) -> None:
    app = service.apps[-1]
    connection = factories.make_connection(
        cast.workspace,
        connector_key="oidc",
        scheme="oauth2_client",
        values={"host": service.place, "client_id": app.id, "client_secret": app.secret},
    )
    steps.work(connection)
    assert steps.fresh(connection).status == "active"
    assert grants.credential(connection).revision == 1
    grants.age(connection, left=grants.ENDING)
    assert grants.call(steps.fresh(connection)).name == "ok"
    assert grants.credential(connection).revision == 2


def test_a_wrong_secret_of_a_minting_connection_is_an_error(
    cast: Cast, service: TokenServer
) -> None:
    connection = factories.make_connection(
        cast.workspace,
        connector_key="oidc",
        scheme="oauth2_client",
        values={"host": service.place, "client_id": "machine", "client_secret": "wrong-secret"},
    )
    steps.work(connection)
    found = steps.fresh(connection)
    assert (found.status, found.reason) == ("error", "credentials_refused")


def test_an_outage_at_the_first_token_is_tried_again(cast: Cast, service: TokenServer) -> None:
    service.next_answers(*grants.statuses(503))
    app = service.apps[-1]
    connection = factories.make_connection(
        cast.workspace,
        connector_key="oidc",
        scheme="oauth2_client",
        values={"host": service.place, "client_id": app.id, "client_secret": app.secret},
    )
    steps.work(connection)
    found = steps.fresh(connection)
    assert (found.status, found.reason) == ("error", "upstream_fault")
    assert found.verification_due_at is not None
    assert found.verification_due_at < clock.now() + timedelta(minutes=1)
