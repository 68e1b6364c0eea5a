"""Where services send people back to: answered with a redirect at once, whatever came.

The query holds a code and a state: it is in no log, page, header or message of ours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_safe

from connections import access, tasks
from connections.oauth import attempts, returning
from connections.oauth.returning import AlreadyAnswered, StateRefused
from connections.views import grants, showing
from connectors.outcomes import Outcome
from workspaces import isolation
from workspaces.models import Membership

if TYPE_CHECKING:
    from connections.models import Authorization

PROBLEMS = {
    "unknown": (
        "This answer belongs to nothing",
        (
            "A service sent you here, but not for an authorization that was begun here. Nothing was"
            " connected. The redirect address of the OAuth app may be wrong, or the link was"
            " changed on its way."
        ),
    ),
    "stale": (
        "That took too long",
        "An authorization counts for ten minutes, and this one is older. Nothing was connected.",
    ),
    "session": (
        "Begun somewhere else",
        (
            "This authorization was begun in another browser, or before you signed in again, so it"
            " does not count here. Nothing was connected."
        ),
    ),
    "repeated": (
        "Used already",
        "An answer of a service counts once, and this one was used. Nothing was changed.",
    ),
    "gone": (
        "No longer yours to connect",
        "The connection was removed, or you may not change it any more. Nothing was connected.",
    ),
}
"""What happened, by kind; what to do is the same: open the connection and connect again."""


@require_GET
def callback(request: HttpRequest) -> HttpResponse:
    """Take what the service says, and go on to the connection or to the page of a problem."""
    session_key = request.session.session_key or ""
    try:
        attempt = returning.answer(_query(request), session_key=session_key)
    except AlreadyAnswered as refused:
        url = _page_of(refused.attempt)
        messages.warning(request, f"{refused.message} Nothing was changed.")
    except StateRefused as refused:
        url = reverse("oauth:problem", args=[refused.kind])
    else:
        url = _go_on(request, attempt)
    return _redirect(url)


@require_safe
def problem(request: HttpRequest, *, kind: str) -> HttpResponse:
    """Say what happened and what to do."""
    if kind not in PROBLEMS:
        raise Http404
    title, text = PROBLEMS[kind]
    return render(request, "connections/oauth_problem.html", {"title": title, "text": text})


def _query(request: HttpRequest) -> dict[str, str]:
    """Keep the parameters that came once (RFC 6749 section 3.1: none may come twice)."""
    return {key: values[0] for key, values in request.GET.lists() if len(values) == 1}


def _go_on(request: HttpRequest, attempt: Authorization) -> str:
    """Wake a worker for the code, when there is one and the person may still connect this."""
    if not _may_connect(request, attempt):
        _give_up(attempt)
        return reverse("oauth:problem", args=["gone"])
    if not attempt.is_finished:
        tasks.announce_exchange(attempt)
    return _page_of(attempt)


def _give_up(attempt: Authorization) -> None:
    """Destroy the code that came back for somebody who may not connect it."""
    gone = Outcome("request_refused", detail=PROBLEMS["gone"][1])
    if not attempt.is_finished:
        with isolation.workspace(attempt.workspace_id):
            attempts.finish(attempt, attempt.connection, gone)


def _may_connect(request: HttpRequest, attempt: Authorization) -> bool:
    user = request.user
    if not user.is_authenticated or user.pk != attempt.actor_id:
        return False
    with isolation.workspace(attempt.workspace_id):
        membership = Membership.objects.filter(user_id=user.pk).first()
    connection = attempt.connection
    if membership is None or connection.removed_at is not None:
        return False
    return access.may_manage(membership, connection)


def _page_of(attempt: Authorization) -> str:
    """Return the page that tells of an attempt: of adding, or of reconnecting."""
    connection = attempt.connection
    if connection.removed_at is not None:
        return reverse("oauth:problem", args=["gone"])
    with isolation.workspace(attempt.workspace_id):
        name = "credential" if grants.is_connected(connection) else "added"
    return showing.page(connection.workspace.slug, connection, name)


def _redirect(url: str) -> HttpResponse:
    response = HttpResponseRedirect(url)
    response["Cache-Control"], response["Referrer-Policy"] = "no-store", "no-referrer"
    return response
