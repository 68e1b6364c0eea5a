"""What this app tells the registries of the apps below: uses, deliveries, status, retention."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse

from connections import runs, signals, usage
from connections.inbound import answering, handing
from workflows import connected, demo, lifecycle, references, tasks
from workflows.models import Workflow
from workflows.runs import answers, forgetting, holding
from workflows.triggers import webhook
from workspaces import departures, first_steps, retention
from workspaces.first_steps import Step

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connections.models import Connection, Delivery
    from workspaces.audit import Actor
    from workspaces.models import User, Workspace


def register() -> None:
    """Fill the registries."""
    usage.register(find=references.find, count=references.count, move_path=_move_path)
    runs.register(stopped=connected.stopped, uses=connected.uses, started=connected.started)
    handing.on_delivery(_start)
    answering.register(answers.look)
    signals.on_status_changed(_go_on)
    signals.on_removed(_fail)
    signals.on_demo_made(_fill_demo)
    retention.register("runs", forgetting.past)
    departures.on_deletion(lifecycle.stop_all)
    first_steps.register(_BUILD)


def _move_path(connection: Connection) -> str:
    where = {"slug": connection.workspace.slug, "connection_id": connection.pk}
    return reverse("workflows:moving", kwargs=where)


def _fill_demo(workspace: Workspace, connections: Mapping[str, Connection], actor: User) -> None:
    demo.make(workspace, connections, actor=actor)
    tasks.announce()


def _start(delivery: Delivery) -> None:
    if webhook.hear(delivery):
        tasks.announce()


def _go_on(connection: Connection, _before: str, after: str) -> None:
    if holding.is_over(after) and holding.go_on(connection):
        tasks.announce()


def _fail(connection: Connection, _actor: Actor) -> None:
    """Let the runs that wait for a removed connection go on, to say who removed it."""
    if holding.go_on(connection):
        tasks.announce()


def _has_steps(workspace: Workspace) -> bool:
    """Whether somebody built a workflow, which is more than its trigger."""
    rows = Workflow.objects.present().filter(workspace=workspace)
    return bool(rows.filter(latest__definition__nodes__1__isnull=False).exists())


_BUILD = Step(
    order=20,
    title="Build a workflow",
    text="Say what starts it, and put steps behind that: each acts through a connection.",
    label="New workflow",
    url_name="workflows:new",
    is_done=_has_steps,
)
