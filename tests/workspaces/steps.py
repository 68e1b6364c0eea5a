"""What tests of the pages do again and again: name a page, read it, find a membership."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from tests.factories import Cast, scope
from workspaces.models import Membership, User


def url(cast: Cast, name: str, **arguments: object) -> str:
    """Return the address of one of the workspace's pages."""
    return reverse(f"workspaces:{name}", kwargs={"slug": cast.workspace.slug, **arguments})


def text(response: Any) -> str:
    """Read a page."""
    return str(response.content.decode())


def membership(cast: Cast, user: User) -> Membership:
    """Find somebody's membership."""
    with scope(cast.workspace):
        return Membership.objects.get(user=user)  # type: ignore[no-any-return]
