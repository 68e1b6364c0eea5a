"""What tests of these pages do again and again: fill in, be sent away, bring the answer."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING, Any

from connections.models import Authorization, Connection
from tests import factories
from tests.connections import steps
from tests.servers import plain_client

if TYPE_CHECKING:
    from django.test import Client

    from tests.factories import Cast
    from tests.servers.oidc import AuthorizationServer

CALLBACK = "/oauth/callback"


def add_url(cast: Cast) -> str:
    """Give the address of the form."""
    return steps.workspace_url(cast.workspace, "connections:add", key="oidc") + "?scheme=oauth2"


def filled(service: AuthorizationServer, **more: Any) -> dict[str, Any]:
    """Fill it in."""
    return {"name": "Orders", "value-host": service.place, "preset": "reading"} | more


def way_out(answer: Any) -> str:
    """Read where a page leads by itself."""
    found = re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', answer.content.decode())
    assert found, answer.content.decode()[:2000]
    return unescape(found[1])


def only_attempt(cast: Cast) -> Authorization:
    """Read the one attempt that there is."""
    with factories.scope(cast.workspace):
        row: Authorization = Authorization.objects.select_related("connection__workspace").get()
    return row


def bring(
    service: AuthorizationServer, browser: Client, url: str, *, account: str = "alice"
) -> Any:
    """Agree at the service, and bring its answer to the callback."""
    back = service.agree(url, account=account)
    return browser.get(CALLBACK, plain_client.returned(back))


def connection_of(cast: Cast) -> Connection:
    """Read the one connection that there is."""
    with factories.scope(cast.workspace):
        row: Connection = Connection.objects.select_related("workspace").get()
    return row


def last_attempt(cast: Cast) -> Authorization:
    """Read the attempt that was begun last."""
    with factories.scope(cast.workspace):
        rows = Authorization.objects.select_related("connection__workspace")
        row: Authorization = rows.latest("created_at")
    return row
