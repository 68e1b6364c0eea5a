"""Webhook connections for the world: one with a past, one that waits, one that is broken."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from connections.inbound import secrets
from connections.models import DeliveryCount
from spojit.lib import clock
from tests import factories
from tests.connections import webhooks
from tests.connections.webhook_pages.hooks import NEW

if TYPE_CHECKING:
    from connections.models import Connection
    from tests.browser.world import World

LONG_ID = "delivery-" + "0123456789" * 18
LONG_JSON = b'{"text": "%s", "deep": {"er": [{"a": 1}]}, "no": null}' % (b"y" * 400)
FORM = b"command=%2Fweather&text=" + b"z" * 300
BYTES = bytes(range(256)) * 4


def add(world: World) -> None:
    """Add them to Northwind."""
    _add_one_with_a_past(world)
    _add_one_that_waits(world)
    _add_a_broken_one(world)


def _add_one_with_a_past(world: World) -> None:
    values = {"header": "X-Signature", "method": "body", "id_header": "X-Delivery-Id"}
    one = _make(world, "custom_webhook", "Orders of the shop " + "w" * 90,
                signing_secret=webhooks.SECRET, **values)  # fmt: skip
    world.ids["webhook_id"] = one.pk
    _deliver(one, LONG_JSON, LONG_ID)
    world.ids["delivery_id"] = webhooks.deliveries(one)[-1].pk
    _deliver(one, LONG_JSON, LONG_ID)
    world.ids["duplicate_id"] = webhooks.deliveries(one)[-1].pk
    later = clock.now() + timedelta(days=7)
    values["signing_secret"] = NEW
    secrets.rotate(one, values=values, retire_at=later, actor=world.alice)
    _deliver(one, FORM, "form", kind="application/x-www-form-urlencoded")
    world.ids["form_id"] = webhooks.deliveries(one)[-1].pk
    _deliver(one, BYTES, "bytes", kind="application/octet-stream")
    world.ids["bytes_id"] = webhooks.deliveries(one)[-1].pk
    _deliver(one, b"{}", "", secret="another-secret-0123456789")
    world.ids["refused_id"] = webhooks.deliveries(one)[-1].pk
    _count(one)


def _add_one_that_waits(world: World) -> None:
    one = _make(world, "slack", "Commands of Slack")
    world.ids["waiting_id"] = one.pk
    webhooks.deliver(one, headers={})


def _add_a_broken_one(world: World) -> None:
    one = _make(world, "spojit_webhook", "Alarms", signing_secret=webhooks.SECRET)
    world.ids["silent_id"] = one.pk
    with factories.scope(world.workspace):
        one.status, one.reason = "error", "credential_unreadable"
        one.save()


def _make(world: World, key: str, name: str, **values: str) -> Connection:
    return factories.make_connection(
        world.workspace, connector_key=key, scheme="webhook", name=name, values=values
    )


def _deliver(
    one: Connection, body: bytes, delivery_id: str, *, kind: str = "", secret: str = ""
) -> None:
    headers = webhooks.signed("custom", body, secret=secret, delivery_id=delivery_id)
    webhooks.deliver(one, body, headers=headers | ({"content-type": kind} if kind else {}))


def _count(one: Connection) -> None:
    hour = clock.now().replace(minute=0, second=0, microsecond=0)
    with factories.scope(one.workspace):
        DeliveryCount.objects.bulk_create(
            DeliveryCount(
                workspace=one.workspace,
                connection=one,
                hour=hour - timedelta(days=ago),
                accepted=ago * 37 % 101,
                duplicates=ago * 11 % 13,
                refused=40 if ago == 9 else 0,
            )
            for ago in range(1, 30)
        )
