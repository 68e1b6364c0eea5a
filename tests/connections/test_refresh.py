"""Tokens stay alive: who renews, who waits, and what a failure changes."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connections as databases

from connections import calls, credentials, signals, tasks
from connections.calls import Use
from connections.models import Connection, UseCounter
from connections.oauth import claims, refresh, renewing, sweeping, timing
from connections.oauth.refresh import NotAuthorized, RefreshLate, RefreshRefused
from spojit.lib import clock
from tests import factories
from tests.connections import grants, steps

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.outcomes import Outcome
    from tests.factories import Cast
    from tests.servers.tokens import TokenServer

USE = Use("person", name="Bob")
ENDING = timedelta(seconds=5)
OVER = timedelta(seconds=-1)


@pytest.fixture
def wanted() -> Iterator[list[int]]:
    """Collect the revisions that somebody wants renewed, in place of waking a worker."""
    found: list[int] = []
    before, signals._refresh = signals._refresh, [lambda _, row: found.append(row.revision)]
    yield found
    signals._refresh = before


def call(connection: Connection) -> Outcome:
    return calls.call(connection, tool="list_orders", arguments={}, use=USE)


def statuses(*numbers: int, **more: Any) -> list[dict[str, Any]]:
    return [{"kind": "status", "status": number, **more} for number in numbers]


def refreshes(connection: Connection) -> int:
    with factories.scope(connection.workspace):
        return sum(UseCounter.objects.values_list("refreshes", flat=True))


def renew(connection: Connection) -> str:
    """Do what a worker does for tokens that are due, whether or not they cool down."""
    grants.change(connection, refresh_due_at=clock.now())
    found = claims.claim(grants.credential(connection))
    assert found is not None
    return renewing.renew(found).name


def test_fresh_tokens_are_used_as_they_are(granted: Connection, wanted: list[int]) -> None:
    before = grants.credential(granted)
    assert refresh.ensure_fresh(granted).revision == before.revision == 1
    assert (call(granted).name, wanted) == ("ok", [])


def test_a_connection_without_tokens_needs_no_renewal(connection: Connection) -> None:
    assert refresh.ensure_fresh(connection).pk == grants.credential(connection).pk


def test_in_the_margin_nobody_waits_and_one_renewal_is_wanted(
    granted: Connection, wanted: list[int]
) -> None:
    grants.age(granted, left=timedelta(seconds=40))
    assert call(granted).name == "ok"
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
    assert (grants.credential(granted).revision, refreshes(granted)) == (2, 1)


def test_with_hardly_any_life_left_the_caller_renews(granted: Connection) -> None:
    grants.age(granted, left=ENDING, due=False)
    assert call(granted).name == "ok"
    row = grants.credential(granted)
    assert (row.revision, row.refresh_owner, row.refresh_asked_at) == (2, None, None)
    assert row.tokens_expire_at is not None
    assert row.tokens_expire_at > clock.now() + timedelta(minutes=50)
    assert steps.checks(granted)[-1][0] == "verification"


def test_new_tokens_do_not_open_in_the_place_of_older_ones(granted: Connection) -> None:
    old = grants.credential(granted)
    grants.age(granted, left=ENDING)
    refresh.ensure_fresh(granted)
    grants.change(granted, tokens=bytes(old.tokens or b""))
    with pytest.raises(credentials.CredentialUnreadable), credentials.borrow(granted):
        raise AssertionError("it opened")


@pytest.mark.django_db(transaction=True)
def test_many_callers_of_one_dying_token_renew_it_once(
    granted: Connection, service: TokenServer
) -> None:
    service.change(lag_seconds=0.3)
    grants.age(granted, left=ENDING)
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
    row = grants.age(granted, left=ENDING)
    assert claims.claim(row) is not None
    monkeypatch.setattr(timing, "WAIT_AT_MOST", timedelta(seconds=0.2))
    with pytest.raises(RefreshLate) as late:
        refresh.ensure_fresh(granted)
    assert (late.value.transient, late.value.outcome) == (True, "timeout")
    found = call(granted)
    assert (found.name, found.transient) == ("timeout", True)
    assert steps.fresh(granted).status == "active"


def test_a_killed_workers_lease_runs_out_and_another_goes_on(
    granted: Connection, service: TokenServer, set_clock: Any
) -> None:
    row = grants.age(granted, left=ENDING)
    assert claims.claim(row) is not None
    assert claims.claim(row) is None
    set_clock(clock.now() + timedelta(seconds=46))
    assert refresh.ensure_fresh(granted).revision == 2


def test_a_refused_renewal_asks_the_person_again(granted: Connection, service: TokenServer) -> None:
    service.revoke()
    assert renew(granted) == "credentials_refused"
    found, row = steps.fresh(granted), grants.credential(granted)
    assert (found.status, found.reason) == ("reauthorize", "credentials_refused")
    assert (row.refresh_due_at, row.refresh_outcome) == (None, "credentials_refused")
    assert steps.checks(granted)[-1] == ("refresh", "credentials_refused", "reauthorize")
    grants.age(granted, left=OVER, due=False)
    with pytest.raises(RefreshRefused):
        refresh.ensure_fresh(granted)


def test_an_answer_that_was_lost_after_the_service_renewed_is_told(
    granted: Connection, service: TokenServer
) -> None:
    service.next_answers({"kind": "drop"})
    assert renew(granted) == "unreachable"
    assert steps.fresh(granted).status == "active"
    asked = service.state()["uses"]
    assert renew(granted) == "answer_lost"
    found = steps.fresh(granted)
    assert (found.status, found.reason) == ("reauthorize", "answer_lost")
    assert service.state()["uses"] != asked
    assert sweeping.sweep(threads=2, seconds=5) == {}


def test_a_doubt_outlives_a_plain_failure(granted: Connection, service: TokenServer) -> None:
    service.next_answers({"kind": "drop"}, *statuses(503))
    assert [renew(granted), renew(granted), renew(granted)] == [
        "unreachable",
        "upstream_fault",
        "answer_lost",
    ]


@pytest.mark.parametrize(
    ("status", "outcome"), [(503, "upstream_fault"), (429, "rate_limited"), (500, "upstream_fault")]
)
def test_a_fault_of_the_service_changes_nothing_but_that_it_is_late(
    granted: Connection, service: TokenServer, status: int, outcome: str
) -> None:
    service.next_answers(*statuses(status, headers={"Retry-After": "90"}))
    assert renew(granted) == outcome
    found, row = steps.fresh(granted), grants.credential(granted)
    assert (found.status, found.reason, row.is_refreshing_late) == ("active", "", True)
    assert row.refresh_due_at is not None
    assert row.refresh_due_at >= clock.now() + timedelta(seconds=80)
    assert steps.checks(granted)[-1] == ("refresh", outcome, "active")


def test_a_late_renewal_that_works_ends_the_delay(
    granted: Connection, service: TokenServer
) -> None:
    service.next_answers(*statuses(503))
    renew(granted)
    assert renew(granted) == "ok"
    row = grants.credential(granted)
    assert (row.refresh_failures, row.refresh_failing_since, row.refresh_outcome) == (0, None, "")


def test_a_cooling_grant_is_not_asked_again_by_its_callers(
    granted: Connection, service: TokenServer
) -> None:
    service.next_answers(*statuses(503, headers={"Retry-After": "90"}))
    renew(granted)
    grants.age(granted, left=OVER, due=False)
    asked = service.state()["uses"]
    with pytest.raises(RefreshLate) as late:
        refresh.ensure_fresh(granted)
    assert late.value.outcome == "upstream_fault"
    assert service.state()["uses"] == asked


def test_an_hours_outage_is_no_error_and_four_days_are(
    granted: Connection, service: TokenServer, set_clock: Any
) -> None:
    start = clock.now()
    for hours, status in ((0, "active"), (1, "active"), (95, "active"), (96, "error")):
        set_clock(start + timedelta(hours=hours))
        service.next_answers(*statuses(503))
        renew(granted)
        assert steps.fresh(granted).status == status
    assert steps.fresh(granted).reason == "refresh_exhausted"
    assert grants.credential(granted).refresh_due_at is None


def test_a_dead_token_during_an_outage_fails_calls_and_not_the_connection(
    granted: Connection, service: TokenServer, set_clock: Any
) -> None:
    start = clock.now()
    grants.age(granted, left=OVER)
    for minutes in (0, 6, 12, 18):
        set_clock(start + timedelta(minutes=minutes))
        service.next_answers(*statuses(503))
        grants.change(granted, refresh_due_at=clock.now())
        assert call(steps.fresh(granted)).name == "upstream_fault"
    assert steps.fresh(granted).status == "active"


def test_a_wrong_app_is_no_reason_to_ask_the_person(
    granted: Connection, service: TokenServer
) -> None:
    service.next_answers(*statuses(401, body={"error": "invalid_client"}))
    assert renew(granted) == "request_refused"
    assert steps.fresh(granted).status == "active"
    grants.age(granted, left=OVER)
    service.next_answers(*statuses(401, body={"error": "invalid_client"}))
    assert renew(granted) == "request_refused"
    found = steps.fresh(granted)
    assert (found.status, found.reason) == ("error", "request_refused")


def test_a_replaced_app_asks_the_person_again(granted: Connection, service: TokenServer) -> None:
    grants.change(granted, app_client_id="another")
    assert renew(granted) == "credentials_refused"
    assert steps.fresh(granted).reason_detail.startswith("The OAuth app")


@pytest.mark.django_db(transaction=True)
def test_a_grant_without_refresh_token_ends_with_its_token(
    cast: Cast, service: TokenServer
) -> None:
    connection = grants.pending(cast.workspace, service)
    told = service.grants(1)[0]
    del told["refresh_token"]
    with factories.scope(cast.workspace):
        row = grants.credential(connection)
        grants.fill(row, connection, service, told)
        row.save()
    assert row.refresh_due_at == row.tokens_expire_at
    assert call(connection).name == "ok"
    grants.age(connection, left=OVER)
    assert sweeping.sweep(threads=1, seconds=5) == {"credentials_refused": 1}
    assert steps.fresh(connection).status == "reauthorize"


def test_a_refused_call_renews_once_and_is_made_once_more(
    granted: Connection, service: TokenServer
) -> None:
    service.change(refused_reads=1)
    before = service.state()["counts"]["orders"]
    assert call(granted).name == "ok"
    assert service.state()["counts"]["orders"] == before + 2
    assert grants.credential(granted).revision == 2
    assert steps.fresh(granted).last_outcome == "ok"


def test_a_refusal_that_survives_renewal_and_verification_asks_the_person_again(
    granted: Connection, service: TokenServer
) -> None:
    service.change(refused_reads=4)
    assert call(granted).name == "credentials_refused"
    steps.work(granted)
    found = steps.fresh(granted)
    assert (found.status, found.reason) == ("reauthorize", "credentials_refused")


def test_a_late_answer_of_a_lost_lease_is_stored_unless_another_was_faster(
    granted: Connection, set_clock: Any
) -> None:
    row = grants.age(granted, left=ENDING)
    slow = claims.claim(row)
    set_clock(clock.now() + timedelta(seconds=46))
    fast = claims.claim(row)
    assert slow is not None
    assert fast is not None
    assert renewing.renew(fast).name == "ok"
    stored = grants.credential(granted)
    assert renewing.renew(slow).name == "ok"
    assert grants.credential(granted).revision == stored.revision == 2
    assert steps.fresh(granted).status == "active"


def test_a_narrowed_grant_asks_the_person_again_and_stays_so(
    granted: Connection, service: TokenServer
) -> None:
    grants.change(granted, granted_scopes=["read", "write"])
    assert renew(granted) == "ok"
    found = steps.fresh(granted)
    assert (found.status, found.reason) == ("reauthorize", "permission_missing")
    with factories.scope(granted.workspace):
        Connection.objects.update(verification_due_at=clock.now())
    steps.work(granted)
    assert steps.fresh(granted).status == "reauthorize"


def test_nobody_calls_or_verifies_what_nobody_authorized(cast: Cast, service: TokenServer) -> None:
    connection = grants.pending(cast.workspace, service)
    assert connection.verification_due_at is None
    with pytest.raises(NotAuthorized):
        call(connection)
    with factories.scope(cast.workspace):
        Connection.objects.update(verification_due_at=clock.now())
    steps.work(connection)
    found = steps.fresh(connection)
    assert (found.status, found.verification_due_at) == ("pending", None)


@pytest.mark.django_db(transaction=True)
def test_a_sweep_renews_what_is_due_and_nothing_else(cast: Cast, service: TokenServer) -> None:
    rows = [grants.connect(cast.workspace, service, name=f"Shop {n}") for n in range(5)]
    for connection in rows[:3]:
        grants.age(connection, left=timedelta(minutes=5))
    assert sweeping.sweep(threads=2, seconds=10) == {"ok": 3}
    assert [grants.credential(row).revision for row in rows] == [2, 2, 2, 1, 1]
    assert sweeping.sweep(threads=2, seconds=10) == {}


def test_a_sweep_asks_one_host_for_no_more_than_its_share(
    cast: Cast, service: TokenServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claims, "MOST_A_PLACE", 2)
    for number in range(4):
        connection = grants.connect(cast.workspace, service, name=f"Shop {number}")
        grants.age(connection, left=timedelta(minutes=5))
    assert len(claims.claim_due(most=10)) == 2
    assert claims.claim_due(most=10) == []


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
    grants.age(connection, left=ENDING)
    assert call(steps.fresh(connection)).name == "ok"
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
    service.next_answers(*statuses(503))
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


def test_removal_destroys_the_tokens(cast: Cast, granted: Connection) -> None:
    from connections import lifecycle  # noqa: PLC0415

    lifecycle.remove(granted, actor=cast.bob)
    with factories.scope(cast.workspace):
        row = granted.credentials.get()
    assert (row.tokens, row.sealed, row.refresh_due_at, row.app_client_id) == (None, None, None, "")
    assert claims.claim_due(most=5) == []
