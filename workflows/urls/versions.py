"""Addresses of a workflow's versions."""

from __future__ import annotations

from django.urls import path

from workflows.views import versions

urlpatterns = [
    path("<uuid:workflow_id>/versions/", versions.index, name="versions"),
    path("<uuid:workflow_id>/versions/<int:number>/", versions.detail, name="version"),
    path(
        "<uuid:workflow_id>/versions/<int:number>/restoration/",
        versions.restoration,
        name="restoration",
    ),
]
