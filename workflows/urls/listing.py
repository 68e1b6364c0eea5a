"""Addresses of the list of workflows: new ones, imports, acts on one."""

from __future__ import annotations

from django.urls import path

from workflows.views import creating, importing, listing, switching

urlpatterns = [
    path("", listing.index, name="list"),
    path("new/", creating.new, name="new"),
    path("import/", importing.take, name="import"),
    path("<uuid:workflow_id>/duplicate/", creating.duplicate, name="duplicate"),
    path("<uuid:workflow_id>/enabling/", switching.enabling, name="enabling"),
    path("<uuid:workflow_id>/export/", switching.export, name="export"),
]
