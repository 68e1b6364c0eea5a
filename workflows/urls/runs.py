"""Addresses of runs."""

from __future__ import annotations

from django.urls import path

from workflows.views.runs import acts, detail, listing

app_name = "runs"
ONE = "<uuid:run_id>/"
urlpatterns = [
    path("", listing.index, name="list"),
    path("failed/<uuid:connection_id>/", acts.rerun_failed, name="rerun_failed"),
    path(ONE, detail.page, name="detail"),
    path(f"{ONE}cancelling/", acts.cancel, name="cancel"),
    path(f"{ONE}rerunning/", acts.rerun, name="rerun"),
]
