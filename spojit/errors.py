"""Error pages that Django asks for by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.http import HttpResponseServerError
from django.shortcuts import render
from django.template.loader import render_to_string

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001 - Django passes it
    """Say that the form is too old or came from elsewhere, and what to do."""
    return render(request, "403_csrf.html", status=403)


def server_error(_request: HttpRequest) -> HttpResponse:
    """Say that it is our fault; asks neither database nor session, which may be what is broken."""
    page = render_to_string("500.html", {"is_trial": settings.IS_TRIAL})
    return HttpResponseServerError(page)
