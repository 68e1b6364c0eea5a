"""Who gets in: a workspace by its address, a permission by the member's role.

Another tenant's address is 404, a missing right is 403.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate
from urllib.parse import urlsplit

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django_htmx.http import HttpResponseClientRedirect

from spojit.lib import clock, logs
from workspaces import isolation
from workspaces.audit import Actor
from workspaces.models import Membership, User, Workspace

if TYPE_CHECKING:
    from workspaces.roles import Permission

SEEN_EVERY = timedelta(minutes=10)


class WorkspaceRequest(HttpRequest):
    """A request of a member inside a workspace's scope."""

    user: User
    workspace: Workspace
    membership: Membership
    memberships: list[Membership]
    actor: Actor
    client_address: str
    request_id: str


View = Callable[Concatenate[WorkspaceRequest, ...], HttpResponseBase]
Guarded = Callable[..., HttpResponseBase]


def requires(permission: Permission) -> Callable[[View], Guarded]:
    """Let a view run for members with a permission, inside its workspace's scope and transaction.

    The view is given the request with `workspace`, `membership` and `actor`; `slug` is taken off
    its arguments.
    """

    def decorate(view: View) -> Guarded:
        @wraps(view)
        def guarded(request: WorkspaceRequest, slug: str, **arguments: Any) -> HttpResponseBase:
            if not is_signed_in(request):
                return _to_sign_in(request)
            with isolation.person(request.user.pk):
                _enter(request, slug)
                if not request.membership.may(permission):
                    raise PermissionDenied
                _note_seen(request.membership)
                return view(request, **arguments)

        guarded.permission = permission  # type: ignore[attr-defined]
        return guarded

    return decorate


def is_signed_in(request: HttpRequest) -> bool:
    """Whether somebody has signed in."""
    return bool(request.user.is_authenticated)


def memberships_of(user: User) -> list[Membership]:
    """List a person's memberships with their workspaces, by name."""
    with isolation.person(user.pk):
        return _memberships(user)


def signed_in(view: View) -> Guarded:
    """Let a view run for anybody who has signed in, outside of any workspace."""

    @wraps(view)
    def guarded(request: WorkspaceRequest, **arguments: Any) -> HttpResponseBase:
        if not is_signed_in(request):
            return _to_sign_in(request)
        request.actor = Actor.of(request.user, address=request.client_address)
        return view(request, **arguments)

    return guarded


def _to_sign_in(request: WorkspaceRequest) -> HttpResponse:
    """Send a visitor to the log-in page; htmx as a whole page, never into a fragment."""
    if getattr(request, "htmx", False):
        page = request.headers.get("HX-Current-URL", "")
        back = urlsplit(page).path or request.get_full_path()
        return HttpResponseClientRedirect(redirect_to_login(back).url)
    return redirect_to_login(request.get_full_path())


def _enter(request: WorkspaceRequest, slug: str) -> None:
    request.memberships = _memberships(request.user)
    for membership in request.memberships:
        if membership.workspace.slug == slug:
            break
    else:
        raise Http404
    membership.user = request.user
    request.membership, request.workspace = membership, membership.workspace
    request.actor = Actor.of(request.user, address=request.client_address)
    logs.bind(workspace_id=str(request.workspace.pk))
    isolation.enter(request.workspace)


def _memberships(user: User) -> list[Membership]:
    rows = Membership.objects.filter(user=user).select_related("workspace")
    return list(rows.order_by("workspace__name", "workspace_id"))


def _note_seen(membership: Membership) -> None:
    now = clock.now()
    if membership.last_seen_at is None or membership.last_seen_at < now - SEEN_EVERY:
        Membership.objects.filter(pk=membership.pk).update(last_seen_at=now)
