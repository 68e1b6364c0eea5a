"""One of everything that an address speaks of, in a workspace with people of every role."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from connections.models import Call, Connection, Delivery
from spojit.lib import clock
from spojit.lib.ids import NOBODY
from tests.factories import Cast, make_cast, make_connection, make_member, scope, signed_in
from tests.workflows.graphs import definition, node
from workflows import lifecycle
from workflows.models import Approval, Run, Step, TriggerKind
from workflows.runs import starting
from workspaces import invitations
from workspaces.models import Invitation, Membership, User

if TYPE_CHECKING:
    from django.test import Client

    from workflows.models import Workflow


@dataclass
class Scene:
    """The cast, ben, and one of everything that an address speaks of."""

    cast: Cast
    ben: User
    connection: Connection
    webhook: Connection
    delivery: Delivery
    call: Call
    invitation: Invitation
    membership: Membership
    workflow: Workflow

    @property
    def mallory(self) -> Client:
        return signed_in(self.cast.mallory)

    def people(self) -> dict[str, User]:
        cast = self.cast
        found = {person.name.lower(): person for person in cast.by_role().values()}
        return {**found, "ben": self.ben}


def make_scene(*, private: bool = False) -> Scene:
    cast = make_cast()
    ben = make_member(cast.workspace, name="Ben").user
    connection = make_connection(
        cast.workspace, connector_key="github", actor=cast.bob, is_private=private
    )
    webhook = make_connection(
        cast.workspace,
        connector_key="spojit_webhook",
        scheme="webhook",
        values={"signing_secret": "our-signing-secret-0123456789abcdef"},
        actor=cast.bob,
        is_private=private,
    )
    address = f"zoe@{cast.workspace.slug}.example.com"  # one address gets few invitations an hour
    invitation = invitations.invite(cast.workspace, email=address, role="viewer", actor=cast.alice)
    with scope(cast.workspace):
        call = Call.objects.create(
            workspace=cast.workspace,
            connection=connection,
            connector_key="github",
            tool="request",
            actor_id=cast.bob.pk,
            actor_name="Bob",
            arguments_sealed=b"",
        )
        delivery = Delivery.objects.create(
            workspace=cast.workspace,
            connection=webhook,
            verdict="refused",
            reason="no_secret",
            size=2,
        )
        membership = Membership.objects.get(user=cast.vera)
    greet = make_workflow(cast, connection)
    return Scene(cast, ben, connection, webhook, delivery, call, invitation, membership, greet)


def make_workflow(cast: Cast, connection: Connection) -> Workflow:
    """Make bob's workflow, which reads a repository through the connection; it is not enabled."""
    settings = {
        "connector": "github",
        "connection_id": str(connection.pk),
        "tool": "request",
        "arguments": {"method": "GET", "path": "/user"},
    }
    nodes = [node("start", "trigger"), node("fetch", "connector", **settings)]
    return lifecycle.create(
        cast.workspace, name="Greet", actor=cast.bob, definition=definition(nodes, "start > fetch")
    )


def no_arguments(_scene: Scene) -> dict[str, Any]:
    return {}


def of_connection(scene: Scene) -> dict[str, Any]:
    return {"connection_id": scene.connection.pk}


def of_webhook(scene: Scene) -> dict[str, Any]:
    return {"connection_id": scene.webhook.pk}


def of_delivery(scene: Scene) -> dict[str, Any]:
    return {"connection_id": scene.webhook.pk, "delivery_id": scene.delivery.pk}


def of_connector(_scene: Scene) -> dict[str, Any]:
    return {"key": "github"}


def of_oauth_app(_scene: Scene) -> dict[str, Any]:
    return {"key": "github", "scheme": "oauth2"}


def of_tool(_scene: Scene) -> dict[str, Any]:
    return {"key": "github", "tool_key": "request"}


def of_call(scene: Scene) -> dict[str, Any]:
    return {"key": "github", "tool_key": scene.call.tool, "call_id": scene.call.pk}


def of_membership(scene: Scene) -> dict[str, Any]:
    return {"membership_id": scene.membership.pk}


def of_workflow(scene: Scene) -> dict[str, Any]:
    return {"workflow_id": scene.workflow.pk}


def of_version(scene: Scene) -> dict[str, Any]:
    return {**of_workflow(scene), "number": 1}


def of_step(scene: Scene) -> dict[str, Any]:
    return {"workflow_id": scene.workflow.pk, "node_id": "fetch"}


def of_try(scene: Scene) -> dict[str, Any]:
    return {**of_step(scene), "run_id": NOBODY}


def of_invitation(scene: Scene) -> dict[str, Any]:
    return {"invitation_id": scene.invitation.pk}


def of_approval(scene: Scene) -> dict[str, Any]:
    """Ask the admins something in a run of the workflow, once a scene."""
    with scope(scene.cast.workspace):
        asked = Approval.objects.first() or make_approval(scene.workflow)
        return {"approval_id": asked.pk}


def of_run(scene: Scene) -> dict[str, Any]:
    """Name a run of the workflow that failed at a step through the connection."""
    with scope(scene.cast.workspace):
        run = Run.objects.filter(status="failed").first() or make_failed_run(scene)
        return {"run_id": run.pk}


def make_failed_run(scene: Scene) -> Run:
    """Make a run that the connection let down."""
    now, workflow = clock.now(), scene.workflow
    place = {"node_id": "fetch", "node_name": "Fetch", "kind": "connector", "tool": "request"}
    assert workflow.latest_id is not None
    kind = TriggerKind.MANUAL
    run = starting.write(workflow, workflow.latest_id, trigger=kind, data={})
    Run.objects.filter(pk=run.pk).update(
        status="failed",
        started_at=now,
        finished_at=now,
        due_at=None,
        error_node_id="fetch",
        error_outcome="credentials_refused",
        error_connection_id=scene.connection.pk,
    )
    Step.objects.create(
        workspace=workflow.workspace,
        run=run,
        place="fetch",
        status="failed",
        outcome="credentials_refused",
        started_at=now,
        finished_at=now,
        shown_input={"path": "/given"},
        connection_id=scene.connection.pk,
        connection_name=scene.connection.name,
        **place,
    )
    return run


def of_progress(scene: Scene) -> dict[str, Any]:
    """Name the run of the workflow that waits for the admins."""
    asked = of_approval(scene)["approval_id"]
    with scope(scene.cast.workspace):
        return {**of_workflow(scene), "run_id": Approval.objects.get(pk=asked).run_id}


def make_approval(workflow: Workflow) -> Approval:
    """Make a run that waits for the admins' approval."""
    later = clock.now() + timedelta(hours=1)
    fields = {"workspace": workflow.workspace, "deadline_at": later}
    run = Run.objects.create(
        workspace=workflow.workspace,
        workflow=workflow,
        version=workflow.latest,
        trigger="manual",
        status="waiting",
        waits_for="approval",
        due_at=later,
    )
    asked: Approval = Approval.objects.create(
        run=run, place="ask", node_name="Ask", message="May I?", **fields
    )
    return asked
