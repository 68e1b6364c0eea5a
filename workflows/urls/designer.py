"""Addresses of the designer: the canvas, its edits, and trial runs."""

from __future__ import annotations

from django.urls import path

from workflows.views.designer import edits, history, pages, palette, running

ONE = "<uuid:workflow_id>"
urlpatterns = [
    path(f"{ONE}/", pages.designer, name="designer"),
    path(f"{ONE}/canvas/", pages.canvas, name="designer_canvas"),
    path(f"{ONE}/palette/", palette.palette, name="designer_palette"),
    path(f"{ONE}/steps/<slug:node_id>/acts/", palette.acts, name="designer_acts"),
    path(f"{ONE}/edits/", edits.edits, name="designer_edits"),
    path(f"{ONE}/draft/", history.draft, name="designer_draft"),
    path(f"{ONE}/trial/", running.run, name="designer_run"),
    path(f"{ONE}/trial/<uuid:run_id>/", running.progress, name="designer_progress"),
]
