"""What templates show of approvals: words, links and rights, with no queries left to make."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.urls import reverse

from connections.views.framing import Tab
from connections.views.showing import ShownStatus
from spojit.lib import clock
from workflows import approvals as domain
from workflows.models import Decision
from workflows.nodes import asking
from workspaces.roles import Permission

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from workflows.models import Approval
    from workspaces.access import WorkspaceRequest
    from workspaces.models import Membership

WITHHELD = "Not shown: it may hold what a private connection gave."
MOST_EXCERPT = 160
_KINDS = {Decision.APPROVED: "accepted", Decision.REJECTED: "refused", Decision.EXPIRED: "refused"}


@dataclass(frozen=True, slots=True)
class Row:
    """One question in the list."""

    url: str
    workflow: str
    step: str
    excerpt: str
    is_withheld: bool
    status: ShownStatus
    asked_at: datetime
    deadline_at: datetime
    decided_at: datetime | None
    decided_by: str


def first_tab(membership: Membership) -> str:
    """Say what the inbox shows first: what waits for this member, if anything can."""
    return "mine" if membership.may(Permission.BUILD_WORKFLOWS) else "all"


def tabs(request: WorkspaceRequest, shows: Mapping[str, str], current: str) -> list[Tab]:
    """Make the tabs of the inbox; who cannot decide has none of their own."""
    base = reverse("workflows:approvals", args=[request.workspace.slug])
    may_decide = request.membership.may(Permission.BUILD_WORKFLOWS)
    return [
        Tab(f"{base}?{urlencode({'show': show})}", label, show == current)
        for show, label in shows.items()
        if show != "mine" or may_decide
    ]


def rows(membership: Membership, approvals: Sequence[Approval]) -> list[Row]:
    """Show approvals whose run and workflow are loaded."""
    withheld = domain.withheld(membership, approvals)
    slug = membership.workspace.slug
    return [_row(slug, one, is_withheld=one.pk in withheld) for one in approvals]


def context(request: WorkspaceRequest, approval: Approval, *, may_decide: bool) -> dict[str, Any]:
    """Give what the page of one approval shows."""
    is_withheld = not may_decide and bool(domain.withheld(request.membership, [approval]))
    row, is_open = (
        _row(request.workspace.slug, approval, is_withheld=is_withheld),
        _is_open(approval),
    )
    return {
        "approval": row,
        "message": WITHHELD if is_withheld else approval.message,
        "note": approval.note,
        "run_url": approval.run.get_absolute_url(),
        "may_decide": may_decide and is_open,
        "is_open": is_open,
        "asked": [str(user) for user in _people(approval)] if is_open else [],
    }


def _people(approval: Approval) -> list[Any]:
    return asking.people(approval.workspace_id, approval.approvers)


def _row(slug: str, approval: Approval, *, is_withheld: bool) -> Row:
    words = " ".join(approval.message[: 2 * MOST_EXCERPT].split())
    return Row(
        url=reverse("workflows:approval", args=[slug, approval.pk]),
        workflow=approval.run.workflow.name,
        step=approval.node_name,
        excerpt=WITHHELD if is_withheld else _cut(words),
        is_withheld=is_withheld,
        status=_status(approval),
        asked_at=approval.created_at,
        deadline_at=approval.deadline_at,
        decided_at=approval.decided_at,
        decided_by=approval.decided_by_name,
    )


def _cut(words: str) -> str:
    return words if len(words) <= MOST_EXCERPT else f"{words[:MOST_EXCERPT]}…"


def _is_open(approval: Approval) -> bool:
    is_in_time = approval.deadline_at > clock.now()
    return not approval.decision and not approval.run.is_finished and is_in_time


def _status(approval: Approval) -> ShownStatus:
    if approval.decision == Decision.EXPIRED:
        return ShownStatus("refused", "Rejected", "Nobody decided in time")
    if approval.decision:
        decision = Decision(approval.decision)
        return ShownStatus(_KINDS[decision], decision.label)
    if approval.run.is_finished:
        return ShownStatus("cancelled", "Not needed", "The run ended before")
    if not _is_open(approval):
        return ShownStatus("refused", "Rejected", "Nobody decided in time")
    return ShownStatus("waiting", "Waiting")
