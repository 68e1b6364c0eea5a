"""Tells people once when a connection stops working, and takes it back when it works again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connections import caretakers, usage
from connections.models import Connection, Status
from connectors.outcomes import MEANINGS
from spojit.lib import clock, limits
from spojit.lib.errors import Refused
from workspaces import audit, isolation, notices

if TYPE_CHECKING:
    from workspaces.models import User

PREFIX = "status:"
ASKED = "asked:"
BROKEN = frozenset({Status.REAUTHORIZE, Status.ERROR})
MOST_NAMED = 5
MOST_ASKED_A_DAY = 3


class NothingToMend(Refused):
    """The connection works, so nobody needs to be asked."""

    code = "nothing_to_mend"
    message = "This connection works, so there is nothing to ask for."


def on_status_changed(connection: Connection, before: str, after: str) -> None:
    """Tell of a connection that broke, or close what was told of one that works again.

    The first answer to a new connection is told on the page of whoever made it.
    """
    if after == Status.ACTIVE:
        notices.close(connection.workspace, subject_id=connection.pk, key_prefix=PREFIX)
        notices.close(connection.workspace, subject_id=connection.pk, key_prefix=ASKED)
    elif after in BROKEN and before != Status.PENDING:
        notices.close(connection.workspace, subject_id=connection.pk, key_prefix=PREFIX)
        _tell(connection)


def ask_to_mend(connection: Connection, *, actor: User) -> list[User]:
    """Ask whoever looks after a connection to reconnect or repair it; return whom that is.

    Raises:
        NothingToMend: it works.
        TooMany: this person asked for it three times today.
    """
    if connection.status not in BROKEN:
        raise NothingToMend
    limits.take(f"asked:{connection.pk}:{actor.pk}", limit=MOST_ASKED_A_DAY, seconds=86_400)
    with isolation.workspace(connection.workspace_id):
        asked = caretakers.first(connection)
        notices.tell(
            connection.workspace,
            users=asked,
            key=f"{ASKED}{connection.pk}:{actor.pk}:{clock.now().isoformat()}",
            subject_id=connection.pk,
            title=f"{actor} asks you to {_verb(connection)} {connection.name}",
            text=_sentence(connection),
            path=mending_path(connection),
        )
        audit.record(
            connection.workspace, actor=actor, act="connection.mending_asked", subject=connection
        )
    return asked


def mending_path(connection: Connection) -> str:
    """Return where a connection is mended: where it is reconnected, or its own page."""
    page = connection.get_absolute_url()
    is_passing = connection.reason in MEANINGS and MEANINGS[connection.reason].transient
    is_to_decide = connection.reason == "other_account"
    return page if is_passing or is_to_decide else f"{page}credential/"


def _tell(connection: Connection) -> None:
    verb = "must be reconnected" if connection.status == Status.REAUTHORIZE else "does not work"
    notices.tell(
        connection.workspace,
        users=caretakers.of(connection),
        key=f"{PREFIX}{connection.pk}:{clock.now().isoformat()}",
        subject_id=connection.pk,
        title=f"{connection.name} {verb}",
        text=f"{_sentence(connection)} {_stops(connection)}".strip(),
        path=mending_path(connection),
    )


def _sentence(connection: Connection) -> str:
    meaning = MEANINGS.get(connection.reason)
    return f"{meaning.sentence} {meaning.hint}".strip() if meaning else ""


def _stops(connection: Connection) -> str:
    """Name the workflows that are enabled and use it."""
    found = [reference for reference in usage.references(connection) if reference.is_enabled]
    names = sorted({reference.workflow_name for reference in found})
    if not names:
        return ""
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return f"It stops {', '.join(names[:MOST_NAMED])}{more}."


def _verb(connection: Connection) -> str:
    return "reconnect" if connection.status == Status.REAUTHORIZE else "repair"
