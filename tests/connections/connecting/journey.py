"""What these tests do again and again: begin, be the person at the service, be the worker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connections import tasks
from connections.models import Authorization, Connection, Credential
from connections.oauth import apps, authorize, returning
from tests import factories
from tests.connections import steps
from tests.servers import plain_client

if TYPE_CHECKING:
    from tests.servers.oidc import AuthorizationServer
    from workspaces.models import User, Workspace

SESSION = "the-session-of-this-browser"


def set_app(workspace: Workspace, service: AuthorizationServer) -> None:
    """Enter the service's app as the workspace's own."""
    factories.make_connector("oidc")
    apps.set_own(
        workspace,
        connector_key="oidc",
        scheme="oauth2",
        client_id=service.app.id,
        client_secret=service.app.secret,
        actor=factories.owner_of(workspace),
    )


def pending(workspace: Workspace, service: AuthorizationServer, **more: Any) -> Connection:
    """Make a connection that nobody authorized yet."""
    return factories.make_connection(
        workspace,
        connector_key="oidc",
        scheme="oauth2",
        values={"host": service.place},
        **{"name": "Orders"} | more,
    )


def begin(connection: Connection, user: User, **more: Any) -> str:
    """Leave for the service; give the address."""
    options: dict[str, Any] = {"scopes": [], "session_key": SESSION} | more
    return authorize.begin(connection, actor=user, **options)


def agree(service: AuthorizationServer, url: str, *, account: str = "alice") -> dict[str, str]:
    """Be the person who agrees; give the query of the callback."""
    return plain_client.returned(service.agree(url, account=account))


def come_back(query: dict[str, str], *, session_key: str = SESSION) -> Authorization:
    """Bring the service's answer."""
    return returning.answer(query, session_key=session_key)


def work(attempt: Authorization) -> None:
    """Do what a worker does when it is woken for an attempt, and then for its connection."""
    tasks.exchange(workspace_id=str(attempt.workspace_id), authorization_id=str(attempt.pk))
    steps.work(attempt.connection)


def go(
    connection: Connection, service: AuthorizationServer, user: User, *, account: str = "alice",
    **more: Any,
) -> Connection:  # fmt: skip
    """Do the whole journey; give the connection as it is then."""
    query = agree(service, begin(connection, user, **more), account=account)
    work(come_back(query))
    return steps.fresh(connection)


def fresh(attempt: Authorization) -> Authorization:
    """Read an attempt anew."""
    with factories.scope(attempt.connection.workspace):
        row: Authorization = Authorization.objects.get(pk=attempt.pk)
    return row


def version(connection: Connection, state: str = "current") -> Credential:
    """Read a version of the credential."""
    with factories.scope(connection.workspace):
        row: Credential = Credential.objects.get(connection=connection, state=state)
    return row
