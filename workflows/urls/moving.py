"""Addresses of using another connection instead."""

from __future__ import annotations

from django.urls import path

from workflows.views import moving

urlpatterns = [path("moving/<uuid:connection_id>/", moving.instead, name="moving")]
