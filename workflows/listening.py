"""Which workflows listen at which hooks: derived from live versions, kept with the hooks.

At most one enabled workflow is the one that the senders of a webhook connection wait for.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from connections.inbound import listeners
from connections.inbound.listeners import Listener
from spojit.lib.errors import Refused
from workflows.definition import read, settings as kinds
from workflows.models import Workflow

if TYPE_CHECKING:
    from workflows.definition.settings import FromWebhook, Manual, Scheduled


class WaitedForAlready(Refused):
    """Whoever sends to its webhook connection waits for another workflow."""

    code = "waited_for_already"
    hint = "Let this one answer at once, or disable the other one first."


def derive(workflow: Workflow) -> None:
    """Let a workflow listen where its live version's trigger says, while it is enabled.

    In the scope, under the row's lock.

    Raises:
        WaitedForAlready: by name; nothing was changed.
    """
    start = live_start(workflow) if workflow.is_enabled else None
    if not isinstance(start, kinds.FromWebhook):
        stop(workflow)
        return
    listener = Listener(workflow.pk, start.waits_seconds)
    try:
        listeners.put(listener, connection_id=uuid.UUID(start.connection_id))
    except listeners.WaitedForAlready as refusal:
        other = Workflow.objects.get(pk=refusal.listener_id)
        sentence = f"Whoever sends to its webhook waits for {other.name} already."
        raise WaitedForAlready(sentence) from None


def stop(workflow: Workflow) -> None:
    """Let it listen nowhere, in the scope: it is disabled, deleted, or started otherwise."""
    listeners.put(Listener(workflow.pk), connection_id=None)


def waited_for(*, except_for: Workflow | None) -> dict[str, str]:
    """Name the workflow that senders wait for, by the ID of the webhook connection; in the scope.

    Args:
        except_for: the workflow whose own trigger is asked about.
    """
    found = listeners.waited_for()
    rows = Workflow.objects.filter(pk__in=set(found.values()) - {except_for and except_for.pk})
    names = dict(rows.values_list("pk", "name"))
    return {str(key): names[pk] for key, pk in found.items() if pk in names}


def live_start(workflow: Workflow) -> Manual | FromWebhook | Scheduled | None:
    """Read how a workflow's live version is started; None when nothing of it is live."""
    if workflow.live is None or workflow.removed_at is not None:
        return None
    trigger = read(workflow.live.definition)[0].triggers[0].settings
    assert isinstance(trigger, kinds.Trigger)
    return trigger.start
