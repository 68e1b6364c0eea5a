"""Addresses of authorizing: where services send people back to, and a workspace's OAuth apps."""

from __future__ import annotations

from django.urls import path

from connections.views import callback, oauth_apps

app_name = "oauth"
APPS = "w/<slug:slug>/oauth-apps/"
urlpatterns = [
    path("oauth/callback", callback.callback, name="callback"),
    path("oauth/problem/<slug:kind>/", callback.problem, name="problem"),
    path(APPS, oauth_apps.index, name="apps"),
    path(f"{APPS}<slug:key>/<slug:scheme>/", oauth_apps.edit, name="app"),
    path(f"{APPS}<slug:key>/<slug:scheme>/removal/", oauth_apps.remove, name="app_removal"),
]
