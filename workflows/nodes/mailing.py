"""What a mail of a workflow needs to know: who are members here, and from where it comes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings

from spojit.lib import limits
from spojit.lib.limits import TooMany
from workflows.engine.results import Failed
from workflows.models import Run
from workspaces import isolation
from workspaces.models import Membership

if TYPE_CHECKING:
    import uuid
    from collections.abc import Collection, Mapping

    from workflows.engine.journal import Owner

HOUR_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class Sender:
    """Where a mail comes from.

    Attributes:
        footer: says so, below each mail.
        workflow_name: stands for a subject that came to nothing.
        addresses: the members', by how they compare.
    """

    footer: str
    workflow_name: str
    addresses: Mapping[str, str]


def sender(owner: Owner) -> Sender:
    """Read who sends, and who may get it."""
    with isolation.workspace(owner.workspace_id):
        run = Run.objects.select_related("workflow", "workspace").get(pk=owner.run_id)
        members = Membership.objects.filter(workspace_id=owner.workspace_id, user__is_active=True)
        emails = list(members.values_list("user__email", flat=True))
    url = f"{settings.PUBLIC_URL}{run.get_absolute_url()}"
    told = f"Sent by the workflow {run.workflow.name} of {run.workspace.name}: {url}"
    return Sender(told, run.workflow.name, {email.casefold(): email for email in emails})


def count(workspace_id: uuid.UUID, to: Collection[str]) -> None:
    """Count mails against what a workspace may send in an hour. Raises: Failed."""
    most = settings.WORKFLOW_MAILS_AN_HOUR
    try:
        for _ in to:
            limits.take(f"workflow-mails:{workspace_id}", limit=most, seconds=HOUR_SECONDS)
    except TooMany:
        sentence = f"Workflows of this workspace have sent their {most} mails of this hour."
        raise Failed("too_many_mails", sentence) from None
