"""Addresses of the catalogue: its pages show connections, so they live in this app."""

from __future__ import annotations

from django.urls import path

from connections.views import catalogue, trying

app_name = "connectors"
urlpatterns = [
    path("", catalogue.index, name="catalogue"),
    path("<slug:key>/", catalogue.detail, name="detail"),
    path("<slug:key>/connections/", catalogue.connections, name="connections"),
    path("<slug:key>/about/", catalogue.about, name="about"),
    path("<slug:key>/tools/<slug:tool_key>/", trying.tool, name="tool"),
    path("<slug:key>/tools/<slug:tool_key>/tries/<uuid:call_id>/", trying.tried, name="try"),
]
