"""Whose private connection a step uses, and whether somebody may see what it gave."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from connections import access
from connections.models import Connection
from spojit.lib.errors import Refused
from workflows.references import used
from workspaces.models import Membership

if TYPE_CHECKING:
    from collections.abc import Iterable

    from workflows.definition import Graph
    from workspaces.audit import Actor


class PrivateConnection(Refused):
    """The step uses somebody's private connection; the message says which step."""

    code = "private_connection"
    hint = "Ask the owner of the connection, or an admin."


def bound(graph: Graph) -> dict[str, uuid.UUID]:
    """Give the connection of each node that names one."""
    found = {}
    for (node_id, connection_id, _), _name in used(graph):
        try:
            found[node_id] = uuid.UUID(connection_id)
        except ValueError:
            continue
    return found


def membership_of(workspace_id: uuid.UUID, actor: Actor) -> Membership | None:
    """Find the place of whoever acts; None for the system and for strangers."""
    rows = Membership.objects.filter(workspace_id=workspace_id, user_id=actor.id)
    found: Membership | None = rows.first() if actor.id else None
    return found


def hidden_from(
    membership: Membership | None, connection_ids: Iterable[uuid.UUID | None]
) -> frozenset[uuid.UUID]:
    """Say which of these connections are private and not theirs; to nobody, every private one."""
    ids = {one for one in connection_ids if one is not None}
    rows = Connection.objects.filter(pk__in=ids, is_private=True) if ids else ()
    return frozenset(
        row.pk for row in rows if membership is None or not access.may_see(membership, row)
    )


def refuse_hidden(
    actor: Actor, workspace_id: uuid.UUID, names: dict[uuid.UUID, str], *, what: str
) -> None:
    """Stop somebody who may not see one of these connections, given with their steps' names.

    Args:
        actor: who acts; the system may see everything.
        workspace_id: where.
        names: of the steps, by the connection that each uses.
        what: they may not do, such as `try`.

    Raises:
        PrivateConnection: naming the step.
    """
    if actor.id is None:
        return
    for connection_id in hidden_from(membership_of(workspace_id, actor), names):
        step = names[connection_id]
        raise PrivateConnection(
            f"{step} uses a private connection of somebody else, so you may not {what}."
        )
