"""Every address that shows a page, and the states to look at; the others say why they show none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import URLPattern, URLResolver, get_resolver, reverse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.browser.world import World

POSTED, REDIRECT, FRAGMENT, DATA = "only posted to", "redirects", "part of a page", "no page"
STATEFUL = "opened by a mailed link, a waiting log-in or a second factor: see test_states.py"

NO_PAGES = {
    "home": REDIRECT,
    "healthz": DATA,
    "readyz": DATA,
    "metrics": DATA,
    "workspaces:home": REDIRECT,
    "runs:cancel": POSTED,
    "runs:rerun": POSTED,
    "runs:rerun_failed": POSTED,
    "workflows:enabling": POSTED,
    "workflows:export": DATA,
    "workflows:restoration": POSTED,
    "workflows:designer_canvas": FRAGMENT,
    "workflows:designer_palette": FRAGMENT,
    "workflows:designer_acts": FRAGMENT,
    "workflows:designer_edits": POSTED,
    "workflows:designer_draft": POSTED,
    "workflows:designer_run": FRAGMENT,
    "workflows:designer_progress": FRAGMENT,
    "workflows:panel_connectors": FRAGMENT,
    "workflows:panel_arrival": FRAGMENT,
    "workflows:panel_binding": POSTED,
    "workflows:panel_try": POSTED,
    "workflows:panel_tried": FRAGMENT,
    "workflows:panel_pin": POSTED,
    "workspaces:member": POSTED,
    "workspaces:invitation": POSTED,
    "workspaces:invitation_sending": POSTED,
    "workspaces:audit_export": DATA,
    "workspaces:notices_read": POSTED,
    "connections:checklist": FRAGMENT,
    "connections:status": FRAGMENT,
    "connections:verification": POSTED,
    "connections:abandon": POSTED,
    "connections:ask": POSTED,
    "connections:restoration": POSTED,
    "connections:discard": POSTED,
    "connections:account": POSTED,
    "connections:test_delivery": POSTED,
    "connections:delivery_again": POSTED,
    "connections:duplicate": REDIRECT,
    "connectors:try": FRAGMENT,
    "oauth:callback": REDIRECT,
    "account_set_password": REDIRECT,
    "account_confirm_email": STATEFUL,
    "account_confirm_login_code": REDIRECT,
    "account_reset_password_from_key": STATEFUL,
    "mfa_authenticate": STATEFUL,
    "mfa_reauthenticate": STATEFUL,
    "mfa_deactivate_totp": STATEFUL,
    "mfa_view_recovery_codes": STATEFUL,
    "mfa_generate_recovery_codes": STATEFUL,
    "mfa_download_recovery_codes": DATA,
}

VISITED = (
    "account_login",
    "account_signup",
    "account_inactive",
    "account_email_verification_sent",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key_done",
)
"""Pages for who has not signed in."""

OWN = (
    "account_logout",
    "account_reauthenticate",
    "account_email",
    "account_change_password",
    "mfa_index",
    "mfa_activate_totp",
    "workspaces:sessions",
    "workspaces:create",
)
"""Pages of somebody who has signed in, outside of any workspace."""

IN_A_WORKSPACE = (
    "workspaces:welcome",
    "workspaces:members",
    "workspaces:invitations",
    "workspaces:audit",
    "workspaces:notices",
    "workspaces:settings",
    "workspaces:hand_over",
    "workspaces:leave",
    "workspaces:delete",
    "oauth:apps",
    "connectors:catalogue",
    "connections:list",
    "workflows:list",
    "runs:list",
)
"""Pages that are there in a full workspace and in an empty one."""

THE_SAME_WHEN_EMPTY = frozenset(
    {
        *("workspaces:settings", "workspaces:hand_over", "workspaces:leave", "workspaces:delete"),
        "connectors:catalogue",
    }
)

OF_A_CONNECTION = (
    "connections:detail",
    "connections:added",
    "connections:credentials",
    "connections:credential",
    "connections:usage",
    "connections:activity",
    "connections:settings",
    "connections:hand_over",
    "connections:remove",
    "workflows:moving",
)

OF_A_WORKFLOW = ("workflows:versions", "workflows:settings", "workflows:remove")

OF_A_WEBHOOK = (
    "connections:deliveries",
    "connections:secret_retirement",
)
"""Pages that only a connection has that takes deliveries; it has the others, too."""

OF_A_CONNECTOR = ("connectors:detail", "connectors:connections", "connectors:about")


def names(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[str]:
    """List the names of all addresses but those of the staff pages, which are Django's own."""
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLPattern):
            yield f"{prefix}{pattern.name or pattern.pattern}"
        elif pattern.namespace != "admin":
            inner = f"{pattern.namespace}:" if pattern.namespace else ""
            yield from names(pattern, prefix + inner)


def known() -> set[str]:
    """Return every name of this table."""
    pages = {*VISITED, *OWN, *IN_A_WORKSPACE, *OF_A_CONNECTION, *OF_A_CONNECTOR}
    others = {"workspaces:member_removal", "workspaces:invitation_accept", "connections:add"}
    others |= {"oauth:problem", "oauth:app", "oauth:app_removal"}
    others |= {*OF_A_WEBHOOK, "connections:delivery"}
    others |= {*OF_A_WORKFLOW, "workflows:version", "workflows:import"}
    others |= {"workflows:new", "workflows:duplicate"}  # small forms, as of other pages
    others |= {"runs:detail", "workflows:approvals", "workflows:approval", "workflows:panel"}
    others |= {"workflows:designer"}
    return pages | others | {"connectors:tool"} | set(NO_PAGES)


def of_visitors(world: World) -> Iterator[str]:
    """List the paths for who has not signed in."""
    yield from map(reverse, VISITED)
    yield reverse("workspaces:invitation_accept", args=[world.token])
    yield reverse("workspaces:invitation_accept", args=["used-already"])
    yield reverse("account_confirm_email", args=["too-old"])
    yield reverse("oauth:problem", args=["unknown"])
    yield "/no/such/page/"


def of_quiet(world: World) -> Iterator[str]:
    """List the paths of a workspace in which nothing happened, where they look different then."""
    names = (name for name in IN_A_WORKSPACE if name not in THE_SAME_WHEN_EMPTY)
    yield from (reverse(name, args=[world.quiet.slug]) for name in names)
    yield reverse("connectors:connections", args=[world.quiet.slug, "github"])
    yield reverse("connections:add", args=[world.quiet.slug, "postgresql"])
    yield from map(reverse, OWN)


def of_northwind(world: World) -> Iterator[str]:
    """List the paths of a workspace in which everything happened."""
    slug, of = world.workspace.slug, world.ids
    yield from (reverse(name, args=[slug]) for name in IN_A_WORKSPACE)
    yield reverse("connections:list", args=[slug]) + "?q=nothing-like-this"
    yield reverse("workspaces:member_removal", args=[slug, of["membership_id"]])
    yield from (reverse(name, args=[slug, "github"]) for name in OF_A_CONNECTOR)
    yield reverse("connections:add", args=[slug, "github"])
    yield reverse("connections:add", args=[slug, "http"])
    yield reverse("connections:add", args=[slug, "github"]) + "?scheme=oauth2"
    yield reverse("oauth:app", args=[slug, "github", "oauth2"])
    yield reverse("oauth:app", args=[slug, "slack", "oauth2"])
    yield reverse("oauth:app_removal", args=[slug, "github", "oauth2"])
    yield reverse("connectors:tool", args=[slug, "github", "create_issue"])
    yield reverse("connectors:tool", args=[slug, "text", "replace"])
    yield reverse("workflows:import", args=[slug])
    yield from (reverse(name, args=[slug, of["workflow_id"]]) for name in OF_A_WORKFLOW)
    yield reverse("workflows:version", args=[slug, of["workflow_id"], 2]) + "?with=1"
    yield reverse("runs:detail", args=[slug, of["run_id"]])
    yield reverse("workflows:approvals", args=[slug])
    yield reverse("workflows:approval", args=[slug, of["approval_id"]])
    yield f"/w/{slug}/connections/no-such/"


def of_a_connection(world: World) -> Iterator[str]:
    """List the paths of one connection with a past, and of others that need something."""
    slug, of = world.workspace.slug, world.ids
    yield from (reverse(name, args=[slug, of["connection_id"]]) for name in OF_A_CONNECTION)
    for state in ("broken_id", "other_id", "pending_id"):
        yield reverse("connections:detail", args=[slug, of[state]])
    yield reverse("connections:added", args=[slug, of["broken_id"]])


def of_a_webhook(world: World) -> Iterator[str]:
    """List the paths of one webhook connection with a past; some look like any connection's."""
    slug, of = world.workspace.slug, world.ids
    names = (*OF_A_CONNECTION[:4], "connections:activity", *OF_A_WEBHOOK)
    yield from (reverse(name, args=[slug, of["webhook_id"]]) for name in names)
    for state in ("delivery_id", "duplicate_id", "form_id", "bytes_id", "refused_id"):
        yield reverse("connections:delivery", args=[slug, of["webhook_id"], of[state]])


def of_waiting_webhooks(world: World) -> Iterator[str]:
    """List the paths of webhook connections that need something, and of adding one."""
    slug, of = world.workspace.slug, world.ids
    for name in ("added", "detail", "credentials", "credential", "usage"):
        yield reverse(f"connections:{name}", args=[slug, of["waiting_id"]])
    for name in ("detail", "deliveries"):
        yield reverse(f"connections:{name}", args=[slug, of["silent_id"]])
    for key in ("slack", "custom_webhook"):
        yield reverse("connections:add", args=[slug, key]) + "?scheme=webhook"
