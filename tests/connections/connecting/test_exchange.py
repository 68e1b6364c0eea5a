"""The code becomes tokens, once, and then the service says whose they are."""

from __future__ import annotations

import sys
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from connections import credentials, lifecycle, tasks, verification
from connections.models import OAuthApp, Revocation
from connections.oauth import attempts, exchange as exchanging
from spojit.lib import clock
from tests import factories
from tests.connections import steps
from tests.connections.connecting import journey
from tests.servers import plain_client
from workspaces import isolation
from workspaces.models import Membership

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from connections.models import Authorization, Connection
    from connectors.oauth import Answered
    from tests.factories import Cast
    from tests.servers.oidc import AuthorizationServer
    from workspaces.models import User


def test_a_person_who_agrees_comes_back_to_a_verified_connection(
    cast: Cast, unauthorized: Connection, service: AuthorizationServer
) -> None:
    connection = journey.go(unauthorized, service, cast.bob, scopes=["write"])
    assert (connection.status, connection.account_name) == ("active", "alice")
    row = journey.version(connection)
    assert (row.version, row.revision, row.created_by_name) == (1, 1, "Bob")
    assert (row.asked_scopes, row.granted_scopes) == (["read", "write"], ["read", "write"])
    assert (row.app_client_id, row.refresh_place) == ("spojit", service.place)
    assert row.refresh_due_at is not None
    assert steps.checks(connection) == [
        ("authorization", "ok", "pending"),
        ("verification", "ok", "active"),
    ]


def come_back(connection: Connection, service: AuthorizationServer, user: User) -> Authorization:
    return journey.come_back(journey.agree(service, journey.begin(connection, user)))


def exchange(attempt: Authorization) -> None:
    tasks.exchange(workspace_id=str(attempt.workspace_id), authorization_id=str(attempt.pk))


def test_tokens_of_a_connection_that_was_removed_meanwhile_are_kept_to_be_taken_back(
    cast: Cast,
    unauthorized: Connection,
    service: AuthorizationServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    attempt = come_back(unauthorized, service, cast.bob)
    ask = exchanging._ask

    def ask_and_be_removed(claim: exchanging.Claim) -> Answered:
        answered = ask(claim)
        lifecycle.remove(unauthorized, actor=cast.bob)
        return answered

    monkeypatch.setattr(exchanging, "_ask", ask_and_be_removed)
    exchange(attempt)
    with factories.scope(cast.workspace):
        [kept] = Revocation.objects.all()
    assert (kept.sealed is not None, kept.app_client_id) == (True, "spojit")


def test_what_a_member_who_left_meanwhile_authorized_is_not_exchanged(
    cast: Cast, unauthorized: Connection, service: AuthorizationServer
) -> None:
    attempt = come_back(unauthorized, service, cast.bob)
    before = asked(service)
    with factories.scope(cast.workspace):
        Membership.objects.filter(user=cast.bob).delete()
    exchange(attempt)
    row = journey.fresh(attempt)
    assert (row.outcome, row.detail) == ("request_refused", attempts.LEFT)
    assert (row.answer_sealed, asked(service)) == (None, before)


def asked(service: AuthorizationServer) -> int:
    return int(service.state()["counts"].get("authorization_code", 0))


def test_code_and_verifier_are_gone_as_soon_as_they_were_used(
    cast: Cast, unauthorized: Connection, service: AuthorizationServer
) -> None:
    attempt = come_back(unauthorized, service, cast.bob)
    exchange(attempt)
    row = journey.fresh(attempt)
    assert (row.outcome, row.verifier_sealed, row.answer_sealed) == ("ok", None, None)
    assert row.lease_owner is None
    exchange(attempt)
    assert asked(service) == 1


@pytest.mark.parametrize(
    ("answer", "outcome", "error"),
    [
        (
            {"status": 400, "body": {"error": "invalid_grant"}},
            "credentials_refused",
            "invalid_grant",
        ),
        ({"status": 401, "body": {"error": "invalid_client"}}, "request_refused", "invalid_client"),
        ({"status": 503, "body": {}}, "upstream_fault", ""),
    ],
)
def test_a_failed_exchange_says_why_and_leaves_the_status_as_it_was(
    cast: Cast, unauthorized: Connection, service: AuthorizationServer, answer: dict[str, Any],
    outcome: str, error: str,
) -> None:  # fmt: skip
    attempt = come_back(unauthorized, service, cast.bob)
    service.next_answers({"kind": "status", **answer})
    exchange(attempt)
    row = journey.fresh(attempt)
    assert (row.outcome, row.error) == (outcome, error)
    assert row.detail
    assert (row.verifier_sealed, row.answer_sealed) == (None, None)
    assert steps.fresh(unauthorized).status == "pending"
    assert journey.version(unauthorized).tokens is None
    assert steps.fresh(unauthorized).verification_due_at is None


def test_an_answer_that_never_came_is_not_asked_for_again(
    cast: Cast, unauthorized: Connection, service: AuthorizationServer
) -> None:
    attempt = come_back(unauthorized, service, cast.bob)
    service.next_answers({"kind": "drop"})
    exchange(attempt)
    exchange(attempt)
    assert journey.fresh(attempt).outcome in {"unreachable", "bad_answer", "timeout"}
    assert asked(service) == 1


def test_a_killed_workers_code_is_not_sent_twice(
    cast: Cast, unauthorized: Connection, service: AuthorizationServer,
    set_clock: Callable[[datetime], None], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    attempt = come_back(unauthorized, service, cast.bob)
    with monkeypatch.context() as killed:
        killed.setattr(exchanging, "_ask", lambda _claim: sys.exit())
        with pytest.raises(SystemExit):
            exchange(attempt)
    exchange(attempt)
    assert not journey.fresh(attempt).is_finished
    assert exchanging.find_waiting(now=clock.now()) == []
    set_clock(clock.now() + timedelta(seconds=60))
    assert exchanging.find_waiting(now=clock.now()) == [(attempt.workspace_id, attempt.pk)]
    exchange(attempt)
    row = journey.fresh(attempt)
    assert (row.outcome, row.detail) == ("answer_lost", attempts.LOST)
    assert asked(service) == 0


def test_a_sweep_finds_what_was_not_announced(
    cast: Cast, unauthorized: Connection, service: AuthorizationServer
) -> None:
    assert exchanging.find_waiting(now=clock.now()) == []
    attempt = come_back(unauthorized, service, cast.bob)
    assert exchanging.find_waiting(now=clock.now()) == [(attempt.workspace_id, attempt.pk)]
    exchange(attempt)
    assert exchanging.find_waiting(now=clock.now()) == []


def test_reconnecting_stages_a_copy_and_asks_for_old_scopes_and_new(
    cast: Cast, unauthorized: Connection, service: AuthorizationServer
) -> None:
    connection = journey.go(unauthorized, service, cast.bob)
    assert journey.version(connection).asked_scopes == ["read"]
    url = journey.begin(connection, cast.alice, scopes=["write"])
    told = plain_client.returned(url)
    assert (told["scope"], told["login_hint"]) == ("read write", "alice")
    attempt = journey.come_back(journey.agree(service, url))
    exchange(attempt)
    assert steps.states(connection) == [(1, "current"), (2, "staged")]
    staged = journey.version(connection, "staged")
    assert staged.created_by_name == "Alice"
    assert steps.fresh(connection).status == "active"
    steps.work(connection)
    assert steps.states(connection) == [(1, "destroyed"), (2, "current")]
    row = journey.version(connection)
    assert (row.asked_scopes, row.granted_scopes) == (["read", "write"], ["read", "write"])
    assert steps.fresh(connection).scopes == ["read", "write"]


def test_another_account_replaces_nothing_until_somebody_accepts_it(
    cast: Cast, unauthorized: Connection, service: AuthorizationServer
) -> None:
    connection = journey.go(unauthorized, service, cast.bob)
    journey.go(connection, service, cast.bob, account="bob")
    assert steps.states(connection) == [(1, "current"), (2, "staged")]
    found = steps.fresh(connection)
    assert (found.status, found.account_name) == ("active", "alice")
    verification.accept_account(connection, actor=cast.bob, found_id="account-2")
    steps.work(connection)
    found = steps.fresh(connection)
    assert (found.status, found.account_name) == ("active", "bob")
    assert steps.states(connection) == [(1, "destroyed"), (2, "current")]


def test_rejecting_another_account_destroys_its_tokens(
    cast: Cast, unauthorized: Connection, service: AuthorizationServer
) -> None:
    connection = journey.go(unauthorized, service, cast.bob)
    journey.go(connection, service, cast.bob, account="bob")
    verification.reject_account(connection, actor=cast.bob)
    assert steps.states(connection) == [(1, "current"), (2, "destroyed")]
    assert journey.version(connection, "destroyed").tokens is None
    assert steps.fresh(connection).account_name == "alice"


def test_changed_values_are_staged_and_get_the_tokens(
    cast: Cast, unauthorized: Connection, service: AuthorizationServer
) -> None:
    connection = journey.go(unauthorized, service, cast.bob)
    fields = {"host": service.place.upper()}
    journey.go(connection, service, cast.bob, fields=fields)
    assert steps.states(connection) == [(1, "destroyed"), (2, "current")]


def test_an_attempt_whose_values_were_replaced_comes_to_nothing(
    cast: Cast, unauthorized: Connection, service: AuthorizationServer
) -> None:
    url = journey.begin(unauthorized, cast.bob, fields={"host": service.place})
    attempt = journey.come_back(journey.agree(service, url))
    credentials.discard(unauthorized, actor=cast.bob)
    exchange(attempt)
    assert journey.fresh(attempt).detail == attempts.CHANGED
    assert asked(service) == 0


def test_without_its_app_an_attempt_comes_to_nothing(
    cast: Cast, unauthorized: Connection, service: AuthorizationServer
) -> None:
    attempt = come_back(unauthorized, service, cast.bob)
    with factories.scope(cast.workspace):
        OAuthApp.objects.all().delete()
    exchange(attempt)
    assert journey.fresh(attempt).outcome == "request_refused"
    assert asked(service) == 0


def test_two_attempts_at_once_both_end_well(
    cast: Cast, unauthorized: Connection, service: AuthorizationServer
) -> None:
    first = come_back(unauthorized, service, cast.bob)
    second = come_back(unauthorized, service, cast.alice)
    exchange(first)
    exchange(second)
    assert steps.states(unauthorized) == [(1, "current"), (2, "staged")]
    steps.work(unauthorized)
    assert steps.states(unauthorized) == [(1, "destroyed"), (2, "current")]
    assert steps.fresh(unauthorized).status == "active"


def test_nothing_is_exchanged_inside_a_transaction(
    cast: Cast, unauthorized: Connection, service: AuthorizationServer
) -> None:
    attempt = come_back(unauthorized, service, cast.bob)
    with factories.scope(cast.workspace), pytest.raises(isolation.NetworkInTransaction):
        exchanging.exchange(attempt.workspace_id, attempt.pk)
