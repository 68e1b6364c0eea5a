"""Renewing ahead of time: what is due, and nothing else."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from connections.oauth import claims, sweeping
from connections.oauth.pauses import Pauses
from spojit.lib import clock
from tests import factories
from tests.connections import grants, steps

if TYPE_CHECKING:
    from tests.factories import Cast
    from tests.servers.tokens import TokenServer


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
    assert grants.call(connection).name == "ok"
    grants.age(connection, left=grants.OVER)
    assert sweeping.sweep(threads=1, seconds=5) == {"credentials_refused": 1}
    assert steps.fresh(connection).status == "reauthorize"


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


def test_a_host_that_hangs_keeps_no_other_waiting(
    cast: Cast, service: TokenServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claims, "MOST_A_PLACE", 4)
    for number in range(5):
        connection = grants.connect(cast.workspace, service, name=f"Shop {number}")
        grants.age(connection, left=timedelta(minutes=5))
    grants.change(connection, refresh_place="other.test:443")
    found = [claim.row.connection_id for claim in claims.claim_due(most=2)]
    assert connection.pk in found


def test_tokens_of_a_client_are_bounded_by_their_own_host(cast: Cast, db: None) -> None:
    factories.make_connector("shopify")
    with factories.scope(cast.workspace):
        connection = factories.make_connection(
            cast.workspace,
            connector_key="shopify",
            scheme="oauth2_client",
            values={"shop": "loom", "client_id": "c" * 32, "client_secret": "s" * 32},
        )
    assert grants.credential(connection).refresh_place == "loom.myshopify.com:443"


@pytest.mark.django_db(transaction=True)
def test_a_service_that_tells_a_life_of_nothing_is_asked_once_a_sweep(
    cast: Cast, service: TokenServer
) -> None:
    connection = grants.connect(cast.workspace, service)
    grants.age(connection, left=timedelta(minutes=5))
    answers = [service.grants(1)[0] | {"expires_in": 0.000001} for _ in range(3)]
    for told in answers:
        service.next_answers(*grants.statuses(200, body=told))
    assert sweeping.sweep(threads=1, seconds=3) == {"ok": 1}
    assert sweeping.sweep(threads=1, seconds=3) == {}
    service.reset()


@pytest.mark.django_db(transaction=True)
def test_a_host_that_fails_again_and_again_rests_and_keeps_no_other_waiting(
    cast: Cast, service: TokenServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "_pauses", Pauses())
    rows = [grants.connect(cast.workspace, service, name=f"Shop {n}") for n in range(7)]
    for connection in rows:
        grants.age(connection, left=timedelta(minutes=5))
    service.next_answers(*grants.statuses(*[503] * 6))
    assert sweeping.sweep(threads=1, seconds=5) == {"upstream_fault": 6}
    assert sweeping.sweep(threads=1, seconds=5) == {}
    grants.change(rows[-1], refresh_place="other.test:443", refresh_due_at=clock.now())
    assert sweeping.sweep(threads=1, seconds=5) == {"ok": 1}
