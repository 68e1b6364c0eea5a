"""What a workflow's draft is, and its edits: each is a revision, and undo and redo walk them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Max, Min

from spojit.lib import storable
from spojit.lib.errors import Refused
from spojit.lib.ids import new_id
from workflows import versions
from workflows.definition import parts
from workflows.models import Revision, Workflow
from workflows.versions import LARGEST_BYTES, DefinitionTooLarge, WorkflowGone
from workspaces import isolation
from workspaces.audit import Actor

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import QuerySet

    from workflows.models import Version
    from workspaces.models import User

MOST_KEPT = 200
"""Revisions of one workflow; the oldest ones go."""


class Overtaken(Refused):
    """Somebody else changed the same step since it was looked at."""

    code = "overtaken"
    message = "Somebody else changed this step meanwhile."
    hint = "Look at what is there now, and make your change again."


class NothingToUndo(Refused):
    """This is the oldest revision that is kept."""

    code = "nothing_to_undo"
    message = "There is nothing left to undo."


class NothingToRedo(Refused):
    """This is the newest revision."""

    code = "nothing_to_redo"
    message = "There is nothing to redo."


@dataclass(frozen=True, slots=True)
class Draft:
    """What the designer shows; `number` is 0 while nothing was edited, and only grows.

    `said` is the edit that led here, in words, and `by` whose it was; `is_saved` whether the latest
    version is just this.
    """

    number: int
    definition: Any
    said: str
    by: str
    is_saved: bool
    can_undo: bool
    can_redo: bool


def current(workflow: Workflow) -> Draft:
    """Return the draft as it stands now; the latest version, when nothing was edited."""
    with isolation.workspace(workflow.workspace_id):
        rows = Workflow.objects.select_related("draft", "latest").defer("latest__definition")
        return of(rows.get(pk=workflow.pk))


def of(workflow: Workflow) -> Draft:
    """Return the draft of a workflow that was read just now, in the workspace's scope."""
    revision, latest = workflow.draft, workflow.latest
    source = revision or latest
    ends = _revisions(workflow).aggregate(first=Min("number"), last=Max("number"))
    number = revision.number if revision else 0
    return Draft(
        number=number,
        definition=_definition(workflow),
        said=revision.said if revision else "",
        by=source.created_by_name if source else "",
        is_saved=_is_saved(workflow),
        can_undo=bool(number and ends["first"] < number),
        can_redo=bool(number and ends["last"] > number),
    )


def edit(
    workflow: Workflow,
    change: Callable[[Any], Any],
    *,
    said: str | Callable[[Any, Any], str],
    actor: Actor | User,
    node_id: str = "",
    based_on: int | None = None,
) -> Draft:
    """Change the draft, as it stands when nobody else can change it.

    Args:
        workflow: whose draft it is.
        change: makes a definition out of the newest one; pure. What it refuses is refused here.
        said: the edit in words, or what makes them of the definitions before and after.
        actor: who edits.
        node_id: the step that is edited, when it is one.
        based_on: the revision at which the actor looked. When somebody else changed that step
            since, nothing is changed.

    Raises:
        Overtaken, DefinitionTooLarge, WorkflowGone: nothing was changed.
    """
    actor = Actor.of(actor)
    with isolation.workspace(workflow.workspace_id):
        locked = _locked(workflow)
        if based_on is not None and node_id:
            _refuse_overtaken(locked, node_id, based_on=based_on, actor=actor)
        before = _definition(locked)
        after = _fit(change(before))
        if after != before:
            words = said if isinstance(said, str) else said(before, after)
            _store_base(locked)
            touched = node_id or parts.changed_id(before, after)
            _append(locked, after, said=words, actor=actor, node_id=touched)
        workflow.draft = locked.draft
        return of(locked)


def undo(workflow: Workflow) -> Draft:
    """Go back to the revision before. Raises: NothingToUndo."""
    return _step(workflow, "number__lt", "-number", NothingToUndo)


def redo(workflow: Workflow) -> Draft:
    """Go on to the revision after. Raises: NothingToRedo."""
    return _step(workflow, "number__gt", "number", NothingToRedo)


def save(workflow: Workflow, *, actor: Actor | User, note: str = "") -> Version:
    """Make the draft the latest version; `versions.save` says what follows.

    A sound version that is just this is returned as it is: there is nothing to save.
    """
    with isolation.workspace(workflow.workspace_id):
        locked = _locked(workflow)
        if locked.latest and locked.latest.is_sound and not note and _is_saved(locked):
            return locked.latest
        version = versions.save(locked, definition=_definition(locked), actor=actor, note=note)
        if locked.draft:
            locked.draft.saved_as = version.number
            locked.draft.save(update_fields=["saved_as"])
        workflow.latest, workflow.live = locked.latest, locked.live
        workflow.draft = locked.draft
    return version


def follow(workflow: Workflow, *, actor: Actor | User) -> Draft:
    """Put the latest version into the draft, when it was saved elsewhere than in the designer."""
    return _put_latest(workflow, "Version {number}", actor=Actor.of(actor))


def discard(workflow: Workflow, *, actor: Actor | User) -> Draft:
    """Give up what was not saved; undo brings it back."""
    return _put_latest(workflow, "Went back to version {number}", actor=Actor.of(actor))


def _put_latest(workflow: Workflow, said: str, *, actor: Actor) -> Draft:
    with isolation.workspace(workflow.workspace_id):
        locked = _locked(workflow)
        latest = locked.latest
        if locked.draft and latest and not _is_saved(locked):
            words = said.format(number=latest.number)
            _append(locked, latest.definition, said=words, actor=actor, saved_as=latest.number)
        workflow.draft = locked.draft
        return of(locked)


def _locked(workflow: Workflow) -> Workflow:
    rows = Workflow.objects.select_related("workspace", "draft", "latest", "live")
    found: Workflow = rows.select_for_update(of=("self",)).get(pk=workflow.pk)
    if found.removed_at is not None:
        raise WorkflowGone
    return found


def _definition(workflow: Workflow) -> Any:
    source = workflow.draft or workflow.latest
    return source.definition if source else {"nodes": [], "wires": []}


def _is_saved(workflow: Workflow) -> bool:
    latest = workflow.latest.number if workflow.latest else None
    return workflow.draft is None or workflow.draft.saved_as == latest


def _revisions(workflow: Workflow) -> QuerySet[Revision]:
    rows: QuerySet[Revision] = Revision.objects.filter(workflow_id=workflow.pk)
    return rows


def _fit(definition: Any) -> Any:
    found = storable.value(definition)
    if len(json.dumps(found)) > LARGEST_BYTES:
        raise DefinitionTooLarge
    return found


def _refuse_overtaken(workflow: Workflow, node_id: str, *, based_on: int, actor: Actor) -> None:
    """Refuse when the step is another one now, by somebody else's doing."""
    if workflow.draft is None or workflow.draft.number <= based_on:
        return
    rows = _revisions(workflow).filter(number__gt=based_on, number__lte=workflow.draft.number)
    others = rows.filter(node_id__in=("", node_id)).exclude(created_by_id=actor.id)
    last = others.defer("definition").order_by("-number").first()
    if last is not None and _differs(workflow, node_id, based_on):
        raise Overtaken(f"{last.created_by_name} changed this step meanwhile: {last.said}.")


def _differs(workflow: Workflow, node_id: str, based_on: int) -> bool:
    """Whether a step is not what it was; so it is taken to be when nobody knows any more."""
    rows = _revisions(workflow).filter(number__lte=max(based_on, 1))
    seen = rows.order_by("-number").first()
    if seen is None or seen.number != max(based_on, 1):
        return True
    before, now = parts.by_id(seen.definition), parts.by_id(_definition(workflow))
    return before.get(node_id) != now.get(node_id)


def _store_base(workflow: Workflow) -> None:
    """Keep what the first edit begins with, so that undo leads back to it."""
    latest = workflow.latest
    if workflow.draft is not None or latest is None:
        return
    workflow.draft = Revision.objects.create(
        id=new_id(),
        workspace_id=workflow.workspace_id,
        workflow=workflow,
        number=1,
        definition=latest.definition,
        said=f"Version {latest.number}",
        saved_as=latest.number,
        created_at=latest.created_at,
        created_by_id=latest.created_by_id,
        created_by_name=latest.created_by_name,
    )


def _append(
    workflow: Workflow,
    definition: Any,
    *,
    said: str,
    actor: Actor,
    node_id: str = "",
    saved_as: int | None = None,
) -> None:
    """Put a revision behind the draft's, drop what was undone, and forget the oldest ones.

    Numbers are not given twice, so that whoever looked at a dropped one is not taken to have seen
    the one in its place.
    """
    rows = _revisions(workflow)
    here = workflow.draft.number if workflow.draft else 0
    last = rows.aggregate(last=Max("number"))["last"] or 0
    rows.filter(number__gt=here).delete()
    workflow.draft = Revision.objects.create(
        id=new_id(),
        workspace_id=workflow.workspace_id,
        workflow=workflow,
        number=last + 1,
        definition=definition,
        said=said[:200],
        node_id=node_id,
        saved_as=saved_as,
        created_by_id=actor.id,
        created_by_name=actor.name,
    )
    workflow.save(update_fields=["draft"])
    kept = rows.order_by("-number").values_list("number", flat=True)[MOST_KEPT - 1 : MOST_KEPT]
    rows.filter(number__lt=kept[0] if kept else 0).delete()


def _step(workflow: Workflow, side: str, order: str, refusal: type[Refused]) -> Draft:
    with isolation.workspace(workflow.workspace_id):
        locked = _locked(workflow)
        number = locked.draft.number if locked.draft else 0
        found = _revisions(locked).filter(**{side: number}).order_by(order).first()
        if found is None or not number:
            raise refusal
        locked.draft = found
        locked.save(update_fields=["draft"])
        workflow.draft = locked.draft
        return of(locked)
