"""What the panel's templates show: the step's head, its form, problems, connections, output."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError
from django.shortcuts import render
from django.urls import reverse

from connections.views import showing
from connections.views.framing import Tab
from spojit.lib import clock
from spojit.lib.ids import NOBODY
from workflows import surroundings
from workflows.definition import settings as kinds
from workflows.definition.validation import of_node
from workflows.forms.steps import FORMS
from workflows.forms.steps.connecting import ConnectorForm
from workflows.views import paths
from workflows.views.panel import finding, knowing, offering

if TYPE_CHECKING:
    import uuid
    from datetime import datetime

    from django.http import HttpResponse

    from workflows.definition import Problem
    from workflows.forms.steps.base import StepForm
    from workflows.views.panel.finding import Chosen
    from workflows.views.panel.knowing import Knowledge
    from workspaces.access import WorkspaceRequest

TABS = {"settings": "Settings", "input": "Input", "output": "Output"}
KINDS = {
    "trigger": "Trigger",
    "connector": "Connector",
    "condition": "Condition",
    "loop": "Loop",
    "parallel": "Parallel",
    "transform": "Transform",
    "approval": "Approval",
    "sub_workflow": "Sub-workflow",
    "email": "E-mail",
    "response": "Response",
    "delay": "Delay",
}
NEXT_MOMENTS = 3
EFFECTS = {
    "read": "With pinned data, or the last run's.",
    "write": "It changes things, for real.",
    "destructive": "It may destroy things, for real.",
}
DEEDS = {
    "email": "It sends the mail, for real.",
    "approval": "It asks people, for real.",
    "sub_workflow": "It runs that workflow, for real.",
}


def form(request: WorkspaceRequest, found: Chosen, data: Any = None) -> StepForm:
    """Make the form of the step's kind."""
    return FORMS[found.node.kind](data, node=found.node, choices=knowing.choices(request, found))


def answer(
    request: WorkspaceRequest,
    found: Chosen,
    form: StepForm,
    *,
    status: int = 200,
    tab: str = "settings",
    **more: Any,
) -> HttpResponse:
    """Show the panel: a fragment for htmx, else a page of its own."""
    shown = context(request, found, form, tab=tab) | more
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "workflows/panel/_panel.html", shown, status=status)
    shown["designer_url"] = paths.page(request.workspace.slug, found.workflow.pk, "designer")
    return render(request, "workflows/panel/page.html", shown, status=status)


def context(
    request: WorkspaceRequest, found: Chosen, form: StepForm, *, tab: str
) -> dict[str, Any]:
    """Return all that the panel shows."""
    knowledge = knowing.of(request, found)
    left = form.tell(problems(request, found))
    form.sample(knowledge.samples)
    why_not = finding.why_not(request, found)
    return {
        "panel": {
            "tab": tab,
            "tabs": _tabs(request, found, tab),
            "url": url(request, found),
            "workflow": found.workflow,
            "node": found.node,
            "kind": KINDS[found.node.kind],
            "number": found.number,
            "why_not": why_not,
            "problems": left,
            "names": knowledge.names,
            "last": knowledge.last,
            "pin": knowledge.pin,
            "is_tried": found.node.kind not in {"trigger", "loop", "parallel"},
            "try_says": _try_says(found, form),
            **{f"{name}_url": url(request, found, name) for name in ("try", "pin", "binding")},
        },
        "form": form,
        "moments": moments(found),
        "pin_text": _pin_text(knowledge),
        **_connecting(request, found, form),
    }


def problems(request: WorkspaceRequest, found: Chosen) -> list[Problem]:
    """List what is wrong with the step."""
    around = surroundings.around_step(
        found.workflow, node=found.node, membership=request.membership
    )
    return of_node(found.graph, found.node, around, unread=found.unread)


def url(request: WorkspaceRequest, found: Chosen, name: str = "") -> str:
    """Return the address of the panel, or of one of its acts."""
    pattern = _pattern(request.workspace.slug, f"panel_{name}" if name else "panel")
    return pattern.replace(str(NOBODY), str(found.workflow.pk)).replace("-node-", found.node.id)


def try_url(request: WorkspaceRequest, found: Chosen, run_id: uuid.UUID) -> str:
    """Return the address at which a try of the step is asked after."""
    return f"{url(request, found, 'try')}{run_id}/"


def moments(found: Chosen) -> dict[str, Any]:
    """Say when a schedule comes next, and in words what its times are."""
    settings = found.node.settings
    start = settings.start if isinstance(settings, kinds.Trigger) else None
    if not isinstance(start, kinds.Scheduled) or not start.cron.strip():
        return {}
    try:
        times = CronSim(start.cron, clock.now().astimezone(ZoneInfo(start.time_zone)))
        return {
            "words": times.explain(),
            "zone": start.time_zone.replace("_", " "),
            "next": [_written(next(times)) for _ in range(NEXT_MOMENTS)],
        }
    except (CronSimError, StopIteration, ValueError, OSError, ZoneInfoNotFoundError):
        return {}


def _try_says(found: Chosen, form: StepForm) -> str:
    """Say what a try does to the world."""
    tool = form.tool if isinstance(form, ConnectorForm) else None
    if tool is not None:
        return EFFECTS[tool.effect]
    return DEEDS.get(found.node.kind, EFFECTS["read"])


def _written(moment: datetime) -> str:
    """Write a moment as the clock of its own zone shows it: templates would turn it into UTC."""
    return f"{moment:%a} {moment.day} {moment:%b %Y, %H:%M}"


def _pin_text(knowledge: Knowledge) -> str:
    """Write what is pinned, else what the last run gave, as far as all of it may be shown."""
    pin, last = knowledge.pin, knowledge.last
    if pin is not None:
        return "" if pin.is_hidden or pin.is_cut else _json(pin.data)
    if last is None or last.is_hidden or last.is_cut or last.status != "completed":
        return ""
    return _json(last.output)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def _connecting(request: WorkspaceRequest, found: Chosen, form: StepForm) -> dict[str, Any]:
    if not isinstance(form, ConnectorForm):
        return {}
    connector, tool = form.connector, form.tool
    if connector is None:
        return {"connectors": offering.connectors(request, ""), "search_url": _search(request)}
    slug = request.workspace.slug
    needs = connector.needs_connection
    offers = offering.connections(request, found, connector, tool) if needs != "none" else []
    other = offering.elsewhere(request, found)
    return {
        "connector": connector,
        "tool": tool,
        "tool_url": _tool_url(slug, connector.key, tool.key) if tool else "",
        "offers": offers,
        "needs_connection": needs,
        "chosen_offer": next((offer for offer in offers if offer.is_chosen), None),
        "elsewhere": sum(other.values()),
        "all_of_them": sum(other.values()) + 1,
        "search_url": _search(request),
        "arrival_url": url(request, found, "arrival"),
        "add_url": showing.add_page(slug, connector.key)
        if offering.may_connect(request) and connector.schemes
        else "",
    }


def _tabs(request: WorkspaceRequest, found: Chosen, current: str) -> list[Tab]:
    base = url(request, found)
    return [
        Tab(base if name == "settings" else f"{base}?tab={name}", label, name == current)
        for name, label in TABS.items()
    ]


def _search(request: WorkspaceRequest) -> str:
    return reverse("workflows:panel_connectors", args=[request.workspace.slug])


@lru_cache(maxsize=4096)
def _pattern(slug: str, name: str) -> str:
    where = {"slug": slug, "workflow_id": NOBODY, "node_id": "-node-"}
    return reverse(f"workflows:{name}", kwargs=where)


@lru_cache(maxsize=4096)
def _tool_url(slug: str, key: str, tool_key: str) -> str:
    return reverse("connectors:tool", args=[slug, key, tool_key])
