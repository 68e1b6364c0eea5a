"""Two workspaces with one connector, host and client: nothing that signs in ever crosses.

The service names its tokens by the account, sets a cookie with every answer, and keeps all that it
heard. Each call's path says in whose name it is made.
"""

from __future__ import annotations

import base64
import threading
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import pytest
from django.db import connections as databases

from connections import calls, credentials
from connections.calls import Use
from connections.credentials import CredentialUnreadable, rows, tokens as stored
from connections.models import Connection
from connections.oauth import apps, sweeping
from spojit.lib import clock
from tests import factories, servers
from tests.connections import grants, steps
from tests.proofs.sizes import sized
from tests.servers import catalogue
from tests.servers.plain_client import App

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.proofs.conftest import Reach
    from tests.servers import Authority, Received, Reply, Server
    from workspaces.models import Workspace

pytestmark = pytest.mark.django_db(transaction=True)

NAMES = ("northwind", "nextdoor")
ROUNDS, THREADS = int(sized(4, 40)), 4
DYING = timedelta(seconds=5)
USE = Use("person", name="Bob")


class Service:
    """Renews `northwind-7` as `northwind-8`, mints `minted-9`, and lets in all of them."""

    def __init__(self) -> None:
        self.app = App()
        self.place = ""
        self._numbers, self._lock = count(1), threading.Lock()

    def answer(self, received: Received) -> Reply:
        told = self._token(received) if received.path == "/token" else _who(received)
        cookie = f"session=cookie-{self._number()}; Path=/"
        return servers.json_reply(told, Set_Cookie=cookie, X_Scopes="read")

    def grant(self, account: str) -> dict[str, Any]:
        """Give what the token endpoint answers for an account."""
        number = self._number()
        return {
            "access_token": f"{account}-access-{number}",
            "refresh_token": f"{account}-refresh-{number}",
            "expires_in": 3600,
            "scope": "read",
        }

    def _token(self, received: Received) -> dict[str, Any]:
        form = parse_qs(received.body.decode())
        if form["grant_type"] == ["client_credentials"]:
            return {"access_token": f"minted-{self._number()}", "expires_in": 3600}
        return self.grant(account_of(form["refresh_token"][0]))

    def _number(self) -> int:
        with self._lock:
            return next(self._numbers)


def _who(received: Received) -> dict[str, str]:
    account = account_of(bearer(received))
    return {"id": f"id-of-{account}", "name": account}


def account_of(token: str) -> str:
    return token.partition("-")[0]


def bearer(received: Received) -> str:
    return received.headers["authorization"].removeprefix("Bearer ")


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
def server(service: Service, authority: Authority, reach: Reach) -> Iterator[Server]:
    tls = authority.issue("127.0.0.1")
    with (
        catalogue.with_connectors(catalogue.OIDC),
        servers.recording(service.answer, tls=tls) as running,
    ):
        reach(running.port)
        service.place = f"127.0.0.1:{running.port}"
        grants.install_app(service)
        yield running


def authorized(workspace: Workspace, service: Service) -> Connection:
    """Connect a workspace by the one app, as the account that bears its name."""
    connection = grants.pending(workspace, service)
    with factories.scope(workspace):
        row = rows.current(connection)
        assert row is not None
        grants.fill(row, connection, service, service.grant(workspace.name))
        row.save()
        Connection.objects.filter(pk=connection.pk).update(verification_due_at=clock.now())
    steps.work(connection)
    return steps.fresh(connection)


def minting(workspace: Workspace, service: Service) -> Connection:
    """Connect a workspace by client credentials: both give the same ones."""
    values = {"host": service.place, "client_id": "shared", "client_secret": "the-same-secret"}
    return factories.make_connection(
        workspace, connector_key="oidc", scheme="oauth2_client", name="Machine", values=values
    )


def use(connection: Connection, number: int) -> None:
    """Call in the workspace's name, from a thread of its own; sometimes with a dying token."""
    try:
        if number % 3 == 0:
            grants.age(connection, left=DYING)
        path = f"/as/{connection.workspace.name}/{connection.scheme}"
        found = calls.call(connection, tool="request", arguments={"path": path}, use=USE)
        assert found.is_ok, found
        if number % 5 == 0:
            sweeping.sweep(threads=2, seconds=5)
    finally:
        databases.close_all()


@pytest.mark.soak
def test_no_token_or_cookie_of_one_workspace_is_ever_sent_or_kept_for_another(
    service: Service, server: Server
) -> None:
    workspaces = [factories.make_workspace(name) for name in NAMES]
    granted = [authorized(workspace, service) for workspace in workspaces]
    minted = [minting(workspace, service) for workspace in workspaces]
    assert [connection.account_name for connection in granted] == list(NAMES)
    with ThreadPoolExecutor(THREADS) as threads:
        everything = [*granted, *minted] * ROUNDS
        list(threads.map(use, everything, range(len(everything))))
    assert_each_has_its_own(server, granted)
    assert not any("cookie" in received.headers for received in server.requests)


def assert_each_has_its_own(server: Server, granted: list[Connection]) -> None:
    sent: dict[tuple[str, str], set[str]] = defaultdict(set)
    for received in server.requests:
        if received.path.startswith("/api/as/"):
            _, _, _, name, scheme = received.path.split("/")
            sent[name, scheme].add(bearer(received))
    northwind, nextdoor = NAMES
    assert {account_of(token) for token in sent[northwind, "oauth2"]} == {northwind}
    assert {account_of(token) for token in sent[nextdoor, "oauth2"]} == {nextdoor}
    assert len(sent[northwind, "oauth2"]) > 1
    assert sent[northwind, "oauth2_client"] & sent[nextdoor, "oauth2_client"] == set()
    assert {account_of(token) for token in sent[northwind, "oauth2_client"]} == {"minted"}
    for connection in granted:
        held = stored.read(grants.credential(connection))
        assert held is not None
        accounts = {account_of(held.access_token), account_of(held.refresh_token)}
        assert accounts == {connection.workspace.name}
        assert steps.fresh(connection).account_name == connection.workspace.name


def test_a_workspaces_own_app_is_never_used_for_another(service: Service, server: Server) -> None:
    own, other = (factories.make_workspace(name) for name in NAMES)
    apps.set_own(
        own,
        connector_key="oidc",
        scheme="oauth2",
        client_id="their-own-app",
        client_secret="their-own-secret",
        actor=factories.owner_of(own),
    )
    connection = authorized(other, service)
    grants.age(connection, left=DYING)
    use(connection, 1)
    (asked,) = [received for received in server.requests if received.path == "/token"]
    assert base64.b64decode(asked.headers["authorization"].removeprefix("Basic ")) == (
        f"{service.app.id}:{service.app.secret}".encode()
    )
    assert b"their-own" not in server.everything


def test_tokens_of_one_workspace_do_not_open_in_the_row_of_another(
    service: Service, server: Server
) -> None:
    mine, theirs = (authorized(factories.make_workspace(name), service) for name in NAMES)
    planted = grants.credential(theirs)
    grants.change(mine, tokens=bytes(planted.tokens or b""))
    with pytest.raises(CredentialUnreadable), credentials.borrow(mine):
        raise AssertionError("it opened")
    before = len(server.requests)
    found = calls.call(mine, tool="request", arguments={"path": "/x"}, use=USE)
    assert (found.name, len(server.requests)) == ("credential_unreadable", before)
