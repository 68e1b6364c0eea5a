"""Which template is shown with which example, by a name for its address and its screenshot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.frontend import (
    samples_connections as connections,
    samples_connectors as connectors,
    samples_credentials as credentials,
    samples_gallery as gallery,
    samples_workspaces as workspaces,
)

if TYPE_CHECKING:
    from tests.frontend.samples import Context

PAGES: dict[str, tuple[str, Context]] = {
    "gallery": ("gallery.html", gallery.gallery),
    "connections": ("connections/list.html", connections.listing),
    "connections-none": ("connections/list.html", connections.empty),
    "connections-nothing": ("connections/list.html", connections.nothing_found),
    "connection": ("connections/detail.html", connections.detail),
    "connection-broken": ("connections/detail.html", connections.broken),
    "add": ("connections/add.html", credentials.add),
    "add-refused": ("connections/add.html", credentials.add_refused),
    "added": ("connections/add.html", credentials.added),
    "added-failed": ("connections/add.html", credentials.added_failed),
    "added-done": ("connections/add.html", credentials.added_done),
    "credentials": ("connections/credentials.html", credentials.credentials),
    "rotate": ("connections/rotate.html", credentials.rotate),
    "activity": ("connections/activity.html", credentials.activity),
    "usage": ("connections/usage.html", credentials.usage),
    "usage-none": ("connections/usage.html", credentials.unused),
    "connection-settings": ("connections/settings.html", credentials.settings),
    "remove": ("connections/remove.html", credentials.remove),
    "duplicate": ("connections/duplicate.html", credentials.duplicate),
    "hand-over": ("connections/hand_over.html", credentials.hand_over),
    "catalogue": ("connectors/catalogue.html", connectors.catalogue),
    "catalogue-nothing": ("connectors/catalogue.html", connectors.nothing_found),
    "connector": ("connectors/detail.html", connectors.detail),
    "tool": ("connectors/tool.html", connectors.tool_page),
    "tool-running": ("connectors/tool.html", connectors.tool_running),
    "tool-answered": ("connectors/tool.html", connectors.tool_answered),
    "tool-closed": ("connectors/tool.html", connectors.tool_closed),
    "connector-connections": ("connectors/connections.html", connectors.connections),
    "connector-none": ("connectors/connections.html", connectors.no_connections),
    "about": ("connectors/about.html", connectors.about),
    "members": ("workspaces/members.html", workspaces.members),
    "member-removal": ("workspaces/member_removal.html", workspaces.member_removal),
    "invitations": ("workspaces/invitations.html", workspaces.invitations),
    "invitation": ("workspaces/invitation_accept.html", workspaces.invitation),
    "invitation-other": ("workspaces/invitation_accept.html", workspaces.invitation_other),
    "invitation-over": ("workspaces/invitation_accept.html", workspaces.invitation_over),
    "audit": ("workspaces/audit.html", workspaces.audit),
    "notices": ("workspaces/notices.html", workspaces.notices),
    "notices-none": ("workspaces/notices.html", workspaces.no_notices),
    "settings": ("workspaces/settings.html", workspaces.settings),
    "settings-read": ("workspaces/settings.html", workspaces.settings_read),
    "create": ("workspaces/create.html", workspaces.create),
    "welcome": ("workspaces/welcome.html", workspaces.welcome),
    "delete": ("workspaces/delete.html", workspaces.delete),
    "leave": ("workspaces/leave.html", workspaces.leave),
    "leave-refused": ("workspaces/leave.html", workspaces.leave_refused),
    "workspace-hand-over": ("workspaces/hand_over.html", workspaces.hand_over),
}
