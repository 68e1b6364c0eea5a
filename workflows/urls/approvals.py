"""Addresses of the inbox of approvals."""

from __future__ import annotations

from django.urls import path

from workflows.views import approvals

urlpatterns = [
    path("approvals/", approvals.index, name="approvals"),
    path("approvals/<uuid:approval_id>/", approvals.detail, name="approval"),
]
