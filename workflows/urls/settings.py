"""Addresses of a workflow's settings, and of removing it."""

from __future__ import annotations

from django.urls import path

from workflows.views import settings

urlpatterns = [
    path("<uuid:workflow_id>/settings/", settings.settings, name="settings"),
    path("<uuid:workflow_id>/removal/", settings.remove, name="remove"),
]
