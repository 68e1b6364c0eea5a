"""Who listens at a hook: kept in its row, so that the answer names what a delivery starts.

Apps above put themselves here, in the transaction that makes them listen. Sender's answers wait
for one of them at most.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Q

from connections.models import Hook
from spojit.lib.errors import Refused
from spojit.lib.ids import derived_id

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Listener:
    """Something that deliveries start; the sender waits so long for its answer, or not at all."""

    id: uuid.UUID
    waits_seconds: int = 0

    def started_by(self, delivery_id: uuid.UUID) -> uuid.UUID:
        """Return the ID of what a delivery starts here, before it is started and after."""
        return derived_id(delivery_id, self.id)


class WaitedForAlready(Refused):
    """The sender waits for somebody else; `listener_id` says for whom."""

    code = "waited_for_already"
    message = "Whoever sends to this webhook waits for another one already."

    def __init__(self, listener_id: uuid.UUID) -> None:
        """Name the other one."""
        super().__init__()
        self.listener_id = listener_id


def put(listener: Listener, *, connection_id: uuid.UUID | None) -> None:
    """Let it listen at this connection's hook and no other one, in the workspace's scope.

    The rows of hooks are locked meanwhile, so that of two at once one finds the other.

    Raises:
        WaitedForAlready: its answer and another one's would both be waited for.
    """
    named = Q(listeners__contains=[{"id": str(listener.id)}])
    rows = Hook.objects.filter(named | Q(connection_id=connection_id)).order_by("pk")
    for hook in rows.select_for_update():
        others = [one for one in read(hook.listeners) if one.id != listener.id]
        if hook.connection_id == connection_id:
            _refuse_second(listener, others)
            others.append(listener)
        hook.listeners = [{"id": str(one.id), "waits": one.waits_seconds} for one in others]
        hook.save(update_fields=["listeners"])


def waited_for() -> dict[uuid.UUID, uuid.UUID]:
    """Say whose answer is waited for, by the connection's ID; in the workspace's scope."""
    rows = Hook.objects.exclude(listeners=[]).values_list("connection_id", "listeners")
    waited = {key: _waited(read(stored)) for key, stored in rows}
    return {key: one.id for key, one in waited.items() if one}


def read(stored: list[dict[str, str | int]] | str | None) -> list[Listener]:
    """Read what a row says, whoever is waited for first."""
    if not stored or stored == "[]":
        return []
    rows = json.loads(stored) if isinstance(stored, str) else stored
    found = [Listener(uuid.UUID(str(row["id"])), int(row["waits"])) for row in rows]
    return sorted(found, key=lambda one: one.waits_seconds == 0)


def _refuse_second(listener: Listener, others: Iterable[Listener]) -> None:
    other = _waited(others)
    if listener.waits_seconds and other:
        raise WaitedForAlready(other.id)


def _waited(among: Iterable[Listener]) -> Listener | None:
    return next((one for one in among if one.waits_seconds), None)
