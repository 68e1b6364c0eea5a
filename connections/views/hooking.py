"""What the pages of a webhook connection show of it: the URL, the guide, the panel that waits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render

from connections import access, credentials
from connections.credentials import CredentialUnreadable
from connections.inbound import deliveries, hooks, secrets
from connections.models import Status
from connections.models.delivery import Origin, Verdict
from connections.views import arrivals, mending, showing
from connections.views.checklists import POLLING_ENDED
from connections.views.showing import Link, ShownStatus
from connectors import signatures
from connectors.outcomes import MEANINGS
from spojit.lib import clock

if TYPE_CHECKING:
    from connections.models import Connection, Credential, Delivery
    from connectors.manifest import Webhook
    from workspaces.access import WorkspaceRequest

MOST_RECENT = 5
NOTHING_CHANGED = 204
LISTENS_SECONDS = 1800
"""How long an open page asks for what is new; a tab that was forgotten asks no more."""

HIDDEN = "…"
ANY_SERVICE = "Webhooks"
"""The category of connectors that stand for no service."""


def status(request: WorkspaceRequest, connection: Connection) -> HttpResponse:
    """Answer with the panel once there is something new; status 286 ends the polling."""
    place, newest = request.GET.get("in", ""), _newest(connection)
    is_listening = connection.status == Status.PENDING and not _is_tired(request)
    if is_listening and _seen(newest) == request.GET.get("seen", ""):
        return HttpResponse(status=NOTHING_CHANGED)
    context: dict[str, Any] = {"panel": panel(request, connection, place=place)}
    if place != "added":
        context |= {"head_status": ShownStatus.of(connection), "recent": recent(connection)}
    code = 200 if is_listening else POLLING_ENDED
    return render(request, "connections/webhook/_panel.html", context, status=code)


def panel(
    request: WorkspaceRequest, connection: Connection, *, place: str = "overview"
) -> dict[str, Any]:
    """Return what the panel says: the status, what to do, and while it waits what arrived."""
    slug = request.workspace.slug
    newest = _newest(connection)
    is_waiting = connection.status == Status.PENDING
    is_told = is_waiting or place == "added" or bool(request.htmx)  # type: ignore[attr-defined]
    return {
        "url": f"{showing.page(slug, connection, 'status')}?{_query(request, place, newest)}",
        "page_url": showing.page(slug, connection, "added" if place == "added" else "detail"),
        "is_inside": place == "added",
        "is_waiting": is_waiting,
        "is_listening": is_waiting and not _is_tired(request),
        "status": ShownStatus(connection.status, ShownStatus.of(connection).word),
        **_words(connection, newest),
        "remedies": _remedies(request, connection, place=place),
        "ask": mending.offer(connection, slug=slug, membership=request.membership),
        "arrived": arrivals.shown(newest, slug=slug) if newest and is_told else None,
        "body": arrivals.body(newest) if newest and is_told and newest.is_accepted else None,
        "warnings": _warnings(request, connection),
    }


def hook(request: WorkspaceRequest, connection: Connection) -> dict[str, Any]:
    """Return the URL, whole for whoever manages the connection, and where to put it."""
    webhook = webhook_of(connection)
    is_whole = access.may_manage(request.membership, connection)
    url = _url(connection) if is_whole else f"{settings.PUBLIC_URL}{hooks.PATH}{HIDDEN}"
    return {
        "url": url,
        "is_whole": is_whole and bool(url),
        "service": service(connection),
        "guide": webhook.guide,
        "where": webhook.where,
        "repeats": repeats(connection),
    }


def recent(connection: Connection) -> dict[str, Any]:
    """Return the last few deliveries."""
    slug = connection.workspace.slug
    return {
        "rows": arrivals.latest(connection, slug=slug, most=MOST_RECENT),
        "url": showing.page(slug, connection, "deliveries"),
    }


def service(connection: Connection) -> str:
    """Name whoever sends; a connector that stands for any service has no name for it."""
    manifest = connection.manifest
    return "the service" if manifest.category == ANY_SERVICE else manifest.name


def repeats(connection: Connection) -> str:
    """Say by what repeated deliveries are known."""
    current = credentials.current(connection)
    kind = webhook_of(connection).signature
    return signatures.deduplicates_by(kind, current.shown if current else {})


def webhook_of(connection: Connection) -> Webhook:
    """Return what the connector's file says of this webhook."""
    webhook = connection.manifest_scheme.webhook
    assert webhook is not None
    return webhook


def has_secret(version: Credential) -> bool:
    """Whether deliveries can be signed with a version."""
    return secrets.FIELD in version.fields


def with_secret(connection: Connection) -> list[Credential]:
    """List the live versions that deliveries can be signed with, the newest first."""
    return [version for version in secrets.live(connection) if has_secret(version)]


def warning(connection: Connection, versions: list[Credential]) -> dict[str, str] | None:
    """Return a warning while something still signs with the older secret."""
    older = secrets.older_in_use(versions)
    if older is None:
        return None
    newer = versions[0]
    began = "is in use, too" if newer.first_used_at else "has not been used yet"
    until = older.restorable_until
    ends = f"It retires on {until:%-d %B %Y}." if until else "It stays valid until you retire it."
    return {
        "title": f"Version {older.version} of the secret is still being used.",
        "text": f"Version {newer.version} {began}. Put it in everywhere at"
        f" {service(connection)}. {ends}",
    }


def _newest(connection: Connection) -> Delivery | None:
    return next(iter(deliveries.latest(connection, most=1)), None)


def _seen(newest: Delivery | None) -> str:
    """Say which delivery a panel shows, so that a poll knows whether there is a newer one."""
    return str(newest.pk) if newest else ""


def _query(request: WorkspaceRequest, place: str, newest: Delivery | None) -> str:
    since = request.GET.get("since") or str(int(clock.now().timestamp()))
    return urlencode({"in": place, "seen": _seen(newest), "since": since})


def _is_tired(request: WorkspaceRequest) -> bool:
    """Whether the page has been open for so long that it should ask no more."""
    since = request.GET.get("since", "")
    if not (since.isascii() and since.isdigit()):
        return False
    return clock.now().timestamp() - int(since[:12]) > LISTENS_SECONDS


def _url(connection: Connection) -> str:
    """Open the address; empty when it does not open."""
    try:
        return hooks.url_of(connection)
    except CredentialUnreadable:
        return ""


def _words(connection: Connection, newest: Delivery | None) -> dict[str, str]:
    meaning = MEANINGS.get(connection.reason)
    if meaning:
        return {"sentence": meaning.sentence, "hint": meaning.hint}
    if connection.status == Status.ACTIVE:
        return {"sentence": "Deliveries arrive, and are checked.", "hint": ""}
    if not with_secret(connection):
        hint = "Every delivery is refused until there is one."
        return {"sentence": "There is no secret yet.", "hint": hint}
    return {"sentence": "Waiting for the first delivery…", "hint": _hint(newest)}


def _hint(newest: Delivery | None) -> str:
    if newest is None:
        return "Put the URL into the service and let it send something; it shows up here."
    if newest.verdict == Verdict.REFUSED:
        return "Something arrived and was refused. What has to change stands below."
    if newest.origin == Origin.TEST:
        return "A test arrived. It is waiting for one from the service itself."
    return ""


def _remedies(request: WorkspaceRequest, connection: Connection, *, place: str) -> list[Link]:
    slug, membership = request.workspace.slug, request.membership
    if place == "added" or not access.may_manage(membership, connection):
        return []
    if connection.needs_attention:
        return [Link(showing.page(slug, connection, "credential"), "Enter the secret again")]
    if connection.status == Status.PENDING:
        return [Link(showing.page(slug, connection, "added"), "Set it up")]
    return []


def _warnings(request: WorkspaceRequest, connection: Connection) -> list[dict[str, str]]:
    found = warning(connection, with_secret(connection))
    if found is None:
        return []
    url = showing.page(request.workspace.slug, connection, "credentials")
    return [found | {"url": url, "label": "See the secrets"}]
