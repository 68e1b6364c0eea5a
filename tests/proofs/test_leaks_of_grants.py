"""Tokens, codes, verifiers, states and client secrets are nowhere to be found afterwards."""

from __future__ import annotations

import io
import re
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest
from django.core import mail
from django.test import Client

from connections import calls, lifecycle, tasks, tries
from connections.calls import Use
from connections.models import Authorization, Call, Connection, Revocation
from connections.oauth import apps, sweeping
from connectors import oauth
from spojit.lib import clock
from tests import factories, servers
from tests.connections import grants, steps
from tests.proofs.chatty import FAILURES, Chatty
from tests.proofs.leaks import found, logging_everything, stores, whole
from tests.servers import catalogue
from tests.servers.plain_client import returned
from workspaces import notices

if TYPE_CHECKING:
    from tests.factories import Cast
    from tests.proofs.conftest import Reach
    from tests.servers import Authority

pytestmark = pytest.mark.django_db(transaction=True)

CALLBACK = "/oauth/callback"
USE = Use("person", name="Bob")
MODELS = ("connection", "credential", "check", "call", "installationapp")


def test_what_signs_in_by_oauth_is_found_nowhere(
    reach: Reach, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast, written, chatty = factories.make_cast(), io.StringIO(), Chatty()
    tls = authority.issue("127.0.0.1")
    with (
        catalogue.with_connectors(catalogue.OIDC),
        servers.recording(chatty.answer, tls=tls) as server,
        logging_everything(written),
    ):
        reach(server.port)
        journey = Journey(cast, chatty, f"127.0.0.1:{server.port}")
        journey.enter_apps()
        connections = [journey.connect(f"Shop {number}") for number in range(4)]
        journey.connect_wrongly()
        journey.mint("Machine")
        for connection in connections:
            journey.use(connection)
        journey.break_in_the_middle(connections[0], monkeypatch)
        journey.fail(connections[1:])
        journey.reconnect(connections[1])
        journey.remove(connections[2])
        assert len(chatty.canaries) > 40
        told = [canary for canary in chatty.canaries if canary.token.encode() in server.everything]
        assert len(told) > 20
        places = journey.pages() | journey.staff_pages() | stores(seen="Shop 0")
    places["logs"] = written.getvalue().encode()
    notices.mail_waiting(now=clock.now())
    places["mail"] = "".join(str(message.message()) for message in mail.outbox).encode()
    assert found(chatty.canaries, places) == []
    assert "Tool called" in written.getvalue()
    assert "must be reconnected" in places["mail"].decode()


class Journey:
    """What people and workers do, at a service that repeats everything."""

    def __init__(self, cast: Cast, chatty: Chatty, place: str) -> None:
        self.cast, self.chatty, self.place = cast, chatty, place
        self.browser = factories.signed_in(cast.bob)
        self.here = f"/w/{cast.workspace.slug}"

    def enter_apps(self) -> None:
        factories.make_connector("oidc")
        app = {"connector_key": "oidc", "scheme": "oauth2", "client_id": "spojit"}
        apps.set_for_installation(**app, client_secret=self.chatty.new(), staff_name="Staff")
        own = {"client_id": "their-own", "client_secret": self.chatty.new()}
        page = f"{self.here}/oauth-apps/oidc/oauth2/"
        answer = factories.signed_in(self.cast.adam).post(page, own)
        assert answer.status_code == 302, answer.content.decode()

    def connect(self, name: str) -> Connection:
        """Add one, and be sent back with a code."""
        state = self._leave(f"{self.here}/connections/new/oidc/?scheme=oauth2", name=name)
        self._come_back(state)
        connection = self._find(name)
        self.work(connection)
        return steps.fresh(connection)

    def connect_wrongly(self) -> None:
        """Codes that come twice, late, to another browser, or for nothing; exchanges that fail."""
        add = f"{self.here}/connections/new/oidc/?scheme=oauth2"
        for number, kind in enumerate(FAILURES):
            state = self._leave(add, name=f"Refused {number}")
            self._come_back(state)
            self._come_back(state)
            self.chatty.failures = [kind]
            self.work(self._find(f"Refused {number}"))
        state = self._leave(add, name="Stale")
        self._come_back(state, browser=Client())
        with factories.scope(self.cast.workspace):
            Authorization.objects.filter(returned_at=None).update(expires_at=clock.now())
        self._come_back(state)
        self._come_back(self.chatty.learned("s" * 20 + self.chatty.new("plain")))

    def mint(self, name: str) -> None:
        page = f"{self.here}/connections/new/oidc/?scheme=oauth2_client"
        values = {"host": self.place, "client_id": "machine", "client_secret": self.chatty.new()}
        sent = {f"value-{key}": value for key, value in values.items()} | {"name": name}
        answer = self.browser.post(page, sent)
        assert answer.status_code == 302, answer.context["form"].errors
        connection = self._find(name)
        self.work(connection)
        self.use(connection)

    def use(self, connection: Connection) -> None:
        """Call, try and renew."""
        for tool, arguments in (("request", {"path": "/echo"}), ("list_orders", {})):
            assert calls.call(connection, tool=tool, arguments=arguments, use=USE).is_ok
            self._try(connection, tool, arguments)
        grants.change(connection, refresh_due_at=clock.now())
        sweeping.sweep(threads=1, seconds=10)
        self.work(connection)

    def fail(self, connections: list[Connection]) -> None:
        """Let renewals fail in every way; the last one ends the grants."""
        for kind in FAILURES:
            for connection in connections:
                self.chatty.failures = [kind]
                grants.change(connection, refresh_due_at=clock.now())
                sweeping.sweep(threads=1, seconds=10)
        assert steps.fresh(connections[0]).status == "reauthorize"

    def break_in_the_middle(self, connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
        """Let a bug raise the very tokens, in a task and in a sweep."""

        def burst(*arguments: Any, **named: Any) -> Any:
            raise RuntimeError(f"a bug with {arguments!r} and {named!r}")

        grants.change(connection, refresh_due_at=clock.now())
        row = grants.credential(connection)
        with monkeypatch.context() as patched:
            patched.setattr(oauth, "renew", burst)
            ids = {"workspace_id": str(row.workspace_id), "credential_id": str(row.pk)}
            tasks.refresh.apply(kwargs=ids)
            grants.change(connection, refresh_lease_until=None)
            assert sweeping.sweep(threads=1, seconds=5) == {"fault": 1}

    def reconnect(self, connection: Connection) -> None:
        state = self._leave(f"{self.here}/connections/{connection.pk}/credential/")
        self._come_back(state)
        self.work(connection)

    def remove(self, connection: Connection) -> None:
        """Remove one: its tokens are revoked, which fails."""
        lifecycle.remove(connection, actor=self.cast.bob)
        with factories.scope(self.cast.workspace):
            waiting = list(Revocation.objects.values_list("pk", flat=True))
        for key in waiting:
            ids = {"workspace_id": str(self.cast.workspace.pk), "revocation_id": str(key)}
            tasks.revoke_grant(**ids)

    def work(self, connection: Connection) -> None:
        """Do what workers do."""
        workspace = self.cast.workspace
        with factories.scope(workspace):
            attempts = list(Authorization.objects.filter(connection=connection, finished_at=None))
            waiting = list(Call.objects.filter(finished_at=None).values_list("pk", flat=True))
        for attempt in attempts:
            ids = {"workspace_id": str(workspace.pk), "authorization_id": str(attempt.pk)}
            tasks.exchange(**ids)
        for key in waiting:
            tasks.carry_out_call(workspace_id=str(workspace.pk), call_id=str(key))
        steps.work(connection)
        tasks.sweep()

    def pages(self) -> dict[str, bytes]:
        """Look at every page as Alice."""
        client, here = factories.signed_in(self.cast.alice), self.here
        paths = [f"{here}/{page}/" for page in ("connections", "audit", "notices", "oauth-apps")]
        paths += [f"{here}/audit/export/", f"{here}/oauth-apps/oidc/oauth2/"]
        tabs = ("", "status/", "checklist/", "added/", "credentials/", "credential/", "activity/")
        for connection in self._all():
            paths += [f"{here}/connections/{connection.pk}/{tab}" for tab in tabs]
        with factories.scope(self.cast.workspace):
            tried = f"{here}/connectors/oidc/tools"
            paths += [f"{tried}/{call.tool}/tries/{call.pk}/" for call in Call.objects.all()]
        paths += [f"/oauth/problem/{kind}/" for kind in ("unknown", "stale", "session", "repeated")]
        answers = {path: client.get(path) for path in paths}
        assert {answer.status_code for answer in answers.values()} <= {200, 286, 302}
        return {path: whole(answer) for path, answer in answers.items()}

    def staff_pages(self) -> dict[str, bytes]:
        staff = factories.make_user("Stella", is_staff=True, is_superuser=True)
        client = factories.signed_in(staff)
        paths = [f"/admin/connections/{model}/" for model in MODELS]
        paths += [f"/admin/connections/connection/{row.pk}/change/" for row in self._all()]
        return {path: whole(client.get(path)) for path in paths}

    def _leave(self, page: str, **more: str) -> str:
        """Press Connect; give the state that the service gets to see."""
        sent = {"value-host": self.place, "preset": "reading"} | more
        answer = self.browser.post(page, sent)
        text = answer.content.decode()
        way_out = re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', text)
        assert way_out, text[:3000]
        return self.chatty.learned(returned(unescape(way_out[1]))["state"])

    def _come_back(self, state: str, *, browser: Client | None = None) -> None:
        query = {"code": self.chatty.new(), "state": state, "iss": f"https://{self.place}"}
        answer = (browser or self.browser).get(CALLBACK, query)
        assert answer.status_code == 302
        assert found(self.chatty.canaries, {"the callback": whole(answer)}) == []

    def _try(self, connection: Connection, tool: str, arguments: dict[str, Any]) -> None:
        tries.request(
            self.cast.workspace,
            connector_key="oidc",
            connection=connection,
            tool=tool,
            arguments=arguments,
            actor=self.cast.bob,
        )

    def _all(self) -> list[Connection]:
        with factories.scope(self.cast.workspace):
            rows = Connection.objects.present().select_related("workspace")
            return list(rows.order_by("name"))

    def _find(self, name: str) -> Connection:
        return next(connection for connection in self._all() if connection.name == name)
