"""What every page's frame shows of workflows: how many approvals wait for whoever looks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.functional import SimpleLazyObject

from workflows import approvals

if TYPE_CHECKING:
    from django.http import HttpRequest


def frame(request: HttpRequest) -> dict[str, Any]:
    """Give the count, which is asked for only when it is shown."""
    membership = getattr(request, "membership", None)
    count = SimpleLazyObject(lambda: approvals.count_waiting(membership) if membership else 0)
    return {"approvals_count": count}
