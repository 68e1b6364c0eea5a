"""What is no longer kept of deliveries."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from connections import tasks
from connections.inbound import forgetting, handing
from connections.models import Delivery, DeliveryKey
from spojit.lib import clock
from tests.connections import webhooks
from tests.connections.webhooks import deliver
from workspaces import isolation

if TYPE_CHECKING:
    from connections.models import Connection
    from tests.factories import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def webhook(cast: Cast) -> Connection:
    """A webhook connection with one delivery that was handed over."""
    connection = webhooks.make_webhook(cast.workspace)
    deliver(connection)
    handing.hand_over(now=clock.now())
    return connection


def age(connection: Connection, **by: int) -> None:
    with isolation.workspace(connection.workspace):
        Delivery.objects.update(received_at=clock.now() - timedelta(**by))


def test_a_body_is_kept_for_seven_days(webhook: Connection) -> None:
    age(webhook, days=6, hours=23)
    forgetting.past(now=clock.now())
    assert webhooks.deliveries(webhook)[0].sealed is not None

    age(webhook, days=7, hours=1)
    tasks.tidy()
    assert webhooks.deliveries(webhook)[0].sealed is None


def test_a_delivery_is_listed_for_thirty_days_and_counted_after(webhook: Connection) -> None:
    age(webhook, days=31)

    forgetting.past(now=clock.now())

    assert webhooks.deliveries(webhook) == []
    assert webhooks.counted(webhook) == (1, 0, 0)


def test_what_still_waits_is_kept(webhook: Connection) -> None:
    deliver(webhook, delivery_id="2")
    age(webhook, days=40)

    forgetting.past(now=clock.now())

    [waiting] = webhooks.deliveries(webhook)
    assert waiting.sealed is not None


def test_keys_are_forgotten_when_their_time_is_over(webhook: Connection) -> None:
    forgetting.past(now=clock.now() + timedelta(days=6))
    with isolation.workspace(webhook.workspace):
        assert DeliveryKey.objects.count() == 1

    forgetting.past(now=clock.now() + timedelta(days=7, hours=1))
    with isolation.workspace(webhook.workspace):
        assert DeliveryKey.objects.count() == 0
