"""How many invitations are sent, so that nobody makes a mail relay of them."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from spojit.lib import limits

if TYPE_CHECKING:
    import uuid

    from workspaces.audit import Actor

HOUR, DAY = 3600, 86400
WORKSPACE_A_DAY = 50
PERSON_AN_HOUR = 20
ADDRESS_AN_HOUR = 3


class TooManyInvitations(limits.TooMany):
    """So many invitations were sent that the next one must wait."""

    code = "too_many_invitations"
    message = "Too many invitations were sent."
    hint = "Try again later."


def take(workspace_id: uuid.UUID, *, email: str, actor: Actor) -> None:
    """Count one more invitation: for its address, by who sends it, and of the workspace.

    An address counts across all workspaces. Commands have no limit of their own.

    Raises:
        TooManyInvitations: its hint says of which there were too many.
    """
    address = hashlib.sha256(email.encode()).hexdigest()
    _take(f"to:{address}", ADDRESS_AN_HOUR, HOUR, hint=_TO_ADDRESS)
    if actor.id is not None:
        _take(f"by:{actor.id}", PERSON_AN_HOUR, HOUR, hint=_BY_PERSON)
    _take(f"of:{workspace_id}", WORKSPACE_A_DAY, DAY, hint=_OF_WORKSPACE)


_TO_ADDRESS = f"One address gets at most {ADDRESS_AN_HOUR} an hour. Try again in an hour."
_BY_PERSON = f"One person sends at most {PERSON_AN_HOUR} an hour. Try again in an hour."
_OF_WORKSPACE = f"A workspace sends at most {WORKSPACE_A_DAY} a day. Try again tomorrow."


def _take(key: str, limit: int, seconds: int, *, hint: str) -> None:
    try:
        limits.take(f"invitation:{key}", limit=limit, seconds=seconds)
    except limits.TooMany:
        raise TooManyInvitations(hint=hint) from None
