"""OAuth apps: a workspace's own client comes before the installation's. Secrets stay sealed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connection as database

from connections.models import InstallationApp, OAuthApp
from connectors.oauth import App
from spojit.lib import clock, redaction
from spojit.lib.errors import Refused
from workspaces import audit, isolation
from workspaces.audit import Actor
from workspaces.vault import keyring

if TYPE_CHECKING:
    import uuid

    from connections.models import Authorization, Credential
    from connectors.manifest import Scheme
    from workspaces.models import User, Workspace

PURPOSE = "oauth_app"
LONGEST_CLIENT_ID = 300


class AppMissing(Refused):
    """Neither the workspace nor the installation has an OAuth app for this way to sign in."""

    code = "oauth_app_missing"
    message = "There is no OAuth app for this service yet."
    hint = (
        "An admin of the workspace can enter one in Settings, OAuth apps; staff can for everyone."
    )


class AppReplaced(Refused):
    """The app by which a grant was made is gone or has another client ID; tokens belong to one."""

    code = "oauth_app_replaced"
    message = "The OAuth app of this connection was replaced, so its tokens cannot be renewed."
    hint = "Reconnect."


class BadApp(Refused):
    """The client ID or secret cannot be stored."""

    code = "bad_oauth_app"
    message = "Give the client ID as the service shows it, on one line and without spaces."


@dataclass(frozen=True, slots=True)
class Known:
    """An app as it is stored, not opened.

    Attributes:
        app_id: of the workspace's own app; None for the installation's.
        secret_sealed: None for a client without a secret.
        bound_to: for which row, connector and scheme the secret was sealed.
    """

    client_id: str
    app_id: uuid.UUID | None
    secret_sealed: bytes | None = field(repr=False)
    bound_to: str
    workspace_id: uuid.UUID | None

    @property
    def is_own(self) -> bool:
        """Whether it is the workspace's own."""
        return self.app_id is not None


def redirect_url() -> str:
    """Return the address that whoever registers an app at a service enters there."""
    return f"{settings.PUBLIC_URL}/oauth/callback"


def find(workspace: Workspace, *, connector_key: str, scheme: str) -> Known:
    """Find the app that a new authorization uses, in the workspace's scope.

    Raises:
        AppMissing: there is none.
    """
    own = OAuthApp.objects.filter(workspace=workspace, connector_id=connector_key, scheme=scheme)
    row = own.first()
    if row is not None:
        return _known(row)
    return _of_installation(connector_key, scheme)


def of(row: Credential | Authorization, *, connector_key: str, scheme: str) -> Known:
    """Find the app that a version's tokens belong to, or by which an attempt was begun.

    Raises:
        AppMissing, AppReplaced: it is gone, or has another client ID now.
    """
    if row.app_id is None:
        known = _of_installation(connector_key, scheme)
    else:
        known = _own(row, connector_key, scheme)
    if known.client_id != row.app_client_id:
        raise AppReplaced
    return known


def opened(known: Known) -> App:
    """Open an app's secret for a request about to be made; masked from now on in this context.

    Raises:
        CannotOpen: as `workspaces.vault` does.
    """
    if known.secret_sealed is None:
        return App(known.client_id)
    table = (OAuthApp if known.is_own else InstallationApp)._meta.db_table
    secret = keyring.open_(
        known.secret_sealed,
        workspace_id=known.workspace_id,
        table=table,
        row=known.bound_to,
        purpose=PURPOSE,
        version=1,
    ).decode()
    redaction.register([secret])
    return App(known.client_id, secret)


def set_own(
    workspace: Workspace,
    *,
    connector_key: str,
    scheme: str,
    client_id: str,
    client_secret: str,
    actor: Actor | User,
) -> OAuthApp:
    """Store a workspace's own app; an empty secret keeps the stored one of the same client ID.

    Raises:
        BadApp: a value cannot be one.
    """
    redaction.register([client_secret])
    actor = Actor.of(actor)
    with isolation.workspace(workspace):
        rows = OAuthApp.objects.select_for_update()
        row = rows.filter(workspace=workspace, connector_id=connector_key, scheme=scheme).first()
        row = row or OAuthApp(workspace=workspace, connector_id=connector_key, scheme=scheme)
        _fill(row, client_id, client_secret)
        row.set_at, row.set_by_id, row.set_by_name = clock.now(), actor.id, actor.name
        row.save()
        _record(workspace, actor=actor, act="oauth_app.set", row=row)
    return row


def remove_own(app: OAuthApp, *, actor: Actor | User) -> None:
    """Forget a workspace's own app; connections that it authorized must be reconnected."""
    with isolation.workspace(app.workspace_id):
        _record(app.workspace, actor=actor, act="oauth_app.removed", row=app)
        OAuthApp.objects.filter(pk=app.pk).delete()


def set_for_installation(
    *, connector_key: str, scheme: str, client_id: str, client_secret: str, staff_name: str
) -> InstallationApp:
    """Store the app that every workspace without its own uses; as `set_own` with an empty secret.

    Raises:
        BadApp: a value cannot be one.
    """
    redaction.register([client_secret])
    rows = InstallationApp.objects.filter(connector_id=connector_key, scheme=scheme)
    row = rows.first() or InstallationApp(connector_id=connector_key, scheme=scheme)
    _fill(row, client_id, client_secret)
    row.set_at, row.set_by_name = clock.now(), staff_name
    row.save()
    return row


def checked(client_id: str, client_secret: str) -> tuple[str, str]:
    """Give both without the spaces around them. Raises: BadApp: a value cannot be one."""
    client_id, client_secret = client_id.strip(), client_secret.strip()
    if not _is_fit(client_id) or len(client_id) > LONGEST_CLIENT_ID:
        raise BadApp
    if client_secret and not _is_fit(client_secret):
        raise BadApp("A client secret is one line without spaces; paste it whole.")
    return client_id, client_secret


def bound_to(row: OAuthApp | InstallationApp) -> str:
    """Say what a secret belongs to: its row, and the service that alone may get it."""
    return _bound_to(row.pk, row.connector_id, row.scheme)


def _bound_to(row_id: uuid.UUID, connector_key: str, scheme: str) -> str:
    return f"{row_id}/{connector_key}/{scheme}"


def needs_app(scheme: Scheme) -> bool:
    """Whether a client that is kept apart from the connection signs in."""
    return scheme.oauth2 is not None and scheme.oauth2.client == "app"


# Asked for each renewal: to write such a question anew takes longer than to answer it.
_INSTALLED = """
SELECT id, client_id, secret_sealed FROM connections_installationapp
WHERE connector_id = %(connector)s AND scheme = %(scheme)s
"""
_OWN = "SELECT id, client_id, secret_sealed FROM connections_oauthapp WHERE id = %(id)s"


def _of_installation(connector_key: str, scheme: str) -> Known:
    with database.cursor() as cursor:
        cursor.execute(_INSTALLED, {"connector": connector_key, "scheme": scheme})
        found = cursor.fetchone()
    if found is None:
        raise AppMissing
    return _columns(found, connector_key, scheme)


def _own(row: Credential | Authorization, connector_key: str, scheme: str) -> Known:
    found = isolation.ask(row.workspace_id, _OWN, {"id": row.app_id})
    if not found:
        raise AppReplaced
    return _columns(found[0], connector_key, scheme, workspace_id=row.workspace_id)


def _columns(
    found: tuple[uuid.UUID, str, bytes | None],
    connector_key: str,
    scheme: str,
    *,
    workspace_id: uuid.UUID | None = None,
) -> Known:
    row_id, client_id, sealed = found
    return Known(
        client_id=client_id,
        app_id=row_id if workspace_id else None,
        secret_sealed=None if sealed is None else bytes(sealed),
        bound_to=_bound_to(row_id, connector_key, scheme),
        workspace_id=workspace_id,
    )


def _known(row: OAuthApp | InstallationApp) -> Known:
    own = row if isinstance(row, OAuthApp) else None
    return Known(
        client_id=row.client_id,
        app_id=own.pk if own else None,
        secret_sealed=None if row.secret_sealed is None else bytes(row.secret_sealed),
        bound_to=bound_to(row),
        workspace_id=own.workspace_id if own else None,
    )


def _fill(row: OAuthApp | InstallationApp, client_id: str, client_secret: str) -> None:
    client_id, client_secret = checked(client_id, client_secret)
    if client_secret:
        row.secret_sealed = _seal(row, client_secret)
    elif client_id != row.client_id:
        row.secret_sealed = None
    row.client_id = client_id


def _is_fit(text: str) -> bool:
    return bool(text) and text.isprintable() and not any(mark.isspace() for mark in text)


def _seal(row: OAuthApp | InstallationApp, client_secret: str) -> bytes:
    return keyring.seal(
        client_secret.encode(),
        workspace_id=row.workspace_id if isinstance(row, OAuthApp) else None,
        table=row._meta.db_table,
        row=bound_to(row),
        purpose=PURPOSE,
        version=1,
    )


def _record(workspace: Workspace, *, actor: Actor | User, act: str, row: OAuthApp) -> None:
    details = {"connector": row.connector_id, "scheme": row.scheme, "client_id": row.client_id}
    audit.record(workspace, actor=actor, act=act, subject=row, details=details)
