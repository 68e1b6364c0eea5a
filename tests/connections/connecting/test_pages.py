"""The journey as pages: what is asked for, the way there, what came of it, and what is said."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from connections.models import Connection, Credential
from connections.oauth import apps
from connections.views import checklists
from spojit.lib import clock
from tests import factories
from tests.connections import steps
from tests.connections.connecting import journey, pages
from tests.servers import plain_client

if TYPE_CHECKING:
    import pytest
    from django.test import Client

    from connections.usage import Reference
    from tests.factories import Cast
    from tests.servers.oidc import AuthorizationServer


def test_a_new_connection_is_authorized_and_verified(
    cast: Cast, bobs: Client, service: AuthorizationServer
) -> None:
    page = bobs.get(pages.add_url(cast)).content.decode()
    assert "What will be asked for" in page
    assert "Connect to Test service" in page
    assert 'value="reading" checked' in page
    assert apps.redirect_url() in page
    answer = bobs.post(pages.add_url(cast), pages.filled(service))
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    back = pages.bring(service, bobs, pages.way_out(answer))
    with factories.scope(cast.workspace):
        connection = Connection.objects.select_related("workspace").get()
    assert (back.status_code, back["Location"]) == (302, steps.url(connection, "added"))
    assert (back["Referrer-Policy"], back["Cache-Control"]) == ("no-referrer", "no-store")
    page = bobs.get(back["Location"]).content.decode()
    assert "Authorized at the service" in page
    journey.work(pages.only_attempt(cast))
    page = bobs.get(back["Location"]).content.decode()
    assert "Connected to alice." in page
    assert steps.fresh(connection).status == "active"


def test_without_an_app_nothing_is_saved_and_the_page_says_who_must_do_what(
    cast: Cast, service: AuthorizationServer
) -> None:
    factories.make_connector("oidc")
    bobs, adams = factories.signed_in(cast.bob), factories.signed_in(cast.adam)
    page = bobs.get(pages.add_url(cast)).content.decode()
    assert "Test service has no OAuth app here yet." in page
    assert "Ask an admin" in page
    assert "Enter an OAuth app" not in page
    page = adams.get(pages.add_url(cast)).content.decode()
    where = {"key": "oidc", "scheme": "oauth2"}
    assert steps.workspace_url(cast.workspace, "oauth:app", **where) in page
    answer = bobs.post(pages.add_url(cast), pages.filled(service, name="Kept"))
    assert answer.status_code == 422
    assert 'value="Kept"' in answer.content.decode()
    assert "Nothing was saved yet." in answer.content.decode()
    with factories.scope(cast.workspace):
        assert Connection.objects.count() == 0


def test_what_was_left_half_way_can_be_continued(
    cast: Cast, bobs: Client, service: AuthorizationServer
) -> None:
    bobs.post(pages.add_url(cast), pages.filled(service, preset="everything"))
    connection = pages.connection_of(cast)
    assert connection.status == "pending"
    listed = bobs.get(steps.workspace_url(cast.workspace, "connections:list"))
    assert re.search(r'href="[^"]*/added/"[^>]*>\s*Continue', listed.content.decode())
    page = bobs.get(steps.url(connection)).content.decode()
    assert "Not connected yet" in page
    assert steps.url(connection, "added") in page
    page = bobs.get(steps.url(connection, "added")).content.decode()
    assert "Everything you filled in is kept." in page
    assert 'value="everything" checked' in page
    assert service.place in page
    sent = {"value-host": service.place, "preset": "reading"}
    answer = bobs.post(steps.url(connection, "added"), sent)
    pages.bring(service, bobs, pages.way_out(answer))
    journey.work(pages.last_attempt(cast))
    assert steps.fresh(connection).status == "active"
    assert steps.states(connection) == [(1, "current")]


def test_values_that_are_mended_before_authorizing_are_used(
    cast: Cast, bobs: Client, service: AuthorizationServer
) -> None:
    bobs.post(pages.add_url(cast), pages.filled(service) | {"value-host": "wrong.example"})
    connection = pages.connection_of(cast)
    sent = {"value-host": service.place, "preset": "reading"}
    out = pages.way_out(bobs.post(steps.url(connection, "added"), sent))
    assert out.startswith(service.issuer)
    assert steps.states(connection) == [(1, "current"), (2, "staged")]
    assert service.place in bobs.get(steps.url(connection, "added")).content.decode()


def test_what_was_left_half_way_can_be_discarded(
    cast: Cast, bobs: Client, service: AuthorizationServer
) -> None:
    bobs.post(pages.add_url(cast), pages.filled(service))
    connection = pages.connection_of(cast)
    answer = bobs.post(steps.url(connection, "abandon"))
    assert answer["Location"] == steps.workspace_url(cast.workspace, "connections:list")
    assert steps.fresh(connection).removed_at is not None


def test_what_was_connected_is_not_discarded(bobs: Client, connected: Connection) -> None:
    answer = bobs.post(steps.url(connected, "abandon"))
    assert answer["Location"] == steps.url(connected)
    assert steps.fresh(connected).removed_at is None


def test_a_refusal_at_the_service_is_told_on_the_page(
    cast: Cast, bobs: Client, service: AuthorizationServer
) -> None:
    out = pages.way_out(bobs.post(pages.add_url(cast), pages.filled(service)))
    back = bobs.get(pages.CALLBACK, plain_client.returned(service.refuse(out)))
    page = bobs.get(back["Location"]).content.decode()
    assert "The authorization was declined at the service." in page
    assert "Connect again and agree there" in page
    assert "Connect to Test service" in page


def test_the_reconnect_page_shows_the_authorization_and_asks_for_more(
    cast: Cast, bobs: Client, connected: Connection, service: AuthorizationServer
) -> None:
    page = bobs.get(steps.url(connected, "credential")).content.decode()
    assert "Authorized by" in page
    assert "renews by itself" in page
    assert "Reconnect to Test service" in page
    assert 'name="scopes" value="write"' in page
    assert 'name="preset"' not in page
    sent = {"value-host": service.place, "scopes": ["write"]}
    out = pages.way_out(bobs.post(steps.url(connected, "credential"), sent))
    assert plain_client.returned(out)["scope"] == "read write"
    back = pages.bring(service, bobs, out)
    assert back["Location"] == steps.url(connected, "credential")
    assert "Verifying the new authorization" in bobs.get(back["Location"]).content.decode()
    journey.work(pages.last_attempt(cast))
    page = bobs.get(back["Location"]).content.decode()
    assert "Reconnected: the new authorization is in use" in page
    assert steps.fresh(connected).scopes == ["read", "write"]


def test_another_account_is_shown_beside_the_known_one_with_what_would_change(
    cast: Cast, bobs: Client, connected: Connection, service: AuthorizationServer,
    used: list[Reference],
) -> None:  # fmt: skip
    url = steps.url(connected, "credential")
    pages.bring(
        service, bobs, pages.way_out(bobs.post(url, {"value-host": service.place})), account="bob"
    )
    journey.work(pages.last_attempt(cast))
    page = bobs.get(url).content.decode()
    assert "Keep alice" in page
    assert "Accept bob" in page
    assert used[0].workflow_name in page
    sent = {"decision": "accept", "found_id": "account-2"}
    bobs.post(steps.url(connected, "account"), sent)
    assert steps.fresh(connected).account_name == "bob"


def test_an_account_that_is_found_while_the_page_is_made_is_shown(
    cast: Cast, bobs: Client, connected: Connection, service: AuthorizationServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    url = steps.url(connected, "credential")
    pages.bring(
        service, bobs, pages.way_out(bobs.post(url, {"value-host": service.place})), account="bob"
    )
    journey.work(pages.last_attempt(cast))
    made = checklists.of
    with factories.scope(cast.workspace):
        Credential.objects.filter(state="staged").update(outcome="")

    def found_meanwhile(*given: Any, **more: Any) -> dict[str, Any]:
        Credential.objects.filter(state="staged").update(outcome="other_account")
        return made(*given, **more)

    monkeypatch.setattr(checklists, "of", found_meanwhile)
    assert "Accept bob" in bobs.get(url).content.decode()


def test_the_credentials_tab_tells_when_renewing_is_late(
    bobs: Client, connected: Connection
) -> None:
    page = bobs.get(steps.url(connected, "credentials")).content.decode()
    assert "Scopes granted" in page
    assert "Refreshing is late" not in page
    with factories.scope(connected.workspace):
        Credential.objects.filter(connection=connected).update(
            refresh_failures=2, refresh_failing_since=clock.now(), refresh_outcome="timeout"
        )
    page = bobs.get(steps.url(connected, "credentials")).content.decode()
    assert "Refreshing is late since" in page
    assert "The service did not answer in time." in page
    overview = bobs.get(steps.url(connected)).content.decode()
    assert "Refreshing is late." in overview
    assert "The service did not answer in time. It is tried again by itself." in overview


def test_reconnect_is_the_first_act_of_what_must_be_authorized_again(
    bobs: Client, connected: Connection
) -> None:
    with factories.scope(connected.workspace):
        Connection.objects.filter(pk=connected.pk).update(
            status="reauthorize", reason="credentials_refused"
        )
    page = bobs.get(steps.url(connected)).content.decode()
    assert re.search(r'class="button button-primary" href="[^"]*/credential/">.*Reconnect', page)
