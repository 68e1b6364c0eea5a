"""A workflow's life: created, renamed, tagged, enabled, disabled, duplicated, deleted."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction

from spojit.lib import clock
from spojit.lib.errors import Refused
from spojit.lib.ids import new_id
from workflows import listening, schedules, versions
from workflows.models import Pin, Reference, Revision, Schedule, Workflow
from workspaces import audit, isolation
from workspaces.audit import Actor

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from workspaces.models import User, Workspace

LONGEST_NAME = 120
LONGEST_TAG = 40
MOST_TAGS = 20

EMPTY: dict[str, Any] = {
    "nodes": [
        {
            "id": "start",
            "kind": "trigger",
            "name": "Start",
            "settings": {"start": {"type": "manual"}},
        }
    ],
    "wires": [],
}
"""What a new workflow is: a trigger that a person pulls."""


class NameTaken(Refused):
    """Another workflow of the workspace has this name."""

    code = "workflow_name_taken"
    message = "Another workflow already has this name."
    hint = "Choose a name that tells them apart."


class NameMissing(Refused):
    """A workflow needs a name."""

    code = "workflow_name_missing"
    message = "Give the workflow a name of at most 120 characters."


class BadTags(Refused):
    """The tags will not do."""

    code = "bad_tags"
    message = f"A workflow has at most {MOST_TAGS} tags of at most {LONGEST_TAG} characters."


class NotSound(Refused):
    """The latest version has problems."""

    code = "workflow_not_sound"
    message = "This workflow has problems, so it cannot be enabled."
    hint = "Solve what is listed beside its steps, and save."


def create(
    workspace: Workspace, *, name: str, actor: Actor | User, definition: Any = None
) -> Workflow:
    """Create a workflow, disabled, with its first version.

    Raises:
        NameMissing, NameTaken, DefinitionTooLarge: nothing was created.
    """
    actor = Actor.of(actor)
    with isolation.workspace(workspace), _unique_name():
        workflow: Workflow = Workflow.objects.create(
            id=new_id(),
            workspace=workspace,
            name=_clean_name(name),
            stable_key=_free_stable_key(workspace, name),
            created_by_id=actor.id,
            created_by_name=actor.name,
        )
        _record(workflow, actor=actor, act="workflow.created")
        versions.save(workflow, definition=definition or EMPTY, actor=actor)
    return workflow


def rename(workflow: Workflow, *, name: str, actor: Actor | User) -> Workflow:
    """Give a workflow another name. Raises: NameMissing, NameTaken."""
    with isolation.workspace(workflow.workspace_id), _unique_name():
        before, workflow.name = workflow.name, _clean_name(name)
        workflow.save(update_fields=["name"])
        _record(workflow, actor=actor, act="workflow.renamed", details={"from": before})
    return workflow


def tag(workflow: Workflow, *, tags: Collection[str], actor: Actor | User) -> Workflow:
    """Put a workflow under these tags, and no others. Raises: BadTags."""
    cleaned = sorted({" ".join(one.split()) for one in tags} - {""}, key=str.casefold)
    if len(cleaned) > MOST_TAGS or any(len(one) > LONGEST_TAG for one in cleaned):
        raise BadTags
    with isolation.workspace(workflow.workspace_id):
        workflow.tags = cleaned
        workflow.save(update_fields=["tags"])
        _record(workflow, actor=actor, act="workflow.tagged", details={"tags": cleaned})
    return workflow


def enable(workflow: Workflow, *, actor: Actor | User) -> Workflow:
    """Let triggers start it.

    Raises:
        NotSound: its latest version has problems.
        WaitedForAlready: who sends to its webhook waits for another workflow's answer.
    """
    with isolation.workspace(workflow.workspace_id):
        rows = Workflow.objects.present().select_for_update(of=("self",))
        locked: Workflow = rows.select_related("latest", "workspace").get(pk=workflow.pk)
        if locked.latest is None or not locked.latest.is_sound:
            raise NotSound
        _switch(locked, is_enabled=True, actor=actor, act="workflow.enabled")
        schedules.derive(locked)
        listening.derive(locked)
    workflow.is_enabled = True
    return workflow


def stop_all(workspace: Workspace) -> None:
    """Disable what is to be deleted with its workspace: nothing is enabled without its version."""
    Workflow.objects.filter(workspace=workspace, is_enabled=True).update(is_enabled=False)


def disable(workflow: Workflow, *, actor: Actor | User) -> Workflow:
    """Let no trigger start it any more."""
    with isolation.workspace(workflow.workspace_id):
        _switch(workflow, is_enabled=False, actor=actor, act="workflow.disabled")
        schedules.stop(workflow)
        listening.stop(workflow)
    return workflow


def duplicate(workflow: Workflow, *, name: str, actor: Actor | User) -> Workflow:
    """Create another workflow with the same latest definition, disabled.

    Raises:
        NameMissing, NameTaken: nothing was created.
    """
    with isolation.workspace(workflow.workspace_id):
        latest = Workflow.objects.select_related("latest").get(pk=workflow.pk).latest
    definition = latest.definition if latest else None
    return create(workflow.workspace, name=name, actor=actor, definition=definition)


def remove(workflow: Workflow, *, actor: Actor | User) -> Workflow:
    """Take a workflow off every list; it starts no more, and uses no connection any more.

    Its draft and what was pinned go at once, its runs when they are past their time.
    """
    actor = Actor.of(actor)
    with isolation.workspace(workflow.workspace_id):
        if workflow.removed_at is None:
            workflow.is_enabled, workflow.removed_at = False, clock.now()
            workflow.removed_by_name = actor.name
            workflow.save(update_fields=["is_enabled", "removed_at", "removed_by_name"])
            for model in (Reference, Schedule, Pin, Revision):
                model.objects.filter(workflow=workflow).delete()
            Workflow.objects.filter(error_workflow=workflow).update(error_workflow=None)
            listening.stop(workflow)
            _record(workflow, actor=actor, act="workflow.removed")
    return workflow


def _switch(workflow: Workflow, *, is_enabled: bool, actor: Actor | User, act: str) -> None:
    if workflow.is_enabled != is_enabled:
        workflow.is_enabled = is_enabled
        workflow.save(update_fields=["is_enabled"])
        _record(workflow, actor=actor, act=act)


def _clean_name(name: str) -> str:
    cleaned = " ".join(name.split())
    if not cleaned or len(cleaned) > LONGEST_NAME or not cleaned.isprintable():
        raise NameMissing
    return cleaned


@contextmanager
def _unique_name() -> Iterator[None]:
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if "workflow_name_unique" in str(error):
            raise NameTaken from None
        raise


def _free_stable_key(workspace: Workspace, name: str) -> str:
    base = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:100] or "workflow"
    rows = Workflow.objects.present().filter(workspace=workspace, stable_key__startswith=base)
    taken = set(rows.values_list("stable_key", flat=True))
    suffixes = ("", *(f"_{number}" for number in range(2, len(taken) + 3)))
    return next(base + suffix for suffix in suffixes if base + suffix not in taken)


def _record(
    workflow: Workflow, *, actor: Actor | User, act: str, details: dict[str, Any] | None = None
) -> None:
    audit.record(workflow.workspace, actor=actor, act=act, subject=workflow, details=details or {})
