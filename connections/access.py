"""Who may do what with a connection: the role, whose it is, and whether it is private.

Pure: it asks the rows it is given and nothing else. Views, templates' flags and lists all ask here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workspaces.roles import Permission

if TYPE_CHECKING:
    from connections.models import Call, Connection
    from connectors.manifest import Tool
    from workspaces.models import Membership


def may_see(membership: Membership, connection: Connection) -> bool:
    """Whether the details may be seen: of a private one only by its owner and the admins."""
    if not connection.is_private or membership.may(Permission.MANAGE_ANY_CONNECTION):
        return True
    return connection.is_owned_by(membership.user_id)


def may_use(membership: Membership, connection: Connection) -> bool:
    """Whether it may be used, which includes verifying it and running tools that only read."""
    return membership.may(Permission.USE_CONNECTIONS) and may_see(membership, connection)


def may_manage(membership: Membership, connection: Connection) -> bool:
    """Whether it may be edited, rotated, handed over and removed."""
    if membership.may(Permission.MANAGE_ANY_CONNECTION):
        return True
    is_own = connection.is_owned_by(membership.user_id)
    return is_own and membership.may(Permission.MANAGE_OWN_CONNECTIONS)


def may_run(membership: Membership, connection: Connection | None, tool: Tool) -> bool:
    """Whether a tool may be run: one that writes only through a connection that one manages.

    Without a connection there are no credentials to protect, so whoever may use connections may.
    """
    if connection is None:
        return membership.may(Permission.USE_CONNECTIONS)
    if tool.effect == "read":
        return may_use(membership, connection)
    return may_manage(membership, connection)


def may_see_call(membership: Membership, call: Call) -> bool:
    """Whether the answer of a tried tool may be seen: by who tried it, and who may see the rest."""
    if call.actor_id == membership.user_id:
        return call.connection is None or may_see(membership, call.connection)
    return call.connection is not None and may_manage(membership, call.connection)


def shown_name(membership: Membership, connection: Connection) -> str:
    """Return what a member is shown: the name, or whose private connection it is."""
    if may_see(membership, connection):
        return connection.name
    return f"a private connection of {connection.owner or 'a former member'}"
