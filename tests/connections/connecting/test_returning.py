"""What comes back from a service: whose it is, what it says, and that it counts once."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import connections as databases

from connections import lifecycle, receivers, tasks
from connections.models import Authorization, Connection
from connections.oauth import attempts, authorize
from connections.oauth.returning import (
    AlreadyAnswered,
    ForeignSession,
    StaleState,
    StateRefused,
)
from spojit.lib import clock
from spojit.lib.limits import TooMany
from tests import factories
from tests.connections import steps
from tests.connections.connecting import journey
from tests.servers import plain_client

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from tests.factories import Cast
    from tests.servers.oidc import AuthorizationServer


def state_of(url: str) -> str:
    return plain_client.returned(url)["state"]


def rows(cast: Cast) -> list[Authorization]:
    with factories.scope(cast.workspace):
        return list(Authorization.objects.order_by("created_at"))


def test_what_is_stored_of_an_attempt_opens_nothing(cast: Cast, unauthorized: Connection) -> None:
    url = journey.begin(unauthorized, cast.bob, scopes=["write"])
    [row] = rows(cast)
    asked = plain_client.returned(url)
    assert len(asked["state"]) >= 43
    assert row.state_hash == attempts.hashed(asked["state"])
    assert row.session_hash == attempts.hashed(journey.SESSION)
    assert row.expires_at - row.created_at == timedelta(minutes=10)
    assert (row.scopes, row.actor_name) == (["read", "write"], "Bob")
    assert asked["scope"] == "read write"
    assert asked["code_challenge_method"] == "S256"
    verifier = attempts.unseal(row, bytes(row.verifier_sealed or b""), purpose=attempts.VERIFIER)
    assert asked["code_challenge"] == plain_client.challenge(verifier)
    assert verifier not in url


@pytest.mark.parametrize("state", ["", "x", "y" * 43, "z" * 201])
def test_a_missing_or_unknown_state_changes_nothing(
    cast: Cast, unauthorized: Connection, state: str
) -> None:
    journey.begin(unauthorized, cast.bob)
    with pytest.raises(StateRefused) as refused:
        journey.come_back({"state": state, "code": "c"})
    assert refused.value.kind == "unknown"
    assert [row.returned_at for row in rows(cast)] == [None]


def test_a_state_counts_for_ten_minutes(
    cast: Cast, unauthorized: Connection, set_clock: Callable[[datetime], None]
) -> None:
    query = {"state": state_of(journey.begin(unauthorized, cast.bob)), "code": "c"}
    set_clock(clock.now() + timedelta(minutes=10, seconds=1))
    with pytest.raises(StaleState):
        journey.come_back(query)
    assert [row.returned_at for row in rows(cast)] == [None]


def test_a_state_is_consumed_together_with_its_code_or_not_at_all(
    cast: Cast,
    unauthorized: Connection,
    service: AuthorizationServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    query = journey.agree(service, journey.begin(unauthorized, cast.bob))
    seal = attempts.seal_answer
    monkeypatch.setattr(attempts, "seal_answer", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        journey.come_back(query)
    assert [row.returned_at for row in rows(cast)] == [None]
    monkeypatch.setattr(attempts, "seal_answer", seal)
    assert journey.come_back(query).answer_sealed is not None


@pytest.mark.parametrize("session_key", ["", "another-session"])
def test_only_the_session_that_began_it_may_bring_the_answer(
    cast: Cast, unauthorized: Connection, service: AuthorizationServer, session_key: str
) -> None:
    query = journey.agree(service, journey.begin(unauthorized, cast.bob))
    with pytest.raises(ForeignSession):
        journey.come_back(query, session_key=session_key)
    assert [row.returned_at for row in rows(cast)] == [None]
    journey.work(journey.come_back(query))
    assert steps.fresh(unauthorized).status == "active"


def test_an_answer_counts_once(
    cast: Cast, unauthorized: Connection, service: AuthorizationServer
) -> None:
    query = journey.agree(service, journey.begin(unauthorized, cast.bob))
    first = journey.come_back(query)
    with pytest.raises(AlreadyAnswered) as refused:
        journey.come_back(query)
    assert refused.value.attempt.pk == first.pk
    with pytest.raises(ForeignSession):
        journey.come_back(query, session_key="another-session")


@pytest.mark.django_db(transaction=True)
def test_of_many_that_bring_the_same_answer_one_comes_through(
    cast: Cast, unauthorized: Connection, service: AuthorizationServer
) -> None:
    query = journey.agree(service, journey.begin(unauthorized, cast.bob))
    together = threading.Barrier(8)
    found: list[type] = []

    def bring() -> None:
        together.wait(timeout=30)
        try:
            found.append(type(journey.come_back(query)))
        except StateRefused as refused:
            found.append(type(refused))
        finally:
            databases.close_all()

    threads = [threading.Thread(target=bring) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found, key=str) == sorted([Authorization, *[AlreadyAnswered] * 7], key=str)


@pytest.mark.parametrize(
    ("error", "outcome", "said"),
    [
        ("access_denied", "request_refused", "The authorization was declined at the service."),
        (
            "invalid_scope",
            "request_refused",
            "The service does not give one of the scopes that were asked for.",
        ),
        (
            "server_error",
            "upstream_fault",
            "The service has a fault of its own. Connect again in a while.",
        ),
        (
            "temporarily_unavailable",
            "upstream_fault",
            "The service is busy. Connect again in a while.",
        ),
        ("of_its_own", "request_refused", "The service did not authorize the connection."),
    ],
)
def test_an_error_of_the_service_is_kept_and_the_status_stays(
    cast: Cast, unauthorized: Connection, service: AuthorizationServer, error: str, outcome: str,
    said: str,
) -> None:  # fmt: skip
    state = state_of(journey.begin(unauthorized, cast.bob))
    attempt = journey.come_back({"state": state, "error": error, "iss": service.issuer})
    assert attempt.is_finished
    row = journey.fresh(attempt)
    assert (row.outcome, row.error, row.detail) == (outcome, error, said)
    assert (row.verifier_sealed, row.answer_sealed) == (None, None)
    assert steps.fresh(unauthorized).status == "pending"
    assert steps.checks(unauthorized) == [("authorization", outcome, "pending")]


def test_a_refusal_of_a_person_comes_back_from_the_real_service(
    cast: Cast, unauthorized: Connection, service: AuthorizationServer
) -> None:
    back = service.refuse(journey.begin(unauthorized, cast.bob))
    attempt = journey.come_back(plain_client.returned(back))
    assert (attempt.outcome, attempt.error) == ("request_refused", "access_denied")
    assert "Connect again and agree there" in attempts.hint(attempt)


@pytest.mark.parametrize(
    "changes", [{"iss": "https://elsewhere.example"}, {"iss": ""}, {"code": ""}, {"code": "\n"}]
)
def test_an_answer_of_another_issuer_or_without_a_code_is_not_exchanged(
    cast: Cast, unauthorized: Connection, service: AuthorizationServer, changes: dict[str, str]
) -> None:
    query = journey.agree(service, journey.begin(unauthorized, cast.bob)) | changes
    attempt = journey.come_back(query)
    assert (attempt.is_finished, attempt.outcome) == (True, "bad_answer")
    tasks.exchange(workspace_id=str(attempt.workspace_id), authorization_id=str(attempt.pk))
    assert service.state()["counts"].get("authorization_code", 0) == 0
    assert journey.version(unauthorized).tokens is None


def test_the_code_is_sealed_until_a_worker_takes_it(
    cast: Cast, unauthorized: Connection, service: AuthorizationServer
) -> None:
    query = journey.agree(service, journey.begin(unauthorized, cast.bob))
    row = journey.fresh(journey.come_back(query))
    assert query["code"].encode() not in bytes(row.answer_sealed or b"")
    assert attempts.unseal_answer(row, bytes(row.answer_sealed or b"")) == (query["code"], {})


def test_only_so_many_attempts_are_begun_in_an_hour(cast: Cast, unauthorized: Connection) -> None:
    for _ in range(authorize.MOST_AN_HOUR):
        journey.begin(unauthorized, cast.bob)
    with pytest.raises(TooMany):
        journey.begin(unauthorized, cast.bob)
    assert len(rows(cast)) == authorize.MOST_AN_HOUR


def test_a_scope_that_is_not_declared_is_refused(cast: Cast, unauthorized: Connection) -> None:
    with pytest.raises(authorize.UnknownScope):
        journey.begin(unauthorized, cast.bob, scopes=["everything"])
    assert rows(cast) == []


def test_what_cannot_be_authorized_is_refused(cast: Cast) -> None:
    connection = factories.make_connection(cast.workspace)
    with pytest.raises(authorize.NotAGrant):
        journey.begin(connection, cast.bob)


def test_old_attempts_go_and_what_nobody_finished_forgets_its_verifier(
    cast: Cast, unauthorized: Connection, set_clock: Callable[[datetime], None]
) -> None:
    journey.begin(unauthorized, cast.bob)
    set_clock(clock.now() + timedelta(minutes=11))
    tasks.tidy()
    assert [row.verifier_sealed for row in rows(cast)] == [None]
    assert receivers._purge_authorizations(clock.now()) == 0
    assert receivers._purge_authorizations(clock.now() + attempts.KEPT_FOR) == 1


def test_removing_the_connection_removes_its_attempts(cast: Cast, unauthorized: Connection) -> None:
    journey.begin(unauthorized, cast.bob)
    lifecycle.remove(unauthorized, actor=cast.bob)
    assert rows(cast) == []
