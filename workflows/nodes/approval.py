"""Approval: waits until somebody approves or rejects, or the deadline passes."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from spojit.lib import clock, redaction
from workflows import filters
from workflows.definition import settings as kinds
from workflows.engine.results import Done, Waits
from workflows.models import Decision
from workflows.nodes import asking

if TYPE_CHECKING:
    from workflows.engine.visit import Visit
    from workflows.models import Approval

LONGEST_MESSAGE = 10_000


def run(visit: Visit) -> Done:
    """Ask once, then go on at `approved` or `rejected` with who decided it, and when."""
    settings = visit.node.settings
    assert isinstance(settings, kinds.Approval)
    approval = asking.find(visit.journal.owner, visit.place) or _asked(visit, settings)
    visit.facts.shown_input = {"message": approval.message}
    if not approval.decision and approval.deadline_at <= clock.now():
        approval = asking.expire(approval)
    if not approval.decision:
        waits = Waits(approval.deadline_at, "approval", waits_for_id=approval.pk)
        waits.is_written = visit.entry is not None
        raise waits
    is_approved = approval.decision == Decision.APPROVED
    return Done(_value(approval), output="approved" if is_approved else "rejected")


def _asked(visit: Visit, settings: kinds.Approval) -> Approval:
    filled = visit.scope.fill([settings.message, [str(one) for one in settings.approvers]])
    return asking.ask(
        visit.journal.owner,
        place=visit.place,
        node_name=visit.node.name,
        message=redaction.redact(_text(filled[0])).strip()[:LONGEST_MESSAGE],
        approvers=[_text(one).strip() for one in filled[1]],
        deadline_at=visit.started_at + timedelta(seconds=settings.deadline_seconds),
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else filters.to_json(value)


def _value(approval: Approval) -> dict[str, Any]:
    return {
        "approved": approval.decision == Decision.APPROVED,
        "by": approval.decided_by_name,
        "note": approval.note,
        "at": approval.decided_at and approval.decided_at.isoformat(),
        "expired": approval.decision == Decision.EXPIRED,
    }
