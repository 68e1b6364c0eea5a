"""What a leaving member's name is on, and to whom it goes; what a dying workspace must end.

Apps above register here in `apps.ready()`; this app knows none of them.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from workspaces.audit import Actor
from workspaces.models import Membership, User, Workspace


@dataclass(frozen=True, slots=True)
class Holding:
    """Something that belongs to a person, or acts as one.

    `kind` is what people call it ("GitHub connection"), `icon` and `status` what the template
    tags of the same names draw.
    """

    kind: str
    name: str
    path: str
    icon: Any = None
    status: Any = None
    acts_as_person: bool = False


Holdings = dict[uuid.UUID, list[Holding]]
Finder = Callable[[Workspace, Collection[uuid.UUID]], Holdings]
HandOver = Callable[[Membership, User | None, Actor], int]
Ending = Callable[[Workspace], None]

_finders: list[Finder] = []
_hand_overs: list[HandOver] = []
_endings: list[Ending] = []


def register(*, find: Finder, hand_over: HandOver) -> None:
    """Add a question about what members hold, and how one's things go to another or to nobody."""
    _finders.append(find)
    _hand_overs.append(hand_over)


def holdings(workspace: Workspace, user_ids: Collection[uuid.UUID]) -> Holdings:
    """List what each of these people's names is on, by person, in the workspace's scope."""
    found: Holdings = defaultdict(list)
    for find in _finders:
        for user_id, things in find(workspace, user_ids).items():
            found[user_id] += things
    return found


def hand_over(membership: Membership, *, to: User | None, actor: Actor) -> int:
    """Give all that a member holds to another member, or to nobody; return how many things."""
    return sum(move(membership, to, actor) for move in _hand_overs)


def on_deletion(end: Ending) -> None:
    """Call `end(workspace)` in a workspace's scope, right before its rows are deleted."""
    _endings.append(end)


def end(workspace: Workspace) -> None:
    """End what may not be deleted while it goes on."""
    for ending in _endings:
        ending(workspace)
