"""The panel itself: a GET shows a step's settings, a POST stores them in the draft."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods
from django_htmx.http import trigger_client_event

from spojit.lib.errors import Refused
from workflows import drafts
from workflows.definition import editing
from workflows.drafts import Overtaken
from workflows.forms.steps.connecting import ConnectorForm, connector_of, tool_of
from workflows.views.panel import finding, gone, offering, showing
from workspaces.access import WorkspaceRequest, requires
from workspaces.roles import Permission

if TYPE_CHECKING:
    import uuid

    from django.http import HttpResponse

    from workflows.forms.steps.base import StepForm
    from workflows.views.panel.finding import Chosen

UNREADABLE = 422


@require_http_methods(["GET", "HEAD", "POST"])
@gone.told
@requires(Permission.SEE)
def panel(request: WorkspaceRequest, *, workflow_id: uuid.UUID, node_id: str) -> HttpResponse:
    """Show a step of the draft, or store what was changed; what is missing is no reason not to."""
    if request.method != "POST":
        found = finding.chosen(request, workflow_id, node_id)
        tab = request.GET.get("tab", "settings")
        tab = tab if tab in showing.TABS else "settings"
        return showing.answer(request, found, showing.form(request, found), tab=tab)
    found = finding.editable(request, workflow_id, node_id)
    form = showing.form(request, found, request.POST)
    if not form.is_valid():
        return showing.answer(request, found, form, status=UNREADABLE)
    return _stored(request, found, form)


def _stored(request: WorkspaceRequest, found: Chosen, form: StepForm) -> HttpResponse:
    try:
        settings = _settled(request, found, form)
        finding.refuse_private(request, found.node.given, settings)
        store(request, found, name=form.step_name, settings=settings)
    except Overtaken as overtaken:
        return _overtaken(request, found, form, overtaken)
    except Refused as refused:
        form.add_error(None, f"{refused.message} {refused.hint}".strip())
        return showing.answer(request, found, form, status=UNREADABLE)
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect(request.path)
    return shown_anew(request, found)


def store(request: WorkspaceRequest, found: Chosen, *, name: str, settings: dict[str, Any]) -> None:
    """Put name and settings of the step into the draft. Raises: Overtaken and other refusals."""
    node_id = found.node.id

    def change(definition: Any) -> Any:
        changed = editing.set_settings(definition, node_id=node_id, settings=settings)
        if name != found.node.name:
            changed = editing.rename(changed, node_id=node_id, name=name)
        return changed

    based_on = request.POST.get("keep") or request.POST.get("based_on", "")
    drafts.edit(
        found.workflow,
        change,
        said=f"Changed {name}",
        actor=request.actor,
        node_id=node_id,
        based_on=int(based_on) if based_on.isdecimal() else None,
    )


def shown_anew(request: WorkspaceRequest, found: Chosen) -> HttpResponse:
    """Show the step as it is now, and tell the designer that the draft is another one."""
    anew = finding.chosen(request, found.workflow.pk, found.node.id)
    answer = showing.answer(request, anew, showing.form(request, anew))
    return trigger_client_event(answer, "draft-changed")


def _settled(request: WorkspaceRequest, found: Chosen, form: StepForm) -> dict[str, Any]:
    """Return what was typed; what there is only one of is chosen along with its connector."""
    settings = form.settings
    if not isinstance(form, ConnectorForm) or settings.get("connector") == form.stored("connector"):
        return settings
    connector = connector_of(settings)
    if connector is None:
        return settings
    tool = tool_of(connector, settings)
    offers = offering.connections(request, found, connector, tool)
    usable = [one for one in offers if one.is_choosable and one.status]
    if len(usable) == 1 or (usable and usable[0].is_used_here):
        settings["connection_id"] = usable[0].value
    if len(connector.tools) == 1:
        settings["tool"] = connector.tools[0].key
    return settings


def _overtaken(
    request: WorkspaceRequest, found: Chosen, form: StepForm, overtaken: Overtaken
) -> HttpResponse:
    """Say who changed the step meanwhile, with what was typed, and ask whose is to stay."""
    labels = [setting.label for setting in form.lines + form.extras if _differs(form, setting.key)]
    number = request.POST.get("based_on", "")
    told = {"sentence": overtaken.message, "fields": labels, "number": number}
    return showing.answer(request, found, form, status=UNREADABLE, overtaken=told)


def _differs(form: StepForm, key: str) -> bool:
    return any(key in (name, name.partition(":")[2]) for name in form.changed_data)
