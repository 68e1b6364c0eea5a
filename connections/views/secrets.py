"""The secrets of a webhook connection: which are accepted, a new one beside the old, retiring."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import add_never_cache_headers
from django.views.decorators.http import require_http_methods

from connections import access, credentials, tasks, verification
from connections.credentials import ConnectionGone
from connections.forms import RetirementForm, SecretForm
from connections.inbound import secrets
from connections.inbound.secrets import NothingToRetire, Rotated
from connections.views import finding, hooking, pace, showing
from connections.views.framing import frame
from connectors.fields import InvalidValues
from spojit.lib import words
from spojit.lib.errors import Refused
from workspaces.access import WorkspaceRequest, requires
from workspaces.roles import Permission

if TYPE_CHECKING:
    import uuid

    from connections.models import Connection, Credential


def index(request: WorkspaceRequest, connection: Connection) -> HttpResponse:
    """Show which secrets are accepted, and since when; never a value."""
    versions = hooking.with_secret(connection)
    slug = request.workspace.slug
    is_managed = access.may_manage(request.membership, connection)
    context = {
        "connection": frame(request, connection, tab="credentials"),
        "warning": hooking.warning(connection, versions),
        "rows": [
            _row(connection, version, versions=versions, slug=slug, is_managed=is_managed)
            for version in versions
        ],
        "enter_url": showing.page(slug, connection, "credential") if is_managed else "",
        "scheme_label": connection.manifest_scheme.label,
        "fields": _settings(connection),
        "repeats": hooking.repeats(connection),
    }
    return render(request, "connections/webhook/secrets.html", context)


def rotate(request: WorkspaceRequest, connection: Connection) -> HttpResponse:
    """Show the form of a new secret, or put it to use; one that we made is shown this once."""
    slug = request.workspace.slug
    entered = form(request, connection)
    if not entered.is_bound or not entered.is_valid():
        return _page(request, connection, entered)
    rotated = save(request, connection, entered)
    if rotated is None:
        return _page(request, connection, entered)
    if rotated.made is None:
        messages.success(request, _told(connection))
        return redirect(showing.page(slug, connection, "credentials"))
    return _made(request, connection, rotated)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.SEE)
def retirement(request: WorkspaceRequest, *, connection_id: uuid.UUID) -> HttpResponse:
    """Say what ends when the older secret does; a POST ends it now, or says when."""
    connection = finding.webhook(request, connection_id, find=finding.managed)
    here = showing.page(request.workspace.slug, connection, "credentials")
    versions = hooking.with_secret(connection)
    if len(versions) < 2:
        messages.info(request, NothingToRetire.message)
        return redirect(here)
    is_now = request.POST.get("act") == "now"
    when = RetirementForm(request.POST if request.method == "POST" and not is_now else None)
    if is_now or (when.is_bound and when.is_valid()):
        _retire(request, connection, None if is_now else when)
        return redirect(here)
    context = _retirement_context(request, connection, versions) | {"form": when}
    status = 422 if when.is_bound else 200
    return render(request, "connections/webhook/retire.html", context, status=status)


def form(request: WorkspaceRequest, connection: Connection) -> SecretForm:
    """Make the form of a new secret."""
    return SecretForm(
        request.POST if request.method == "POST" else None,
        connector=connection.manifest,
        scheme=connection.manifest_scheme,
        base=credentials.current(connection),
        has_secret=bool(hooking.with_secret(connection)),
    )


def save(request: WorkspaceRequest, connection: Connection, entered: SecretForm) -> Rotated | None:
    """Put a new secret to use; None when it will not do, which the form then says."""
    try:
        pace.take(request)
        rotated = secrets.rotate(
            connection,
            values=entered.values,
            retire_at=entered.retire_at,
            actor=request.actor,
            keep=entered.keeps,
            replaces=entered.cleaned_data["replaces"],
        )
    except InvalidValues as refused:
        entered.refuse(refused)
    except ConnectionGone:
        raise Http404 from None
    except Refused as refused:
        entered.add_error(None, f"{refused.message} {refused.hint}".strip())
    else:
        _mend(request, connection)
        return rotated
    return None


def _mend(request: WorkspaceRequest, connection: Connection) -> None:
    """Let a worker see that the new secret opens: an Error ends in waiting for a delivery."""
    if connection.needs_attention:
        verification.request(connection, actor=request.actor)
        tasks.announce_verification(connection)


def _retire(request: WorkspaceRequest, connection: Connection, when: RetirementForm | None) -> None:
    try:
        if when is None:
            row = secrets.retire(connection, actor=request.actor)
            said = f"Version {row.version} is retired; what is signed with it is refused."
        else:
            row = secrets.retire_at(connection, at=when.at, actor=request.actor)
            ends = f"retires on {words.exact(when.at)}" if when.at else "stays until you retire it"
            said = f"Version {row.version} {ends}."
    except NothingToRetire as refused:
        messages.info(request, refused.message)
    else:
        messages.success(request, said)


def _made(request: WorkspaceRequest, connection: Connection, rotated: Rotated) -> HttpResponse:
    assert rotated.made is not None
    older = [row for row in hooking.with_secret(connection) if row.pk != rotated.credential.pk]
    context = {
        "connection": frame(request, connection, tab="credentials"),
        "made": rotated.made.reveal(),
        "version": rotated.credential.version,
        "is_beside": bool(older),
        "retires_at": older[0].restorable_until if older else None,
        "address": showing.page(request.workspace.slug, connection, "credentials"),
        "hook": hooking.hook(request, connection),
    }
    response = render(request, "connections/webhook/rotate.html", context)
    add_never_cache_headers(response)
    return response


def _page(request: WorkspaceRequest, connection: Connection, entered: SecretForm) -> HttpResponse:
    versions = hooking.with_secret(connection)
    context = {
        "connection": frame(request, connection, tab="credentials"),
        "hook": hooking.hook(request, connection),
        "form": entered,
        "fields": entered.lines,
        "is_first": not versions,
        "we_make_it": hooking.webhook_of(connection).secret == "ours",  # noqa: S105 - who makes it
        "replaces": _replaces(versions),
        "submit_label": "Put it to use" if versions else "Save the secret",
        "action": request.path,
        "cancel_url": showing.page(request.workspace.slug, connection, "credentials"),
    }
    status = 422 if entered.is_bound else 200
    return render(request, "connections/webhook/rotate.html", context, status=status)


def _replaces(versions: list[Credential]) -> str:
    """Say that an older secret ends at once, when two are valid already."""
    if len(versions) < 2:
        return ""
    return f"Version {versions[1].version} retires at once when another secret is put to use."


def _told(connection: Connection) -> str:
    is_beside = len(hooking.with_secret(connection)) > 1
    return f"The new secret is in use.{' The old one stays valid beside it.' if is_beside else ''}"


def _row(
    connection: Connection,
    version: Credential,
    *,
    versions: list[Credential],
    slug: str,
    is_managed: bool,
) -> dict[str, Any]:
    is_older = version.pk != versions[0].pk
    newest = "newer" if len(versions) > 1 else "in use"
    url = showing.page(slug, connection, "secret_retirement") if is_older and is_managed else ""
    return {
        "version": version.version,
        "state": "older" if is_older else newest,
        "kind": "warn" if is_older else "good",
        "is_older": is_older,
        "set_at": version.created_at,
        "set_by": version.created_by_name,
        "first_used_at": version.first_used_at,
        "last_used_at": version.last_used_at,
        "retires_at": version.restorable_until if is_older else None,
        "retire_url": url,
    }


def _settings(connection: Connection) -> list[dict[str, str]]:
    """List how deliveries are signed, as far as a person chose it."""
    current = credentials.current(connection)
    told = current.shown if current else {}
    return [
        {
            "label": field.label,
            "value": {one.value: one.label for one in field.choices}.get(
                told.get(field.key, ""), told.get(field.key, "")
            ),
        }
        for field in connection.manifest_scheme.fields
        if not field.secret and field.matters(told)
    ]


def _retirement_context(
    request: WorkspaceRequest, connection: Connection, versions: list[Credential]
) -> dict[str, Any]:
    newest, older = versions[:2]
    used = words.exact(older.last_used_at) if older.last_used_at else ""
    breaks = ["Deliveries that are signed with it are refused from then on."]
    if used:
        breaks.append(f"It was last used on {used}.")
    if not newest.first_used_at:
        breaks.append(f"Version {newest.version} has not been used yet.")
    return {
        "connection": frame(request, connection, tab="credentials"),
        "version": older.version,
        "newest": newest.version,
        "breaks": breaks,
        "action": request.path,
        "cancel_url": showing.page(request.workspace.slug, connection, "credentials"),
    }
