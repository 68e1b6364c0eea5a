"""Error pages that Django asks for by name."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say that the form is too old or came from elsewhere, and what to do."""
    return render(request, "403_csrf.html", status=403)
