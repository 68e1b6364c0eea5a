"""What the world has of approvals: a question with a long message and a long name."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from spojit.lib import clock
from tests import factories
from tests.scene import make_approval
from workflows import lifecycle
from workflows.models import Approval

if TYPE_CHECKING:
    from tests.browser.world import World

NAME = "Ask-before-we-refund-" + "0123456789" * 9
MESSAGE = f"Refund order 4711 of Ann Example?\n\nAmount: 1,240.50 EUR\nReason: {'w' * 160}\n\n"


def add(world: World) -> None:
    """Add one that waits for Alice, and one that she decided."""
    workflow = lifecycle.create(world.workspace, name="Refunds " + "r" * 100, actor=world.alice)
    with factories.scope(world.workspace):
        for fields in ({}, _decided(world)):
            asked = make_approval(workflow)
            given = {"node_name": NAME, "message": MESSAGE * 3, **fields}
            Approval.objects.filter(pk=asked.pk).update(**given)
            world.ids.setdefault("approval_id", asked.pk)


def _decided(world: World) -> dict[str, object]:
    return {
        "decision": "rejected",
        "decided_at": clock.now() - timedelta(minutes=3),
        "decided_by_id": world.alice.pk,
        "decided_by_name": world.alice.name,
        "note": "We sent it twice already; " + "n" * 200,
    }
