"""Every address of the site."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

from spojit import watch
from workspaces.views import start

handler500 = "spojit.errors.server_error"
urlpatterns = [
    path("", start.home, name="home"),
    path("healthz", watch.healthz, name="healthz"),
    path("readyz", watch.readyz, name="readyz"),
    path("metrics", watch.metrics, name="metrics"),
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.urls")),
    path("", include("workspaces.urls")),
    path("", include("connections.oauth_urls")),
    path("w/<slug:slug>/connectors/", include("connections.catalogue_urls")),
    path("w/<slug:slug>/connections/", include("connections.urls")),
    path("w/<slug:slug>/workflows/", include("workflows.urls")),
    path("w/<slug:slug>/runs/", include("workflows.urls.runs")),
]
