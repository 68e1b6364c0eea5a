"""What can be added at a place of the canvas, and what can be done with one step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from workflows import drafts
from workflows.definition import editing, parts, read
from workflows.views import finding
from workflows.views.designer import showing
from workflows.views.designer.kinds import KINDS, output_label
from workflows.views.panel import offering
from workspaces.access import WorkspaceRequest, requires
from workspaces.roles import Permission

if TYPE_CHECKING:
    import uuid

    from workflows.definition import Graph, Node
    from workflows.drafts import Draft


@require_safe
@requires(Permission.BUILD_WORKFLOWS)
def palette(request: WorkspaceRequest, *, workflow_id: uuid.UUID) -> HttpResponse:
    """Offer kinds of steps and connectors for a place; `q` narrows both."""
    workflow = finding.workflow(request, workflow_id)
    graph, _ = read(drafts.of(workflow).definition)
    after, output = request.GET.get("after", ""), request.GET.get("output", "")
    search = " ".join(request.GET.get("q", "").split())
    context = {
        "kinds": _kinds(graph, after, output, search),
        "connectors": offering.connectors(request, search) if graph.triggers else [],
        "after": after,
        "output": output,
        "place": _place(graph, after, output),
        "search": search,
        "urls": showing.addresses(request.workspace.slug, workflow.pk),
    }
    is_list = request.htmx.target == "palette-list"  # type: ignore[attr-defined]
    template = "_palette_list" if is_list else "_palette"
    return render(request, f"workflows/designer/{template}.html", context)


@require_safe
@requires(Permission.BUILD_WORKFLOWS)
def acts(request: WorkspaceRequest, *, workflow_id: uuid.UUID, node_id: str) -> HttpResponse:
    """Offer what can be done with one step: duplicate, remove, move, lead its wires elsewhere."""
    workflow = finding.workflow(request, workflow_id)
    draft = drafts.of(workflow)
    graph, _ = read(draft.definition)
    node = graph.by_id.get(node_id)
    if node is None:
        raise Http404
    context = {
        "node": node,
        "draft": draft,
        "goes_with": _goes_with(draft, graph, node_id),
        "outputs": _outputs(draft, graph, node),
        "places": _places(draft, graph, node),
        "is_only_trigger": node.kind == "trigger" and len(graph.triggers) == 1,
        "can_repeat": node.kind not in {"trigger", "response"},
        "urls": showing.addresses(request.workspace.slug, workflow.pk),
    }
    return render(request, "workflows/designer/_acts.html", context)


def _kinds(graph: Graph, after: str, output: str, search: str) -> list[Any]:
    """List the kinds that fit a place; a workflow without a trigger wants that first."""
    if not graph.triggers:
        return [KINDS["trigger"]]
    is_end = not graph.after(after, output)
    words = search.casefold().split()
    left_out = {"trigger", "connector"} | (set() if is_end else {"response"})
    fitting = [kind for kind in KINDS.values() if kind.key not in left_out]
    return [
        kind
        for kind in fitting
        if all(word in f"{kind.label} {kind.summary}".casefold() for word in words)
    ]


def _place(graph: Graph, after: str, output: str) -> str:
    """Say where, such as `between Start and Orders`."""
    begin, end = graph.by_id.get(after), graph.by_id.get(graph.after(after, output) or "")
    if begin is None:
        return ""
    if end is not None:
        return f"between {begin.name} and {end.name}"
    words = "" if begin.outputs == ("next",) else f" ({output_label(output)})"
    return f"after {begin.name}{words}"


def _goes_with(draft: Draft, graph: Graph, node_id: str) -> list[str]:
    ids = editing.goes_with(draft.definition, node_id=node_id)
    return [graph.by_id[one].name for one in ids if one in graph.by_id]


def _outputs(draft: Draft, graph: Graph, node: Node) -> list[dict[str, Any]]:
    """List the outputs of a step with where each can lead: to whatever does not lead to it."""
    before = _leading_to(draft, node.id)
    names = dict.fromkeys([*node.outputs, *(w.output for w in graph.leaving.get(node.id, ()))])
    return [
        {
            "name": name,
            "label": output_label(name),
            "targets": [
                {"id": one.id, "name": one.name, "is_chosen": graph.after(node.id, name) == one.id}
                for one in graph.nodes
                if one.kind != "trigger" and one.id not in before
            ],
        }
        for name in names
    ]


def _places(draft: Draft, graph: Graph, node: Node) -> list[dict[str, str]]:
    """List where a step can be moved to: behind any step but itself and what it holds."""
    if node.kind == "trigger":
        return []
    whole = parts.take_apart(draft.definition)
    onward = parts.ONWARD.get(node.kind, "next")
    whole.cut(node.id, onward)
    held = whole.reached([node.id])
    return [
        {"value": f"{one.id}.{output}", "label": f"{one.name}{_words(one, output)}"}
        for one in graph.nodes
        if one.id not in held
        for output in one.outputs
        if graph.after(one.id, output) != node.id
        and (node.kind != "response" or not graph.after(one.id, output))
    ]


def _words(node: Node, output: str) -> str:
    return "" if node.outputs == ("next",) else f" · {output_label(output)}"


def _leading_to(draft: Draft, node_id: str) -> set[str]:
    """Return the IDs of all steps that lead to one, and its own."""
    whole = parts.take_apart(draft.definition)
    return {one for one in whole.ids() if node_id in whole.reached([one])}
