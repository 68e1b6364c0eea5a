"""Addresses of a workflow's pages, resolved once for many rows: that costs more than replacing."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from django.urls import reverse

from spojit.lib.ids import NOBODY

if TYPE_CHECKING:
    import uuid


def page(slug: str, workflow_id: uuid.UUID, name: str) -> str:
    """Return the address of one of a workflow's pages."""
    return _page_of_nobody(slug, name).replace(str(NOBODY), str(workflow_id))


def run(slug: str, run_id: uuid.UUID) -> str:
    """Return the address of a run's page."""
    return _run_of_nobody(slug).replace(str(NOBODY), str(run_id))


def runs_of(slug: str, workflow_id: uuid.UUID) -> str:
    """Return the address of the list of a workflow's runs."""
    return f"{runs(slug)}?workflow={workflow_id}"


@lru_cache(maxsize=4096)
def runs(slug: str) -> str:
    """Return the address of the list of runs."""
    return reverse("runs:list", kwargs={"slug": slug})


@lru_cache(maxsize=4096)
def _page_of_nobody(slug: str, name: str) -> str:
    return reverse(f"workflows:{name}", kwargs={"slug": slug, "workflow_id": NOBODY})


@lru_cache(maxsize=4096)
def _run_of_nobody(slug: str) -> str:
    return reverse("runs:detail", kwargs={"slug": slug, "run_id": NOBODY})
