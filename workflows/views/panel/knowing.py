"""What the panel knows beside the draft: names in scope with the last run's values, choices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connections import access
from connections.models import Connection
from workflows import trying
from workflows.definition import names
from workflows.definition.graph import TRIGGER
from workflows.forms.steps.lines import Choices, Offer
from workflows.models import Workflow
from workspaces.models import Membership
from workspaces.roles import Permission

if TYPE_CHECKING:
    from workflows.definition.names import Name, Path
    from workflows.trying import LastStep, Pinned
    from workflows.views.panel.finding import Chosen
    from workspaces.access import WorkspaceRequest

MOST_PATHS = 400
MOST_LOOKED_AT = 40


@dataclass(frozen=True, slots=True)
class Known:
    """A name in scope, what stands under it, and where that comes from."""

    name: str
    title: str
    paths: list[Path]
    source: str = ""
    is_hidden: bool = False


@dataclass(frozen=True, slots=True)
class Knowledge:
    """Everything around one step."""

    names: list[Known]
    last: LastStep | None
    pin: Pinned | None

    @property
    def samples(self) -> dict[str, str]:
        """What each path had in the last run."""
        return {path.path: path.sample for known in self.names for path in known.paths}


def of(request: WorkspaceRequest, found: Chosen) -> Knowledge:
    """Look at the last runs and pins, for the step and the nearest ones before it."""
    in_scope = names.at(found.graph, found.node.id)
    wanted = list(dict.fromkeys(one.node_id for one in in_scope))[:MOST_LOOKED_AT]
    membership = request.membership
    last = trying.last_shown_of(
        found.workflow, found.graph, [*wanted, found.node.id], membership=membership
    )
    pins = trying.pinned(found.workflow, membership=membership, graph=found.graph)
    listed: list[Known] = []
    left = MOST_PATHS
    for name in in_scope:
        known = _known(found, name, last.get(name.node_id), pins.get(name.node_id), left)
        left -= len(known.paths)
        listed.append(known)
    listed.append(Known("run, workflow", "Facts of the run", names.always()))
    return Knowledge(listed, last.get(found.node.id), pins.get(found.node.id))


def choices(request: WorkspaceRequest, found: Chosen) -> Choices:
    """Look up what the form of this kind chooses from, and nothing else."""
    kind = found.node.kind
    if kind == TRIGGER:
        return Choices(hooks=_hooks(request, found))
    if kind == "sub_workflow":
        return Choices(workflows=_workflows(request, found))
    if kind in {"approval", "email"}:
        return _people(request)
    return Choices()


def _known(
    found: Chosen, name: Name, last: LastStep | None, pin: Pinned | None, left: int
) -> Known:
    node = found.graph.by_id[name.node_id]
    told = names.promised(name.name, node) if not name.is_item else [names.Path(name.name, "")]
    source, is_hidden = "", False
    if pin is not None and not name.is_item:
        is_hidden, source = pin.is_hidden, "pinned"
        told = told if is_hidden else names.into(name.name, pin.data)
    elif last is not None and not name.is_item:
        is_hidden, source = last.is_hidden, "last run"
        if not is_hidden and last.status == "completed":
            told = names.into(name.name, last.output)
    return Known(name.name, name.title, told[: max(left, 1)], source, is_hidden)


def _hooks(request: WorkspaceRequest, found: Chosen) -> tuple[Offer, ...]:
    rows = Connection.objects.present().filter(workspace_id=request.workspace.pk)
    inbound = rows.filter(scheme__startswith="webhook").select_related("owner")
    usable = [
        row
        for row in inbound
        if access.may_use(request.membership, row) or (found.bound and row.pk == found.bound.pk)
    ]
    usable.sort(key=lambda row: str(row.name).casefold())
    return tuple(Offer(str(row.pk), access.shown_name(request.membership, row)) for row in usable)


def _workflows(request: WorkspaceRequest, found: Chosen) -> tuple[Offer, ...]:
    rows = Workflow.objects.present().filter(workspace_id=request.workspace.pk)
    others = rows.exclude(pk=found.workflow.pk).order_by("name").values_list("pk", "name")
    return tuple(Offer(str(pk), name) for pk, name in others)


def _people(request: WorkspaceRequest) -> Choices:
    rows = Membership.objects.filter(workspace=request.workspace).select_related("user")
    found: list[Any] = sorted(rows, key=lambda row: str(row.user).casefold())
    deciding = [row for row in found if row.may(Permission.BUILD_WORKFLOWS)]
    return Choices(
        members=tuple(Offer(str(row.user_id), str(row.user)) for row in deciding),
        addresses=tuple(Offer(row.user.email, f"{row.user} · {row.user.email}") for row in found),
    )
