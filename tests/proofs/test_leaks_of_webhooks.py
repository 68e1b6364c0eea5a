"""Signing secrets, the tokens of hooks, and what deliveries carry are nowhere that they should not.

A secret that we made is in the one answer that shows it; a hook's URL on pages of who manages it; a
body on the page of its delivery, and where the first one is waited for.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest
from django.core import mail
from django.test import Client

from connections import credentials, tasks
from connections.inbound import hooks, pace
from connections.models import Connection, Delivery
from connectors import signatures
from spojit.lib import clock
from tests import factories
from tests.connections.webhook_pages.hooks import page_of
from tests.connections.webhooks import KINDS, post
from tests.proofs.leaks import Canary, found, logging_everything, stores, whole
from workspaces import notices

if TYPE_CHECKING:
    from tests.factories import Cast

pytestmark = pytest.mark.django_db(transaction=True)

CUSTOM = {"method": "body", "header": "X-Signature", "id_header": "X-Delivery-Id"}
TOKEN = {"method": "token", "header": "X-Shop", "prefix": "Key"}
TABS = ("added/", "credentials/", "credential/", "deliveries/", "activity/", "usage/", "settings/")
MODELS = ("connection", "credential", "check")


def test_what_deliveries_are_signed_with_and_carry_is_found_nowhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cast, written = factories.make_cast(), io.StringIO()
    pace.forget()
    with logging_everything(written):
        journey = Journey(cast)
        journey.add_in_every_way()
        journey.refuse_a_form()
        for connection in journey.all():
            journey.deliver(connection)
        journey.rotate()
        journey.break_in_the_middle(monkeypatch)
        tasks.hand_over_deliveries()
        notices.mail_waiting(now=clock.now())
        places = stores(seen="Webhook 1") | journey.staff_pages() | journey.pages(cast.vera)
    places["logs"] = written.getvalue().encode()
    places["mail"] = "".join(str(message.message()) for message in mail.outbox).encode()
    pages = journey.pages(cast.alice)
    assert len(journey.secrets) >= 10
    assert len(journey.bodies) >= 8
    assert found(journey.secrets, places | pages | journey.delivered()) == []
    assert found(journey.tokens, places | journey.delivered()) == []
    others = {path: page for path, page in pages.items() if not path.endswith("/added/")}
    assert found(journey.bodies, places | others) == []
    assert "Delivery refused" in written.getvalue()
    shown = found(journey.bodies, journey.delivered())
    assert any("deliveries" in place for place in shown)


class Journey:
    """What people and services do with webhooks, and every secret that was there."""

    def __init__(self, cast: Cast) -> None:
        self.cast, self.here = cast, f"/w/{cast.workspace.slug}/connections/"
        self.browser = factories.signed_in(cast.bob)
        self.secrets: list[Canary] = []
        self.bodies: list[Canary] = []
        for key, _ in KINDS.values():
            factories.make_connector(key)

    @property
    def tokens(self) -> list[Canary]:
        """The tokens of all hooks."""
        return [Canary("plain", token=hooks.token_of(one)) for one in self.all()]

    def secret(self, shape: str = "plain") -> str:
        """Make one that was never there before."""
        self.secrets.append(Canary(shape))
        return self.secrets[-1].value

    def body(self) -> bytes:
        """Make what a delivery carries."""
        self.bodies.append(Canary("plain"))
        return b'{"told": "%s"}' % self.bodies[-1].value.encode()

    def add_in_every_way(self) -> None:
        self._add("Webhook 1", "custom_webhook", signing_secret=self.secret("quotes"), **CUSTOM)
        self._add("Webhook 2", "custom_webhook", signing_secret=self.secret(), **TOKEN)
        self._add("Webhook 3", "github", signing_secret=self.secret("markup"))
        for name, key in (("Webhook 4", "spojit_webhook"), ("Webhook 5", "standard_webhook")):
            self._made(self._add(name, key))

    def refuse_a_form(self) -> None:
        sent = {"name": "", "value-signing_secret": self.secret(), "value-method": "body"}
        answer = self.browser.post(f"{self.here}new/custom_webhook/?scheme=webhook", sent)
        assert answer.status_code == 422
        assert found(self.secrets, {"the refused form": answer.content}) == []

    def deliver(self, connection: Connection) -> None:
        """Send well, twice, wrongly and by ourselves; with secrets in headers, too."""
        signed = self._signed(connection, body := self.body())
        extra = {"Authorization": f"Bearer {self.secret()}", "X-Api-Key": self.secret()}
        assert self._post(connection, body, signed | extra) == 202
        assert self._post(connection, body, signed) == 202
        assert self._post(connection, self.body(), signed | {"x-signature": "0"}) in {202, 401}
        assert self._post(connection, self.body(), {"Cookie": f"a={self.secret()}"}) == 401
        one = f"{self.here}{connection.pk}/deliveries/"
        assert self.browser.post(f"{one}test/").status_code == 302
        accepted = next(row for row in self._rows(connection) if row.sealed is not None)
        again = page_of(accepted, connection, "delivery_again")
        assert self.browser.post(again).status_code == 302

    def rotate(self) -> None:
        """Rotate by typing, and by leaving it to us; retire what is older."""
        for connection in self.all():
            url = f"{self.here}{connection.pk}/credential/"
            typed = self.secret() if connection.connector_id != "standard_webhook" else ""
            settings = TOKEN if connection.name == "Webhook 2" else CUSTOM
            values = {**settings, "signing_secret": typed, "signing_secret-act": "replace"}
            sent = {f"value-{key}": value for key, value in values.items()}
            answer = self.browser.post(url, sent | {"retire_in": "7"})
            if answer.status_code == 200:
                self._made(answer)
            assert answer.status_code in {200, 302}, answer.context["form"].errors
        self.browser.post(f"{self.here}{self.all()[0].pk}/credential/retirement/", {"act": "now"})

    def break_in_the_middle(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Let a bug raise the very secrets, at the hook and on a page."""

        def burst(*arguments: Any, **named: Any) -> Any:
            raise RuntimeError(f"a bug with {arguments!r} and {named!r}")

        connection = self.all()[1]
        with monkeypatch.context() as patched:
            patched.setattr(signatures, "check", burst)
            client = Client(raise_request_exception=False)
            url = f"{hooks.PATH}{hooks.token_of(connection)}"
            answer = client.post(url, b"{}", "application/json")
            assert answer.status_code == 500
            patched.setattr(signatures, "sign", burst)
            self.browser.raise_request_exception = False
            tested = self.browser.post(f"{self.here}{connection.pk}/deliveries/test/")
            assert tested.status_code == 500

    def pages(self, person: Any) -> dict[str, bytes]:
        """Look at every page that shows no body; of a hook's URL only a manager sees more."""
        here = self.here.removesuffix("connections/")
        paths = [self.here, f"{here}audit/", f"{here}audit/export/", f"{here}notices/"]
        paths += [f"{self.here}{one.pk}/{tab}" for one in self.all() for tab in ("", *TABS)]
        return self._visited(person, paths)

    def delivered(self) -> dict[str, bytes]:
        """Look at the page of each delivery."""
        paths = [page_of(row, one) for one in self.all() for row in self._rows(one)]
        return self._visited(self.cast.alice, paths)

    def staff_pages(self) -> dict[str, bytes]:
        """Look at what staff see."""
        staff = factories.make_user("Stella", is_staff=True, is_superuser=True)
        paths = [f"/admin/connections/{model}/" for model in MODELS]
        paths += [f"/admin/connections/connection/{row.pk}/change/" for row in self.all()]
        return self._visited(staff, paths)

    def all(self) -> list[Connection]:
        """List the connections by name."""
        with factories.scope(self.cast.workspace):
            return list(Connection.objects.select_related("workspace").order_by("name"))

    def _add(self, name: str, key: str, **values: str) -> Any:
        sent = {"name": name} | {f"value-{field}": value for field, value in values.items()}
        answer = self.browser.post(f"{self.here}new/{key}/?scheme=webhook", sent)
        assert answer.status_code in {200, 302}, answer.context["form"].errors
        return answer

    def _made(self, answer: Any) -> None:
        """Remember a secret that was made for us: this answer shows it, and none after it."""
        made = answer.context["made"]
        assert made in answer.content.decode().replace("&#x2B;", "+")
        self.secrets.append(Canary("plain", token=made))

    def _signed(self, connection: Connection, body: bytes) -> dict[str, str]:
        kind = connection.manifest_scheme.webhook
        assert kind is not None
        with credentials.borrow(connection) as borrowed:
            values = borrowed.reveal()
            return signatures.sign(
                kind.signature, values, body=body, now=clock.now(), delivery_id="delivery-1"
            )

    def _post(self, connection: Connection, body: bytes, headers: dict[str, str]) -> int:
        return post(hooks.token_of(connection), body, headers).status_code

    def _rows(self, connection: Connection) -> list[Delivery]:
        with factories.scope(connection.workspace):
            return list(Delivery.objects.filter(connection=connection).order_by("received_at"))

    def _visited(self, person: Any, paths: list[str]) -> dict[str, bytes]:
        client = factories.signed_in(person)
        answers = {path: client.get(path) for path in paths}
        assert {answer.status_code for answer in answers.values()} <= {200, 302, 403}
        return {f"{person} {path}": whole(answer) for path, answer in answers.items()}
