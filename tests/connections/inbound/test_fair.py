"""Handing over fairly: what one listener fails on keeps nobody else's deliveries waiting."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from connections import lifecycle
from connections.credentials import ConnectionGone
from connections.inbound import again, forgetting, handing, storing
from connections.inbound.again import SwitchedOff
from connections.models import Connection, Delivery, Hook
from connectors.models import Connector
from spojit.lib import clock
from tests.connections import webhooks
from tests.connections.webhooks import deliver
from workspaces import isolation

if TYPE_CHECKING:
    from tests.factories import Cast

pytestmark = pytest.mark.django_db

LATER = handing.AGAIN_AFTER + timedelta(seconds=1)


@pytest.fixture
def webhook(cast: Cast) -> Connection:
    """A webhook connection."""
    return webhooks.make_webhook(cast.workspace)


@pytest.fixture
def theirs(cast: Cast) -> Connection:
    """One next door."""
    return webhooks.make_webhook(cast.next_door)


def refuse(connection: Connection) -> None:
    """Listen badly: fail on whatever comes to a connection."""

    def stumble(delivery: Delivery) -> None:
        if delivery.connection_id == connection.pk:
            raise LookupError

    handing._listeners.append(stumble)


def handed(connection: Connection) -> list[bool]:
    return [row.is_handed_over for row in webhooks.deliveries(connection)]


@pytest.mark.parametrize("is_first", [True, False])
def test_what_fails_in_one_workspace_is_handed_over_in_the_others_at_once(
    webhook: Connection, theirs: Connection, heard: list[str], *, is_first: bool
) -> None:
    for connection in (webhook, theirs) if is_first else (theirs, webhook):
        deliver(connection)
    refuse(theirs)

    with pytest.raises(LookupError):
        handing.hand_over(now=clock.now())

    assert handed(webhook) == [True]
    assert handed(theirs) == [False]
    assert str(webhooks.deliveries(webhook)[0].pk) in heard


def test_what_failed_comes_up_again_while_others_keep_coming(
    webhook: Connection, theirs: Connection, heard: list[str]
) -> None:
    deliver(theirs)
    refuse(theirs)
    with pytest.raises(LookupError):
        handing.hand_over(now=clock.now())
    handing._listeners.pop()
    deliver(webhook)

    assert handing.hand_over(now=clock.now() + LATER) == 2

    assert (handed(webhook), handed(theirs)) == ([True], [True])
    assert len(heard) >= 2


def test_a_removed_connections_deliveries_go_to_nobody(
    cast: Cast, webhook: Connection, heard: list[str]
) -> None:
    deliver(webhook)
    lifecycle.remove(webhook, actor=cast.alice)

    assert handing.hand_over(now=clock.now()) == 1

    assert heard == []
    assert handed(webhook) == [True]


def test_what_comes_while_its_connection_is_removed_goes_to_nobody_and_is_forgotten(
    cast: Cast, webhook: Connection, heard: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = storing.verified

    def remove_before(*asked: Any) -> Any:
        lifecycle.remove(webhook, actor=cast.alice)
        return store(*asked)

    with isolation.workspace(webhook.workspace):
        Connection.objects.update(status="active")
    monkeypatch.setattr(storing, "verified", remove_before)
    deliver(webhook)

    handing.hand_over(now=clock.now())
    forgetting.past(now=clock.now())

    assert heard == []
    assert all(row.sealed is None and row.headers == [] for row in webhooks.deliveries(webhook))
    with isolation.workspace(webhook.workspace):
        assert Hook.objects.count() == 0


def test_nothing_of_a_removed_connection_is_delivered_again(
    cast: Cast, webhook: Connection
) -> None:
    deliver(webhook)
    [row] = webhooks.deliveries(webhook)  # as a page read it before
    lifecycle.remove(webhook, actor=cast.alice)

    with pytest.raises(ConnectionGone):
        again.deliver_again(row, actor=cast.bob)

    assert [row.sealed for row in webhooks.deliveries(webhook)] == [None]


def test_nothing_is_delivered_again_while_staff_has_the_connector_switched_off(
    cast: Cast, webhook: Connection
) -> None:
    deliver(webhook)
    Connector.objects.filter(key=webhook.connector_id).update(is_disabled=True)

    with pytest.raises(SwitchedOff):
        again.deliver_again(webhooks.deliveries(webhook)[0], actor=cast.bob)

    assert len(webhooks.deliveries(webhook)) == 1


def test_a_removed_connections_many_deliveries_are_forgotten_in_turns(
    cast: Cast, webhook: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forgetting, "MOST_AT_ONCE", 2)
    for n in range(5):
        deliver(webhook, delivery_id=str(n))
    lifecycle.remove(webhook, actor=cast.alice)
    kept = [row.sealed is not None for row in webhooks.deliveries(webhook)]
    assert sum(kept) == 3

    forgetting.past(now=clock.now())

    rows = webhooks.deliveries(webhook)
    assert [(row.sealed, row.headers, row.sender_id, row.address) for row in rows] == [
        (None, [], "", None)
    ] * 5


def test_what_is_past_its_time_goes_in_turns(
    webhook: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forgetting, "MOST_AT_ONCE", 2)
    for n in range(5):
        deliver(webhook, delivery_id=str(n))
    while handing.hand_over(now=clock.now()):
        pass
    with isolation.workspace(webhook.workspace):
        Delivery.objects.update(received_at=clock.now() - timedelta(days=8))
    assert forgetting.past(now=clock.now()) == 5
    assert [row.sealed for row in webhooks.deliveries(webhook)] == [None] * 5
    with isolation.workspace(webhook.workspace):
        Delivery.objects.update(received_at=clock.now() - timedelta(days=31))
    assert forgetting.past(now=clock.now() + timedelta(days=8)) == 10
    assert webhooks.deliveries(webhook) == []
