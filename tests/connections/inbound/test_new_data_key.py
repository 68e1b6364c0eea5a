"""A workspace's new data key: bodies are sealed again a few at a time, and go on opening."""

from __future__ import annotations

from itertools import islice, pairwise
from typing import TYPE_CHECKING

import pytest

from connections.inbound import deliveries, hooks, storing
from connections.models import Delivery
from spojit.lib.ids import new_id
from tests.connections import webhooks
from workspaces import isolation
from workspaces.vault.rotation.data_keys import rotate_data_key

if TYPE_CHECKING:
    from connections.models import Connection
    from tests.factories import Cast

pytestmark = pytest.mark.django_db

MANY = 45


def fill(connection: Connection) -> None:
    webhooks.deliver(connection)
    with isolation.workspace(connection.workspace):
        row = Delivery.objects.get()
        for n in range(1, MANY):
            row.pk = new_id()
            row.sealed = storing.sealed(b"[%d]" % n, row.workspace_id, row.pk)
            row.save(force_insert=True)


def test_bodies_are_sealed_again_a_few_at_a_time_also_after_a_stop(cast: Cast) -> None:
    webhook = webhooks.make_webhook(cast.workspace)
    fill(webhook)
    token = hooks.token_of(webhook)

    begun = [at.done for at in islice(rotate_data_key(cast.workspace), 5)]
    steps = [at.done for at in rotate_data_key(cast.workspace, new_key=False)]

    done = [0, *begun, begun[-1] + steps[0], *(begun[-1] + step for step in steps)]
    assert max(after - before for before, after in pairwise(done)) <= 20
    with isolation.workspace(cast.workspace):
        rows = list(Delivery.objects.all())
        assert len({bytes(row.sealed)[2:18] for row in rows}) == 1
        opened = [found for row in rows if (found := deliveries.opened(row))]
    assert len(opened) == MANY
    assert hooks.token_of(webhook) == token
    assert webhooks.deliver(webhook, delivery_id="new").status_code == 202
