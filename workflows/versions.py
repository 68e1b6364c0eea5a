"""Saving: each save is a new version; one without problems goes live at once."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from django.db import transaction

from spojit.lib import storable
from spojit.lib.errors import Refused
from spojit.lib.ids import new_id
from workflows import listening, references, schedules, surroundings
from workflows.definition.validation import validate
from workflows.models import Version, Workflow
from workspaces import audit, isolation
from workspaces.audit import Actor

if TYPE_CHECKING:
    from workflows.definition.surroundings import Surroundings
    from workspaces.models import User

LARGEST_BYTES = 1_000_000


class DefinitionTooLarge(Refused):
    """It is more than a workflow may be."""

    code = "definition_too_large"
    message = "A workflow's definition has at most 1 MB."
    hint = "Move a part of it into a workflow of its own."


class Outdated(Refused):
    """Somebody else saved meanwhile."""

    code = "outdated"
    message = "Somebody else saved this workflow meanwhile."
    hint = "Look at what they changed, and save again."


class Unsound(Refused):
    """What is live could not go live once more."""

    code = "unsound"
    message = "The live version would have problems, so nothing was saved."


class WorkflowGone(Refused):
    """The workflow was deleted meanwhile."""

    code = "workflow_gone"
    message = "This workflow was deleted, so nothing was saved."


class NoSuchVersion(Refused):
    """There is no version of that number."""

    code = "no_such_version"
    message = "This workflow has no such version."


def save(
    workflow: Workflow,
    *,
    definition: Any,
    actor: Actor | User,
    based_on: int | None = None,
    note: str = "",
) -> Version:
    """Store a definition as the latest version; its `problems` are what keeps it from going live.

    A version without problems is live from here on. One with problems is kept as a draft, while
    the live one goes on.

    Args:
        workflow: whose version it is.
        definition: JSON-like, `{"nodes": […], "wires": […]}`; whatever is wrong with it is kept
            and told, so that nothing is lost.
        actor: who saves.
        based_on: the number of the version that was edited; another latest one refuses.
        note: why, in a line.

    Raises:
        DefinitionTooLarge, Outdated, WorkflowGone: nothing was saved.
    """
    actor = Actor.of(actor)
    definition = _storable(definition)
    with isolation.workspace(workflow.workspace_id):
        locked = _locked(workflow)
        if based_on is not None and locked.latest and locked.latest.number != based_on:
            raise Outdated
        around = _around(locked, [definition], actor=actor)
        version = _add(locked, definition, around, actor=actor, note=note)
    workflow.latest, workflow.live = locked.latest, locked.live
    return version


def replace(
    workflow: Workflow, *, live: Any, latest: Any, actor: Actor | User, note: str
) -> tuple[Version, Version]:
    """Save anew both the live definition and the latest one of a workflow where they differ.

    What is live goes live again, and what is latest stays the latest version.

    Raises:
        Unsound: the live one would have problems. Nothing was saved.
        DefinitionTooLarge, WorkflowGone: nothing was saved.
    """
    actor, live, latest = Actor.of(actor), _storable(live), _storable(latest)
    with isolation.workspace(workflow.workspace_id), transaction.atomic():
        locked = _locked(workflow)
        around = _around(locked, [live, latest], actor=actor)
        first = _add(locked, live, around, actor=actor, note=note)
        if not first.is_sound:
            raise Unsound
        second = _add(locked, latest, around, actor=actor, note=note)
    workflow.latest, workflow.live = locked.latest, locked.live
    return first, second


def restore(workflow: Workflow, *, number: int, actor: Actor | User) -> Version:
    """Save an older version's definition again, as the latest one.

    Raises:
        NoSuchVersion: there is none of that number.
        WorkflowGone: nothing was saved.
    """
    with isolation.workspace(workflow.workspace_id):
        older = Version.objects.filter(workflow=workflow, number=number).first()
    if older is None:
        raise NoSuchVersion
    return save(workflow, definition=older.definition, actor=actor, note=f"version {number} again")


def _storable(definition: Any) -> Any:
    stored = {} if definition is None else storable.value(definition)
    if len(json.dumps(stored)) > LARGEST_BYTES:
        raise DefinitionTooLarge
    return stored


def _around(locked: Workflow, definitions: list[Any], *, actor: Actor) -> Surroundings:
    return surroundings.around(
        locked.workspace_id, workflow=locked, actor=actor, definitions=definitions
    )


def _add(
    locked: Workflow, definition: Any, around: Surroundings, *, actor: Actor, note: str
) -> Version:
    """Store one more version of a locked workflow, live when it is sound."""
    problems = [asdict(problem) for problem in validate(definition, around)[1]]
    version = _insert(locked, definition, problems, actor=actor, note=note)
    _put(locked, version)
    _record(locked, version, actor=actor)
    return version


def _locked(workflow: Workflow) -> Workflow:
    rows = Workflow.objects.select_for_update(of=("self",))
    locked: Workflow = rows.select_related("workspace", "latest", "live").get(pk=workflow.pk)
    if locked.removed_at is not None:
        raise WorkflowGone
    return locked


def _insert(
    workflow: Workflow, definition: Any, problems: list[dict[str, Any]], *, actor: Actor, note: str
) -> Version:
    version: Version = Version.objects.create(
        id=new_id(),
        workspace_id=workflow.workspace_id,
        workflow=workflow,
        number=_next_number(workflow),
        definition=definition,
        problems=problems,
        note=note[:200],
        created_by_id=actor.id,
        created_by_name=actor.name,
    )
    return version


def _next_number(workflow: Workflow) -> int:
    return ((workflow.latest and workflow.latest.number) or 0) + 1


def _put(workflow: Workflow, version: Version) -> None:
    workflow.latest = version
    if version.is_sound:
        workflow.live = version
    workflow.save(update_fields=["latest", "live"])
    references.derive(workflow)
    schedules.derive(workflow)
    listening.derive(workflow)


def _record(workflow: Workflow, version: Version, *, actor: Actor) -> None:
    audit.record(
        workflow.workspace,
        actor=actor,
        act="workflow.saved",
        subject=workflow,
        details={"version": version.number, "is_live": version.is_sound},
    )
