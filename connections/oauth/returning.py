"""A person comes back from the service: whose state it is, and what it says. Nothing is asked here.

A state is consumed by one statement, in all workspaces, and only for the session that it is bound
to. The code is sealed; a worker exchanges it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import connection as database

from connections.credentials import rows
from connections.models import Authorization, Credential
from connections.oauth import attempts
from connectors import oauth, templates
from connectors.oauth import AuthorizationRefused, ReturnRefused
from connectors.outcomes import Outcome
from spojit.lib import clock, redaction
from spojit.lib.errors import Refused
from workspaces import isolation

if TYPE_CHECKING:
    import uuid
    from collections.abc import Mapping

SHORTEST_STATE, LONGEST_STATE = 20, 200
_BUSY = frozenset({"server_error", "temporarily_unavailable"})


class StateRefused(Refused):
    """What came back belongs to no attempt that may be answered. `kind` names the page of it."""

    kind = "unknown"
    code = "state_refused"
    message = "What came back from the service belongs to no attempt to connect."


class StaleState(StateRefused):
    """It came back too late."""

    kind = "stale"
    message = "The authorization took longer than ten minutes, so it no longer counts."


class ForeignSession(StateRefused):
    """It was begun in another session: another browser, or before signing in again."""

    kind = "session"
    message = "This authorization was begun in another browser or sign-in."


class AlreadyAnswered(StateRefused):
    """It came back once already. `attempt` is what was answered, in the same session."""

    kind = "repeated"
    message = "This answer of the service was used already; an answer counts once."

    def __init__(self, attempt: Authorization) -> None:
        """Take the attempt."""
        self.attempt = attempt
        super().__init__()


def answer(query: Mapping[str, str], *, session_key: str) -> Authorization:
    """Take what the service sent the person back with; the exchange is due when it holds a code.

    Args:
        query: of the callback, each parameter once.
        session_key: of the browser's session; empty when it has none.

    Returns:
        The attempt, consumed; finished already when the service or the person said no.

    Raises:
        StateRefused: it belongs to no attempt that may be answered; nothing was changed.
    """
    state = query.get("state", "")
    redaction.register([state, query.get("code", "")])
    if not SHORTEST_STATE <= len(state) <= LONGEST_STATE:
        raise StateRefused
    with isolation.everything(reason="the return from a service", is_routine=True):
        workspace_id, attempt_id = _consume(state, session_key)
        with isolation.workspace(workspace_id):
            row: Authorization = Authorization.objects.select_related("connection__workspace").get(
                pk=attempt_id
            )
            _take(row, query)
    return row


_CONSUME = """
UPDATE connections_authorization SET returned_at = %(now)s
WHERE state_hash = %(state)s AND session_hash = %(session)s
  AND returned_at IS NULL AND finished_at IS NULL AND expires_at > %(now)s
RETURNING workspace_id, id
"""


def _consume(state: str, session_key: str) -> tuple[uuid.UUID, uuid.UUID]:
    """Consume a state by one statement: of two that bring it, one comes through.

    It is committed together with the code: a sweep that finds the one finds the other.
    """
    state_hash, session_hash = attempts.hashed(state), attempts.hashed(session_key)
    values: dict[str, Any] = {
        "now": clock.now(),
        "state": state_hash,
        "session": session_hash,
    }
    with database.cursor() as cursor:
        cursor.execute(_CONSUME, values)
        found: tuple[uuid.UUID, uuid.UUID] | None = cursor.fetchone()
    if found is None:
        raise _refusal(state_hash, session_hash)
    return found


def _refusal(state_hash: str, session_hash: str) -> StateRefused:
    attempts_so_far = Authorization.objects.select_related("connection__workspace")
    row: Authorization | None = attempts_so_far.filter(state_hash=state_hash).first()
    if row is None:
        return StateRefused()
    if row.session_hash != session_hash:
        return ForeignSession()
    return StaleState() if row.returned_at is None else AlreadyAnswered(row)


def _take(row: Authorization, query: Mapping[str, str]) -> None:
    """Keep the code sealed, or end the attempt with what was said instead."""
    connection = row.connection
    base = Credential.objects.filter(pk=row.credential_id).first()
    values = rows.public_values(base) if base else {}
    try:
        told = oauth.read_return(connection.manifest, connection.manifest_scheme, values, query)
    except AuthorizationRefused as refused:
        name = "upstream_fault" if refused.error in _BUSY else "request_refused"
        outcome = Outcome(name, detail=refused.message)
        attempts.finish(row, connection, outcome, error=refused.error)
    except (ReturnRefused, templates.Unfilled) as refused:
        attempts.finish(row, connection, Outcome("bad_answer", detail=refused.message))
    else:
        row.answer_sealed = attempts.seal_answer(row, told.code, told.captured)
        row.save(update_fields=["answer_sealed"])
