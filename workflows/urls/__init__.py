"""Addresses of workflows, one topic a file."""

from __future__ import annotations

from workflows.urls import approvals, designer, listing, moving, panel, settings, versions

app_name = "workflows"
urlpatterns = [
    *listing.urlpatterns,
    *approvals.urlpatterns,
    *settings.urlpatterns,
    *versions.urlpatterns,
    *designer.urlpatterns,
    *panel.urlpatterns,
    *moving.urlpatterns,
]
