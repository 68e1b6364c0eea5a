"""Connections as a workflow's pages show them: a mark, a name, and what is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from connections import access
from connections.models import Status
from connections.views import showing

if TYPE_CHECKING:
    from connections.models import Connection
    from connections.views.showing import ShownStatus
    from workspaces.models import Membership


class Use(NamedTuple):
    """A connection that a workflow uses; `trouble` is empty while it works."""

    name: str
    url: str
    status: ShownStatus
    trouble: str


def shown(connection: Connection, *, slug: str, membership: Membership) -> Use:
    """Show a connection; of a private one others see whose it is, and how it is."""
    is_seen = access.may_see(membership, connection) and connection.removed_at is None
    name = access.shown_name(membership, connection)
    kind = Status.ERROR.value if connection.removed_at else connection.status
    url = showing.page(slug, connection, "detail") if is_seen else ""
    return Use(name, url, showing.ShownStatus(kind, name), _trouble(connection))


def _trouble(connection: Connection) -> str:
    if connection.removed_at is not None:
        return "Removed"
    if connection.status == Status.ACTIVE:
        return ""
    return showing.WORDS[connection.status]
