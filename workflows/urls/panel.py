"""Addresses of the designer's panel: one step of a draft."""

from __future__ import annotations

from django.urls import path

from workflows.views.panel import connecting, pages, trying

STEP = "<uuid:workflow_id>/steps/<slug:node_id>"
urlpatterns = [
    path("connectors-of-steps/", connecting.connectors, name="panel_connectors"),
    path(f"{STEP}/", pages.panel, name="panel"),
    path(f"{STEP}/connection/", connecting.arrival, name="panel_arrival"),
    path(f"{STEP}/connection/everywhere/", connecting.binding, name="panel_binding"),
    path(f"{STEP}/tries/", trying.try_, name="panel_try"),
    path(f"{STEP}/tries/<uuid:run_id>/", trying.tried, name="panel_tried"),
    path(f"{STEP}/pin/", trying.pin, name="panel_pin"),
]
