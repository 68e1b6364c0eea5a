"""What every page of one workflow shows around its own content: head, acts, tabs, troubles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connections.views.framing import Tab
from connections.views.showing import Link
from workflows import listing
from workflows.views import paths, uses
from workspaces.roles import Permission

if TYPE_CHECKING:
    from workflows.models import Workflow
    from workspaces.access import WorkspaceRequest

TABS = {
    "designer": "Designer",
    "runs": "Runs",
    "versions": "Versions",
    "settings": "Settings",
}


def frame(request: WorkspaceRequest, workflow: Workflow, *, tab: str = "") -> dict[str, Any]:
    """Return what a workflow's page shows of it; `tab` is the one that it stands under."""
    slug, may_build = request.workspace.slug, request.membership.may(Permission.BUILD_WORKFLOWS)
    return {
        "id": workflow.pk,
        "name": workflow.name,
        "tags": workflow.tags,
        "is_enabled": workflow.is_enabled,
        "is_draft": workflow.live_id != workflow.latest_id,
        "has_live": workflow.live_id is not None,
        "failing_since": workflow.failing_since,
        "troubles": troubles(request, workflow),
        "may_build": may_build,
        "enabling_url": paths.page(slug, workflow.pk, "enabling"),
        "menu": menu(slug, workflow, may_build=may_build),
        "tabs": tabs(slug, workflow, tab, may_build=may_build),
    }


def troubles(request: WorkspaceRequest, workflow: Workflow) -> list[uses.Use]:
    """List the connections of a workflow that are not Active."""
    rows = listing.connections_of([workflow.pk]).get(workflow.pk, [])
    slug, membership = request.workspace.slug, request.membership
    found = [uses.shown(row, slug=slug, membership=membership) for row in rows]
    return [use for use in found if use.trouble]


def menu(slug: str, workflow: Workflow, *, may_build: bool) -> list[Link]:
    """List the acts on a workflow that stand behind the dots."""
    export = Link(paths.page(slug, workflow.pk, "export"), "Export", "download")
    if not may_build:
        return [export]
    return [
        Link(paths.page(slug, workflow.pk, "duplicate"), "Duplicate", "copy"),
        export,
        Link(paths.page(slug, workflow.pk, "remove"), "Remove", "remove", is_danger=True),
    ]


def tabs(slug: str, workflow: Workflow, current: str, *, may_build: bool) -> list[Tab]:
    """List the pages of a workflow that this member may open."""
    urls = {name: paths.page(slug, workflow.pk, name) for name in TABS if name != "runs"}
    urls["runs"] = paths.runs_of(slug, workflow.pk)
    return [
        Tab(urls[name], label, name == current)
        for name, label in TABS.items()
        if name != "settings" or may_build
    ]
