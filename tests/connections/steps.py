"""What these tests do again and again: connect, be a worker, be a browser, look at rows."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.urls import reverse

from connections import tasks
from connections.models import Check, Connection, Credential
from tests import factories, servers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers import Authority, Received, Reply, Server
    from workspaces.models import User, Workspace

KEY = "a-key-1111111111"
NEW_KEY = "a-key-2222222222"
TOKEN = "ghp_" + "A1b2" * 9
OTHER_TOKEN = "ghp_" + "Z9y8" * 9
ACCOUNTS = {TOKEN: ("1", "octocat"), OTHER_TOKEN: ("2", "hubot")}


@contextmanager
def door(*keys: str) -> Iterator[Server]:
    """Run a server that lets these keys in."""

    def answer(received: Received) -> Reply:
        given = received.headers.get("authorization", "").removeprefix("Bearer ")
        return servers.json_reply({"path": received.path}, 200 if given in keys else 401)

    with servers.recording(answer) as server:
        yield server


@contextmanager
def github(authority: Authority) -> Iterator[Server]:
    """Run a GitHub that knows two tokens, each of another account."""

    def answer(received: Received) -> Reply:
        given = received.headers.get("authorization", "").removeprefix("Bearer ")
        if given not in ACCOUNTS:
            return servers.json_reply({"message": "Bad credentials"}, 401)
        number, login = ACCOUNTS[given]
        return servers.json_reply({"id": int(number), "login": login, "type": "User"})

    with servers.recording(answer, tls=authority.issue("github.test")) as server:
        yield server


def http_values(server: Server, key: str = KEY) -> dict[str, str]:
    """Fill in the HTTP connector's bearer token for a server."""
    return {"base_url": server.url, "api_key": key, "test_path": "/me"}


def github_values(server: Server, token: str = TOKEN) -> dict[str, str]:
    """Fill in GitHub for a server of one's own."""
    host = f"github.test:{server.port}"
    return {"service_url": "enterprise_server", "host": host, "api_key": token}


def connect(workspace: Workspace, server: Server, **more: Any) -> Connection:
    """Make an Active HTTP connection to a server."""
    connection = factories.make_connection(
        workspace, connector_key="http", scheme="api_key", values=http_values(server), **more
    )
    work(connection)
    return fresh(connection)


def connect_github(workspace: Workspace, server: Server, **more: Any) -> Connection:
    """Make an Active GitHub connection to a server, as octocat."""
    connection = factories.make_connection(
        workspace, connector_key="github", values=github_values(server), **more
    )
    work(connection)
    return fresh(connection)


def work(connection: Connection) -> None:
    """Do what a worker does when it is woken for this connection."""
    tasks.verify(workspace_id=str(connection.workspace_id), connection_id=str(connection.pk))


def fresh(connection: Connection) -> Connection:
    """Read the row anew."""
    with factories.scope(connection.workspace):
        rows = Connection.objects.select_related("workspace", "owner")
        found: Connection = rows.get(pk=connection.pk)
    return found


def states(connection: Connection) -> list[tuple[int, str]]:
    """List the versions of a connection's credential."""
    with factories.scope(connection.workspace):
        rows = Credential.objects.filter(connection=connection).order_by("version")
        return list(rows.values_list("version", "state"))


def checks(connection: Connection) -> list[tuple[str, str, str]]:
    """List the kind, outcome and status after of each check, the oldest first."""
    with factories.scope(connection.workspace):
        rows = Check.objects.filter(connection=connection).order_by("at")
        return list(rows.values_list("kind", "outcome", "status_after"))


def url(connection: Connection, name: str = "detail") -> str:
    """Return the address of one of a connection's pages."""
    where = {"slug": connection.workspace.slug, "connection_id": connection.pk}
    return reverse(f"connections:{name}", kwargs=where)


def workspace_url(workspace: Workspace, name: str, **where: Any) -> str:
    """Return another address of a workspace."""
    return reverse(name, kwargs={"slug": workspace.slug, **where})


def get(user: User, address: str, **headers: str) -> tuple[int, str]:
    """Be a browser: status and text of a page."""
    answer = factories.signed_in(user).get(address, headers=headers)
    return answer.status_code, answer.content.decode()


def post(user: User, address: str, data: dict[str, Any] | None = None, **headers: str) -> Any:
    """Send a form, and give the answer itself."""
    return factories.signed_in(user).post(address, data or {}, headers=headers)


def htmx(target: str = "") -> dict[str, str]:
    """Be htmx, asking for a fragment."""
    return {"HX-Request": "true", **({"HX-Target": target} if target else {})}
