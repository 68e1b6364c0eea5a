"""What a workspace has that definitions may refer to, seen by whoever saves."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from connections import access
from connections.models import Connection
from connectors.registry import UnknownConnector
from workflows import listening
from workflows.definition import Graph, read
from workflows.definition.surroundings import KnownConnection, Surroundings
from workflows.models import Workflow
from workflows.references import is_id, used
from workspaces.models import Membership
from workspaces.roles import Permission

if TYPE_CHECKING:
    import uuid
    from collections.abc import Collection, Mapping

    from workflows.definition import Node
    from workspaces.audit import Actor


def around(
    workspace_id: uuid.UUID,
    *,
    workflow: Workflow | None,
    actor: Actor,
    definitions: Collection[Any] | None = None,
) -> Surroundings:
    """Look around in the workspace's scope.

    Args:
        workspace_id: whose connections and workflows count.
        workflow: the one that is saved; a step of its live or latest version may stay as it is.
        actor: who saves; the system may bind everything.
        definitions: look only at the connections that these name, not at all there are.
    """
    connections = _connections(workspace_id, definitions)
    membership = _membership(workspace_id, actor)
    others = Workflow.objects.present().filter(workspace_id=workspace_id)
    if workflow is not None:
        others = others.exclude(pk=workflow.pk)
    members = _members(workspace_id)
    return Surroundings(
        connections={
            str(row.pk): _known(row, membership) for row in connections if row.removed_at is None
        },
        removed={str(row.pk): row.name for row in connections if row.removed_at is not None},
        workflows={str(pk): name for pk, name in others.values_list("pk", "name")},
        bound_before=_bound(workflow),
        **_people(members),
        waited_for=listening.waited_for(except_for=workflow),
    )


def beside(found: Surroundings, *, workflow: Workflow) -> Surroundings:
    """Narrow what is around no workflow in particular to what is around this one."""
    others = {pk: name for pk, name in found.workflows.items() if pk != str(workflow.pk)}
    waited = {pk: name for pk, name in found.waited_for.items() if name != workflow.name}
    return replace(found, workflows=others, waited_for=waited, bound_before=_bound(workflow))


def around_step(workflow: Workflow, *, node: Node, membership: Membership) -> Surroundings:
    """Look around for one step alone, in the workspace's scope: at what its kind refers to.

    Args:
        workflow: whose draft the step is in, with its versions.
        node: the step.
        membership: of whoever looks.
    """
    named = [place[1] for place, _ in used(Graph((node,), ()))]
    ids = [one for one in named if is_id(one)]
    owned = Connection.objects.select_related("owner")
    rows = owned.filter(workspace_id=workflow.workspace_id, pk__in=ids) if ids else ()
    kind, members = node.kind, []
    if kind in {"approval", "email"}:
        members = _members(workflow.workspace_id)
    others = Workflow.objects.present().filter(workspace_id=workflow.workspace_id)
    return Surroundings(
        connections={str(row.pk): _known(row, membership) for row in rows if not row.removed_at},
        removed={str(row.pk): row.name for row in rows if row.removed_at},
        workflows={
            str(pk): name for pk, name in others.exclude(pk=workflow.pk).values_list("pk", "name")
        }
        if kind == "sub_workflow"
        else {},
        bound_before=_bound(workflow),
        **_people(members),
        waited_for=listening.waited_for(except_for=workflow) if kind == "trigger" else {},
    )


def _people(members: Collection[Membership]) -> dict[str, Any]:
    deciding = [row for row in members if row.may(Permission.BUILD_WORKFLOWS)]
    return {
        "approvers": {str(row.user_id): str(row.user) for row in deciding},
        "addresses": frozenset(row.user.email.casefold() for row in members),
    }


def _members(workspace_id: uuid.UUID) -> list[Membership]:
    rows = Membership.objects.filter(workspace_id=workspace_id, user__is_active=True)
    return list(rows.select_related("user").order_by("joined_at", "pk"))


def _connections(workspace_id: uuid.UUID, definitions: Collection[Any] | None) -> list[Connection]:
    rows = Connection.objects.select_related("owner").filter(workspace_id=workspace_id)
    if definitions is None:
        return list(rows)
    named = {place[1] for one in definitions for place, _ in used(read(one)[0])}
    return list(rows.filter(pk__in=[one for one in named if is_id(one)]))


def _membership(workspace_id: uuid.UUID, actor: Actor) -> Membership | None:
    if actor.id is None:
        return None
    rows = Membership.objects.filter(workspace_id=workspace_id, user_id=actor.id)
    found: Membership = rows.get()
    return found


def _known(row: Connection, membership: Membership | None) -> KnownConnection:
    return KnownConnection(
        id=str(row.pk),
        name=access.shown_name(membership, row) if membership else row.name,
        connector_key=row.connector_id,
        is_inbound=_is_inbound(row),
        scopes=None if row.scopes is None else frozenset(row.scopes),
        may_bind=membership is None or access.may_use(membership, row),
    )


def _is_inbound(row: Connection) -> bool:
    try:
        return row.manifest_scheme.is_inbound
    except UnknownConnector:
        return False


def _bound(workflow: Workflow | None) -> dict[str, list[Mapping[str, Any]]]:
    found: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for version in (workflow.live, workflow.latest) if workflow else ():
        if version is not None:
            for node in read(version.definition)[0].nodes:
                found[node.id].append(node.given)
    return dict(found)
