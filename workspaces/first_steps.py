"""The first steps in a new workspace, each ticked by doing it. Apps add theirs in `ready()`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from django.urls import reverse

from workspaces import isolation
from workspaces.models import Invitation, Membership, Workspace

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Step:
    """What to do, where, and how to see that it was done; `order` places it among the others."""

    order: int
    title: str
    text: str
    label: str
    url_name: str
    is_done: Callable[[Workspace], bool]


class Shown(NamedTuple):
    """A step as the page shows it; `is_next` marks the first one that is open."""

    title: str
    text: str
    label: str
    url: str
    is_done: bool
    is_next: bool


_steps: list[Step] = []


def register(step: Step) -> None:
    """Add a step."""
    _steps.append(step)


def shown(workspace: Workspace) -> list[Shown]:
    """List the steps of a workspace in their order."""
    with isolation.workspace(workspace):
        steps = sorted(_steps, key=lambda step: step.order)
        done = [step.is_done(workspace) for step in steps]
    first_open = done.index(False) if False in done else -1
    return [
        Shown(
            title=step.title,
            text=step.text,
            label=step.label,
            url=reverse(step.url_name, kwargs={"slug": workspace.slug}),
            is_done=done[number],
            is_next=number == first_open,
        )
        for number, step in enumerate(steps)
    ]


def has_begun(workspace: Workspace) -> bool:
    """Whether the first step was taken, so that the workspace has something to show."""
    with isolation.workspace(workspace):
        steps = sorted(_steps, key=lambda step: step.order)
        return not steps or steps[0].is_done(workspace)


def register_own() -> None:
    """Add the step of this app."""
    register(
        Step(
            order=30,
            title="Invite someone",
            text="Everybody has a role: viewers look, members build, admins look after it all.",
            label="Invite someone",
            url_name="workspaces:invitations",
            is_done=_is_anybody_invited,
        )
    )


def _is_anybody_invited(workspace: Workspace) -> bool:
    members = Membership.objects.filter(workspace=workspace)
    invited = Invitation.objects.filter(workspace=workspace, revoked_at=None)
    return bool(invited.exists() or members[1:2].exists())
