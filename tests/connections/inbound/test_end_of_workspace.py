"""A workspace that ends takes its hooks and deliveries with it, and nobody else's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from connections.inbound import handing, hooks
from connections.models import Delivery, DeliveryCount, DeliveryKey, Hook
from spojit.lib import clock
from tests.connections import webhooks
from tests.connections.webhooks import deliver, post, signed
from workspaces import isolation, lifecycle

if TYPE_CHECKING:
    from tests.factories import Cast


@pytest.mark.django_db(transaction=True)
def test_hooks_and_deliveries_end_with_their_workspace(cast: Cast) -> None:
    ours, theirs = webhooks.make_webhook(cast.workspace), webhooks.make_webhook(cast.next_door)
    for connection in (ours, theirs):
        deliver(connection)
        deliver(connection)
        deliver(connection, headers={})
    token = hooks.token_of(ours)
    handing.hand_over(now=clock.now())

    lifecycle.delete(cast.workspace, typed_name=cast.workspace.name, actor=cast.alice)

    assert post(token, b"{}", signed("spojit", b"{}")).status_code == 404
    with isolation.everything(reason="test"):
        for model in (Hook, Delivery, DeliveryKey, DeliveryCount):
            assert {row.workspace_id for row in model.objects.all()} == {cast.next_door.pk}
    assert deliver(theirs, delivery_id="new").status_code == 202
