"""The journey as pages: what is asked for, the way there, the way back, what came of it."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING, Any

from django.urls import reverse

from connections.models import Authorization, Connection
from tests import factories
from tests.connections import steps
from tests.connections.connecting import journey
from tests.servers import plain_client

if TYPE_CHECKING:
    from django.test import Client

    from tests.factories import Cast
    from tests.servers.oidc import AuthorizationServer

CALLBACK = "/oauth/callback"


def add_url(cast: Cast) -> str:
    return steps.workspace_url(cast.workspace, "connections:add", key="oidc") + "?scheme=oauth2"


def filled(service: AuthorizationServer, **more: Any) -> dict[str, Any]:
    return {"name": "Orders", "value-host": service.place, "preset": "reading"} | more


def way_out(answer: Any) -> str:
    """Read where a page leads by itself."""
    found = re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', answer.content.decode())
    assert found, answer.content.decode()[:2000]
    return unescape(found[1])


def only_attempt(cast: Cast) -> Authorization:
    with factories.scope(cast.workspace):
        row: Authorization = Authorization.objects.select_related("connection__workspace").get()
    return row


def agree(
    service: AuthorizationServer, browser: Client, url: str, *, account: str = "alice"
) -> Any:
    back = service.agree(url, account=account)
    return browser.get(CALLBACK, plain_client.returned(back))


def test_a_new_connection_is_authorized_and_verified(
    cast: Cast, service: AuthorizationServer
) -> None:
    journey.set_app(cast.workspace, service)
    browser = factories.signed_in(cast.bob)
    page = browser.get(add_url(cast)).content.decode()
    assert "What will be asked for" in page
    assert "Connect to Test service" in page
    assert 'value="reading" checked' in page
    assert "http://testserver/oauth/callback" in page or reverse("oauth:callback") in page
    answer = browser.post(add_url(cast), filled(service))
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    back = agree(service, browser, way_out(answer))
    with factories.scope(cast.workspace):
        connection = Connection.objects.select_related("workspace").get()
    assert (back.status_code, back["Location"]) == (302, steps.url(connection, "added"))
    assert (back["Referrer-Policy"], back["Cache-Control"]) == ("no-referrer", "no-store")
    page = browser.get(back["Location"]).content.decode()
    assert "Authorized at the service" in page
    journey.work(only_attempt(cast))
    page = browser.get(back["Location"]).content.decode()
    assert "Connected to alice." in page
    assert steps.fresh(connection).status == "active"
