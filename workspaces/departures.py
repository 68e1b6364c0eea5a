"""What a leaving member's name is on, and what a dying workspace must destroy.

Apps above register here in `apps.ready()`; this app knows none of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from workspaces.models import Membership, User, Workspace


@dataclass(frozen=True, slots=True)
class Holding:
    """Something that acts as a person or belongs to one: what it is, its name and address."""

    kind: str
    name: str
    path: str
    acts_as_person: bool = False


Finder = Callable[[Membership], list[Holding]]
HandOver = Callable[[Membership, User], int]
Destroyer = Callable[[Workspace], None]

_finders: list[Finder] = []
_hand_overs: list[HandOver] = []
_destroyers: list[Destroyer] = []


def register(*, find: Finder, hand_over: HandOver) -> None:
    """Add a question about what a member holds, and how it goes to another member."""
    _finders.append(find)
    _hand_overs.append(hand_over)


def register_destroyer(destroy: Destroyer) -> None:
    """Add something to be destroyed before a workspace's rows go."""
    _destroyers.append(destroy)


def holdings(membership: Membership) -> list[Holding]:
    """List what a member's name is on, in the workspace's scope."""
    return [holding for find in _finders for holding in find(membership)]


def hand_over(membership: Membership, *, to: User) -> int:
    """Give all that a member holds to another member; return how many things moved."""
    return sum(move(membership, to) for move in _hand_overs)


def destroy(workspace: Workspace) -> None:
    """Destroy what must not outlive a workspace."""
    for destroyer in _destroyers:
        destroyer(workspace)
