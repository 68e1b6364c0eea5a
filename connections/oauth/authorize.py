"""A person leaves for the service to say yes: the attempt, and the address that they go to.

The state is random, stored hashed, good for ten minutes and once, and bound to the session, the
workspace and the connection. `returning` takes the answer. Nothing here asks the service.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

from connections import credentials
from connections.credentials import rows
from connections.models import Authorization, Connection, Credential
from connections.oauth import apps, attempts
from connectors import oauth
from spojit.lib import clock, limits, redaction
from spojit.lib.errors import Refused
from spojit.lib.ids import new_id
from workspaces import isolation
from workspaces.audit import Actor
from workspaces.vault.envelope import CannotOpen

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from connections.oauth.apps import Known
    from connectors.manifest import Scheme
    from workspaces.models import User

GOOD_FOR = timedelta(minutes=10)
MOST_AN_HOUR = 20


class NotAGrant(Refused):
    """Nobody authorizes this way to sign in."""

    code = "not_a_grant"
    message = "This way to sign in is not authorized at a service."


class UnknownScope(Refused):
    """A scope was chosen that the connector does not declare."""

    code = "unknown_scope"
    message = "One of the scopes is not known."


def begin(
    connection: Connection,
    *,
    scopes: Collection[str],
    session_key: str,
    actor: Actor | User,
    fields: Mapping[str, str] | None = None,
    clear: Collection[str] = (),
) -> str:
    """Begin an attempt, and give the address at the service to which the browser goes.

    Args:
        connection: one whose scheme is a grant.
        scopes: those chosen; required ones, and those asked for before, are added.
        session_key: of the person's session; only that session may bring the answer.
        actor: who will authorize it.
        fields: values of the scheme that changed, staged as a new version; None for none.
        clear: secret fields to empty, with `fields`.

    Raises:
        NotAGrant, UnknownScope: this cannot be authorized.
        AppMissing: there is no OAuth app.
        CredentialMissing, CredentialUnreadable: the values of the scheme are gone.
        InvalidValues, ConnectionGone: as `credentials.stage`.
        BadServiceUrl, Unfilled: the values make no address.
        TooMany: it was begun 20 times in this hour.
    """
    actor, scheme = Actor.of(actor), connection.manifest_scheme
    wanted = _known(scheme, scopes)
    limits.take(f"authorization:{connection.pk}", limit=MOST_AN_HOUR, seconds=3600)
    state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
    redaction.register([state, verifier])
    with isolation.workspace(connection.workspace_id):
        known = app_for(connection)
        base = _base(connection, fields=fields, clear=clear, actor=actor)
        values = _values(base)
        asked = oauth.asked_scopes(scheme.oauth2, [*_before(connection, scheme), *wanted])  # type: ignore[arg-type]
        row = _new(connection, base, known, scopes=asked, actor=actor)
        row.state_hash, row.session_hash = attempts.hashed(state), attempts.hashed(session_key)
        row.verifier_sealed = attempts.seal(row, verifier, purpose=attempts.VERIFIER)
        url = _url(connection, values, known, row, state=state, verifier=verifier)
        row.save(force_insert=True)
    return url


def app_for(connection: Connection) -> Known | None:
    """Find the app that an authorization would use; None where the fields are the client.

    Raises:
        AppMissing: there is none.
    """
    if not apps.needs_app(connection.manifest_scheme):
        return None
    return apps.find(
        connection.workspace, connector_key=connection.connector_id, scheme=connection.scheme
    )


def _values(base: Credential) -> dict[str, str]:
    try:
        return rows.unseal(base).values
    except CannotOpen:
        raise credentials.CredentialUnreadable from None


def _known(scheme: Scheme, scopes: Collection[str]) -> list[str]:
    if scheme.oauth2 is None or not scheme.is_grant:
        raise NotAGrant
    declared = {scope.scope for scope in scheme.oauth2.scopes}
    if not set(scopes) <= declared:
        raise UnknownScope
    return list(scopes)


def _before(connection: Connection, scheme: Scheme) -> list[str]:
    """List what the grant in use was asked for, as far as it can still be asked for."""
    current = rows.current(connection)
    assert scheme.oauth2 is not None
    declared = {scope.scope for scope in scheme.oauth2.scopes}
    asked = (current.asked_scopes or []) if current and current.tokens else []
    return [scope for scope in asked if scope in declared]


def _base(
    connection: Connection,
    *,
    fields: Mapping[str, str] | None,
    clear: Collection[str],
    actor: Actor,
) -> Credential:
    """Give the version whose fields are used: a new one when they changed."""
    current, staged = rows.current(connection), rows.staged(connection)
    is_new = current is None or current.tokens is None
    if fields is not None:
        return credentials.stage(
            connection, values=fields, clear=clear, actor=actor, onto_staged=is_new
        )
    if is_new and staged is not None:
        return staged
    if current is None:
        raise credentials.CredentialMissing
    return current


def _new(
    connection: Connection,
    base: Credential,
    known: Known | None,
    *,
    scopes: list[str],
    actor: Actor,
) -> Authorization:
    now = clock.now()
    return Authorization(
        id=new_id(),
        workspace_id=connection.workspace_id,
        connection=connection,
        credential_id=base.pk,
        actor_id=actor.id,
        actor_name=actor.name,
        scopes=scopes,
        app_id=known.app_id if known else None,
        app_client_id=known.client_id if known else "",
        created_at=now,
        expires_at=now + GOOD_FOR,
    )


def _url(
    connection: Connection,
    values: dict[str, str],
    known: Known | None,
    row: Authorization,
    *,
    state: str,
    verifier: str,
) -> str:
    return oauth.authorize_url(
        connection.manifest,
        connection.manifest_scheme,
        values,
        app=oauth.App(known.client_id if known else values.get("client_id", "")),
        redirect_uri=apps.redirect_url(),
        state=state,
        verifier=verifier,
        scopes=row.scopes,
        account=connection.account_name,
    )
