"""The audit log: filtered, paged, exported."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from spojit.lib import clock
from spojit.lib.cursors import Cursor
from workspaces import audit, audit_log
from workspaces.access import WorkspaceRequest, requires
from workspaces.audit_log import Narrowed
from workspaces.forms import AuditFilter
from workspaces.roles import Permission

if TYPE_CHECKING:
    from workspaces.models import AuditEvent


@require_safe
@requires(Permission.READ_AUDIT)
def log(request: WorkspaceRequest) -> HttpResponse:
    """Show a page of the log."""
    form = AuditFilter(request.GET)
    narrowed = _narrowed(form)
    before = Cursor.read(request.GET.get("before", ""))
    found = audit_log.page(request.workspace, narrowed, before=before)
    context = _context(request, form, narrowed) | {
        "rows": [_row(event) for event in found.rows],
        "older_url": _with(request, before=str(found.older)) if found.older else "",
        "newest_url": _with(request, before="") if before else "",
    }
    return render(request, "workspaces/audit.html", context, status=422 if form.errors else 200)


@require_safe
@requires(Permission.READ_AUDIT)
def export(request: WorkspaceRequest) -> StreamingHttpResponse:
    """Send the log, as it is narrowed, as CSV."""
    narrowed = _narrowed(AuditFilter(request.GET))
    audit.record(
        request.workspace, actor=request.actor, act="audit.exported", subject=request.workspace
    )
    name = f"audit-{request.workspace.slug}-{clock.now():%Y-%m-%d}.csv"
    lines = audit_log.export(request.workspace, narrowed)
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _narrowed(form: AuditFilter) -> Narrowed:
    form.is_valid()
    values = form.cleaned_data
    return Narrowed(
        actor=values.get("actor"),
        act=values.get("act", ""),
        from_on=values.get("from"),
        to_on=values.get("to"),
    )


def _context(request: WorkspaceRequest, form: AuditFilter, narrowed: Narrowed) -> dict[str, Any]:
    people = audit_log.actors(request.workspace)
    return {
        "actor_choices": _choices(((str(pk), name) for pk, name in people), narrowed.actor),
        "act_choices": _choices(
            ((act, audit_log.words(act)) for act in audit_log.acts(request.workspace)),
            narrowed.act,
        ),
        "from_on": narrowed.from_on and narrowed.from_on.isoformat(),
        "to_on": narrowed.to_on and narrowed.to_on.isoformat(),
        "errors": ["This filter was not understood and is left out."] if form.errors else [],
        "clear_url": request.path if narrowed != Narrowed() else "",
        "export_url": f"{_export_path(request)}{_with(request, before='')}",
    }


def _choices(pairs: Any, selected: object) -> list[dict[str, Any]]:
    return [
        {"value": value, "label": label, "is_selected": value == str(selected or "")}
        for value, label in pairs
    ]


def _row(event: AuditEvent) -> dict[str, Any]:
    return {
        "what": audit_log.words(event.act),
        "details": audit_log.details(event.details),
        "actor": event.actor_name,
        "subject": event.subject_name,
        "address": event.address,
        "at": event.at,
    }


def _export_path(request: WorkspaceRequest) -> str:
    return reverse("workspaces:audit_export", kwargs={"slug": request.workspace.slug})


def _with(request: WorkspaceRequest, *, before: str) -> str:
    query = request.GET.copy()
    query["before"] = before
    return "?" + "&".join(
        part for part in query.urlencode().split("&") if part and not part.endswith("=")
    )
