"""Deliveries of a webhook connection: the last fifty, each one, delivering again, and a test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from connections import access, runs, tasks
from connections.inbound import again, deliveries as arrived, testing
from connections.models import Delivery
from connections.models.delivery import Origin, Verdict
from connections.views import arrivals, finding, hooked, showing
from connections.views.framing import frame
from spojit.lib.errors import Refused
from workspaces.access import WorkspaceRequest, requires
from workspaces.roles import Permission

if TYPE_CHECKING:
    import uuid

    from connections.models import Connection


@require_safe
@requires(Permission.SEE)
def index(request: WorkspaceRequest, *, connection_id: uuid.UUID) -> HttpResponse:
    """List the last deliveries, accepted and refused."""
    connection = finding.webhook(request, connection_id)
    slug = request.workspace.slug
    context = {
        "connection": frame(request, connection, tab="deliveries"),
        "rows": arrivals.with_runs(
            arrivals.latest(connection, slug=slug, most=arrived.MOST_LISTED)
        ),
        "strip": hooked.strip(connection),
        "kept_days": settings.HOOK_BODY_DAYS,
        "setup_url": showing.page(slug, connection, "detail"),
    }
    return render(request, "connections/webhook/deliveries.html", context)


@require_safe
@requires(Permission.SEE)
def detail(
    request: WorkspaceRequest, *, connection_id: uuid.UUID, delivery_id: uuid.UUID
) -> HttpResponse:
    """Show one delivery: verdict, body, headers, and what became of it."""
    connection = finding.webhook(request, connection_id)
    delivery = _find(connection, delivery_id)
    first = _first(delivery)
    context = {
        "connection": frame(request, connection, tab="deliveries"),
        "delivery": arrivals.shown(delivery, slug=request.workspace.slug),
        "runs": runs.started([delivery.pk]).get(delivery.pk, []),
        "body": arrivals.body(delivery),
        "headers": delivery.headers,
        "first": _told(request, delivery, first),
        "again_url": _again_url(request, connection, delivery, first),
        "facts": _facts(request, connection, delivery),
    }
    return render(request, "connections/webhook/delivery.html", context)


@require_POST
@requires(Permission.SEE)
def deliver_again(
    request: WorkspaceRequest, *, connection_id: uuid.UUID, delivery_id: uuid.UUID
) -> HttpResponse:
    """Hand the same body over once more."""
    connection = finding.webhook(request, connection_id, find=finding.used)
    delivery = _find(connection, delivery_id)
    try:
        made = again.deliver_again(delivery, actor=request.actor)
    except Refused as refused:
        messages.error(request, f"{refused.message} {refused.hint}".strip())
        return redirect(arrivals.page(request.workspace.slug, delivery))
    tasks.announce_deliveries()
    messages.success(request, "It was delivered again, as this new delivery.")
    return redirect(arrivals.page(request.workspace.slug, made))


@require_POST
@requires(Permission.SEE)
def test(request: WorkspaceRequest, *, connection_id: uuid.UUID) -> HttpResponse:
    """Send a delivery that we sign through the hook, and show what came of it."""
    connection = finding.webhook(request, connection_id, find=finding.used)
    slug = request.workspace.slug
    try:
        sent = testing.send(connection, actor=request.actor)
    except Refused as refused:
        messages.error(request, f"{refused.message} {refused.hint}".strip())
        return redirect(showing.page(slug, connection, "deliveries"))
    tasks.announce_deliveries()
    messages.success(request, "The test delivery arrived.")
    return redirect(arrivals.page(slug, sent))


def _find(connection: Connection, delivery_id: uuid.UUID) -> Delivery:
    try:
        delivery = arrived.find(connection, delivery_id)
    except Delivery.DoesNotExist:
        raise Http404 from None
    delivery.connection = connection
    return delivery


def _first(delivery: Delivery) -> Delivery | None:
    """Find the delivery that this one repeats, or was made from."""
    if delivery.original_id is None:
        return None
    rows = Delivery.objects.filter(connection_id=delivery.connection_id)
    found: Delivery | None = rows.filter(pk=delivery.original_id).first()
    return found


def _told(
    request: WorkspaceRequest, delivery: Delivery, first: Delivery | None
) -> dict[str, str] | None:
    if first is None:
        return None
    is_repeat = delivery.verdict == Verdict.DUPLICATE
    words = "It repeats a delivery that had arrived before, and started nothing:"
    return {
        "words": words if is_repeat else f"{delivery.actor_name} delivered again what came before:",
        "label": "the first one",
        "url": arrivals.page(request.workspace.slug, first),
    }


def _again_url(
    request: WorkspaceRequest, connection: Connection, delivery: Delivery, first: Delivery | None
) -> str:
    """Return where to deliver again: for whoever may use the connection, while there is a body."""
    source = first if delivery.verdict == Verdict.DUPLICATE else delivery
    is_kept = source is not None and source.sealed is not None
    if not is_kept or not access.may_use(request.membership, connection):
        return ""
    return arrivals.page(request.workspace.slug, delivery, "delivery_again")


def _facts(
    request: WorkspaceRequest, connection: Connection, delivery: Delivery
) -> list[dict[str, Any]]:
    version = delivery.secret_version
    url = showing.page(request.workspace.slug, connection, "credentials")
    facts: list[dict[str, Any]] = [
        {"label": "Received", "at": delivery.received_at},
        {"label": "Signed", "at": delivery.signed_at},
        {"label": "ID of the sender", "value": delivery.sender_id},
        {"label": "From", "value": delivery.address},
        {"label": "By", "value": _who(delivery)},
        {"label": "Secret", "value": f"version {version}" if version else "", "url": url},
        {"label": "Took", "value": f"{delivery.duration_ms} ms"},
        {"label": "Handed over", **_handed(delivery)},
        {"label": "ID", "value": str(delivery.pk)},
    ]
    return [fact for fact in facts if fact.get("at") or fact.get("value")]


def _who(delivery: Delivery) -> str:
    if delivery.origin == Origin.TEST:
        return f"{delivery.actor_name}, as a test"
    return f"{delivery.actor_name}, again" if delivery.origin == Origin.AGAIN else ""


def _handed(delivery: Delivery) -> dict[str, Any]:
    """Say when it went to whoever listens; only what was accepted goes anywhere."""
    if not delivery.is_accepted:
        return {}
    if delivery.settled_at:
        return {"at": delivery.settled_at}
    tried = f"; tried {delivery.attempts} times" if delivery.attempts > 1 else ""
    return {"value": f"not yet{tried}"}
