"""What tests of grants do again and again: authorize, age tokens, look at the row."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol

from connections import calls
from connections.calls import Use
from connections.credentials import rows, tokens
from connections.models import Connection, Credential, InstallationApp, UseCounter
from connections.oauth import apps, claims, renewing
from connectors import oauth
from spojit.lib import clock
from tests import factories
from tests.connections import steps

if TYPE_CHECKING:
    from connectors.outcomes import Outcome
    from tests.servers.plain_client import App
    from tests.servers.tokens import TokenServer
    from workspaces.models import Workspace

USE = Use("person", name="Bob")
ENDING = timedelta(seconds=5)
OVER = timedelta(seconds=-1)


class Service(Protocol):
    """What grants need to know of any server for tests: the app there, and host and port."""

    @property
    def app(self) -> App: ...

    @property
    def place(self) -> str: ...


def install_app(server: Service) -> InstallationApp:
    """Let staff enter the server's app for the whole installation."""
    factories.make_connector("oidc")
    return apps.set_for_installation(
        connector_key="oidc",
        scheme="oauth2",
        client_id=server.app.id,
        client_secret=server.app.secret,
        staff_name="Staff",
    )


def connect(workspace: Workspace, server: TokenServer, **more: Any) -> Connection:
    """Make an Active connection whose person authorized it at the server."""
    connection = pending(workspace, server, **more)
    authorize(connection, server)
    steps.work(connection)
    return steps.fresh(connection)


def pending(workspace: Workspace, server: Service, **more: Any) -> Connection:
    """Make a connection that nobody authorized yet."""
    return factories.make_connection(
        workspace,
        connector_key="oidc",
        scheme="oauth2",
        values={"host": server.place},
        **{"name": "Shop"} | more,
    )


def authorize(connection: Connection, server: TokenServer, *, account: str = "account") -> None:
    """Store a grant of the server in the version in use, and make its verification due."""
    told = server.grants(1, account=account)[0]
    with factories.scope(connection.workspace):
        row = rows.current(connection)
        assert row is not None
        fill(row, connection, server, told)
        row.save()
        Connection.objects.filter(pk=connection.pk).update(verification_due_at=clock.now())


def fill(
    row: Credential,
    connection: Connection,
    server: Service,
    told: dict[str, Any],
) -> None:
    """Put what a token endpoint answered into a row, which the caller saves."""
    oauth2 = connection.manifest_scheme.oauth2
    assert oauth2 is not None
    got = oauth.Tokens(
        access_token=told["access_token"],
        refresh_token=told.get("refresh_token", ""),
        expires_in=told.get("expires_in"),
        scopes=told["scope"].split(),
    )
    row.asked_scopes = got.scopes
    row.app_client_id = server.app.id
    row.refresh_place = server.place
    tokens.put(row, renewing.renewal(oauth2, got, before=None, row=row))


def credential(connection: Connection) -> Credential:
    """Read the version in use."""
    with factories.scope(connection.workspace):
        row = rows.current(connection)
    assert row is not None
    return row


def age(connection: Connection, *, left: timedelta, due: bool = True) -> Credential:
    """Leave the tokens only so much life; they are due unless told otherwise."""
    now = clock.now()
    moments: dict[str, Any] = {"tokens_expire_at": now + left}
    if due:
        moments["refresh_due_at"] = now
    change(connection, **moments)
    return credential(connection)


def change(connection: Connection, **columns: Any) -> None:
    """Change columns of the version in use."""
    with factories.scope(connection.workspace):
        Credential.objects.filter(connection=connection, state="current").update(**columns)


def call(connection: Connection) -> Outcome:
    """Use a tool that reads."""
    return calls.call(connection, tool="list_orders", arguments={}, use=USE)


def statuses(*numbers: int, **more: Any) -> list[dict[str, Any]]:
    """Order answers of the token endpoint by their status."""
    return [{"kind": "status", "status": number, **more} for number in numbers]


def refreshes(connection: Connection) -> int:
    """Count the renewals that were stored."""
    with factories.scope(connection.workspace):
        return sum(UseCounter.objects.values_list("refreshes", flat=True))


def renew(connection: Connection) -> str:
    """Do what a worker does for tokens that are due, whether or not they cool down."""
    change(connection, refresh_due_at=clock.now())
    found = claims.claim(credential(connection))
    assert found is not None
    return renewing.renew(found).name
