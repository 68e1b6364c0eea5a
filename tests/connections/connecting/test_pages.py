"""The journey as pages: what is asked for, the way there, the way back, what came of it."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.urls import reverse

from connections import lifecycle
from connections.models import Authorization, Connection, Credential
from connections.oauth import returning
from connections.views import callback
from spojit.lib import clock
from tests import factories
from tests.connections import steps
from tests.connections.connecting import journey
from tests.servers import plain_client

if TYPE_CHECKING:
    from connections.usage import Reference
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


def connection_of(cast: Cast) -> Connection:
    with factories.scope(cast.workspace):
        row: Connection = Connection.objects.select_related("workspace").get()
    return row


@pytest.fixture
def browser(cast: Cast, service: AuthorizationServer) -> Client:
    """Bob's browser, in a workspace that has an app."""
    journey.set_app(cast.workspace, service)
    return factories.signed_in(cast.bob)


@pytest.fixture
def connected(cast: Cast, browser: Client, service: AuthorizationServer) -> Connection:
    """Bob's Active connection."""
    agree(service, browser, way_out(browser.post(add_url(cast), filled(service))))
    journey.work(only_attempt(cast))
    return steps.fresh(connection_of(cast))


def test_without_an_app_nothing_is_saved_and_the_page_says_who_must_do_what(
    cast: Cast, service: AuthorizationServer
) -> None:
    factories.make_connector("oidc")
    bobs, adams = factories.signed_in(cast.bob), factories.signed_in(cast.adam)
    page = bobs.get(add_url(cast)).content.decode()
    assert "Test service has no OAuth app here yet." in page
    assert "Ask an admin" in page
    assert "Enter an OAuth app" not in page
    page = adams.get(add_url(cast)).content.decode()
    where = {"key": "oidc", "scheme": "oauth2"}
    assert steps.workspace_url(cast.workspace, "oauth:app", **where) in page
    answer = bobs.post(add_url(cast), filled(service, name="Kept"))
    assert answer.status_code == 422
    assert 'value="Kept"' in answer.content.decode()
    assert "Nothing was saved yet." in answer.content.decode()
    with factories.scope(cast.workspace):
        assert Connection.objects.count() == 0


def test_what_was_left_half_way_can_be_continued(
    cast: Cast, browser: Client, service: AuthorizationServer
) -> None:
    browser.post(add_url(cast), filled(service, preset="everything"))
    connection = connection_of(cast)
    assert connection.status == "pending"
    listed = browser.get(steps.workspace_url(cast.workspace, "connections:list"))
    assert re.search(r'href="[^"]*/added/"[^>]*>\s*Continue', listed.content.decode())
    page = browser.get(steps.url(connection)).content.decode()
    assert "Not connected yet" in page
    assert steps.url(connection, "added") in page
    page = browser.get(steps.url(connection, "added")).content.decode()
    assert "Everything you filled in is kept." in page
    assert 'value="everything" checked' in page
    assert service.place in page
    sent = {"value-host": service.place, "preset": "reading"}
    answer = browser.post(steps.url(connection, "added"), sent)
    agree(service, browser, way_out(answer))
    with factories.scope(cast.workspace):
        attempt = Authorization.objects.select_related("connection__workspace").latest("created_at")
    journey.work(attempt)
    assert steps.fresh(connection).status == "active"
    assert steps.states(connection) == [(1, "current")]


def test_values_that_are_mended_before_authorizing_are_used(
    cast: Cast, browser: Client, service: AuthorizationServer
) -> None:
    browser.post(add_url(cast), filled(service) | {"value-host": "wrong.example"})
    connection = connection_of(cast)
    sent = {"value-host": service.place, "preset": "reading"}
    out = way_out(browser.post(steps.url(connection, "added"), sent))
    assert out.startswith(service.issuer)
    assert steps.states(connection) == [(1, "current"), (2, "staged")]
    assert service.place in browser.get(steps.url(connection, "added")).content.decode()


def test_what_was_left_half_way_can_be_discarded(
    cast: Cast, browser: Client, service: AuthorizationServer
) -> None:
    browser.post(add_url(cast), filled(service))
    connection = connection_of(cast)
    answer = browser.post(steps.url(connection, "abandon"))
    assert answer["Location"] == steps.workspace_url(cast.workspace, "connections:list")
    assert steps.fresh(connection).removed_at is not None


def test_what_was_connected_is_not_discarded(browser: Client, connected: Connection) -> None:
    answer = browser.post(steps.url(connected, "abandon"))
    assert answer["Location"] == steps.url(connected)
    assert steps.fresh(connected).removed_at is None


def test_a_refusal_at_the_service_is_told_on_the_page(
    cast: Cast, browser: Client, service: AuthorizationServer
) -> None:
    out = way_out(browser.post(add_url(cast), filled(service)))
    back = browser.get(CALLBACK, plain_client.returned(service.refuse(out)))
    page = browser.get(back["Location"]).content.decode()
    assert "The authorization was declined at the service." in page
    assert "Connect again and agree there" in page
    assert "Connect to Test service" in page


def test_a_replayed_answer_leads_to_the_connection_and_changes_nothing(
    cast: Cast, browser: Client, service: AuthorizationServer
) -> None:
    out = way_out(browser.post(add_url(cast), filled(service)))
    query = plain_client.returned(service.agree(out))
    browser.get(CALLBACK, query)
    journey.work(only_attempt(cast))
    again = browser.get(CALLBACK, query)
    assert (again.status_code, again["Location"]) == (
        302,
        steps.url(connection_of(cast), "credential"),
    )
    page = browser.get(again["Location"]).content.decode()
    assert "This answer of the service was used already" in page
    assert service.state()["counts"]["authorization_code"] == 1


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        ({}, "unknown"),
        ({"state": "x" * 43, "code": "c"}, "unknown"),
        ({"error": "access_denied"}, "unknown"),
    ],
)
def test_what_belongs_to_no_attempt_leads_to_a_page_that_says_so(
    browser: Client, query: dict[str, str], kind: str
) -> None:
    answer = browser.get(CALLBACK, query)
    assert (answer.status_code, answer["Location"]) == (302, f"/oauth/problem/{kind}/")
    assert (answer["Referrer-Policy"], answer["Cache-Control"]) == ("no-referrer", "no-store")
    page = browser.get(answer["Location"])
    assert page.status_code == 200
    assert "What to do" in page.content.decode()


@pytest.mark.parametrize("kind", sorted(callback.PROBLEMS))
def test_every_problem_has_a_page(browser: Client, kind: str) -> None:
    assert browser.get(f"/oauth/problem/{kind}/").status_code == 200
    assert browser.get("/oauth/problem/no-such/").status_code == 404


def test_another_browser_cannot_bring_the_answer(
    cast: Cast, browser: Client, service: AuthorizationServer
) -> None:
    out = way_out(browser.post(add_url(cast), filled(service)))
    query = plain_client.returned(service.agree(out))
    for other in (Client(), factories.signed_in(cast.bob), factories.signed_in(cast.mallory)):
        assert other.get(CALLBACK, query)["Location"] == "/oauth/problem/session/"
    assert browser.get(CALLBACK, query)["Location"] == steps.url(connection_of(cast), "added")


def test_a_parameter_that_comes_twice_does_not_count(
    cast: Cast, browser: Client, service: AuthorizationServer
) -> None:
    out = way_out(browser.post(add_url(cast), filled(service)))
    state = plain_client.returned(out)["state"]
    answer = browser.get(f"{CALLBACK}?state={state}&state={state}&code=c")
    assert answer["Location"] == "/oauth/problem/unknown/"


def test_who_may_no_longer_manage_the_connection_connects_nothing(
    cast: Cast, browser: Client, service: AuthorizationServer
) -> None:
    out = way_out(browser.post(add_url(cast), filled(service)))
    query = plain_client.returned(service.agree(out))
    lifecycle.hand_over(connection_of(cast), to=cast.alice, actor=cast.alice)
    assert browser.get(CALLBACK, query)["Location"] == "/oauth/problem/gone/"
    attempt = only_attempt(cast)
    assert (attempt.is_finished, attempt.answer_sealed) == (True, None)


def test_only_a_get_brings_an_answer(browser: Client) -> None:
    assert browser.post(CALLBACK).status_code == 405
    assert browser.head(CALLBACK).status_code == 405


def test_the_reconnect_page_shows_the_authorization_and_asks_for_more(
    cast: Cast, browser: Client, connected: Connection, service: AuthorizationServer
) -> None:
    page = browser.get(steps.url(connected, "credential")).content.decode()
    assert "Authorized by" in page
    assert "renews by itself" in page
    assert "Reconnect to Test service" in page
    assert 'name="scopes" value="write"' in page
    assert 'name="preset"' not in page
    sent = {"value-host": service.place, "scopes": ["write"]}
    out = way_out(browser.post(steps.url(connected, "credential"), sent))
    assert plain_client.returned(out)["scope"] == "read write"
    back = agree(service, browser, out)
    assert back["Location"] == steps.url(connected, "credential")
    assert "Verifying the new authorization" in browser.get(back["Location"]).content.decode()
    with factories.scope(cast.workspace):
        attempt = Authorization.objects.select_related("connection__workspace").latest("created_at")
    journey.work(attempt)
    page = browser.get(back["Location"]).content.decode()
    assert "Reconnected: the new authorization is in use" in page
    assert steps.fresh(connected).scopes == ["read", "write"]


def test_another_account_is_shown_beside_the_known_one_with_what_would_change(
    cast: Cast, browser: Client, connected: Connection, service: AuthorizationServer,
    used: list[Reference],
) -> None:  # fmt: skip
    url = steps.url(connected, "credential")
    agree(
        service, browser, way_out(browser.post(url, {"value-host": service.place})), account="bob"
    )
    with factories.scope(cast.workspace):
        attempt = Authorization.objects.select_related("connection__workspace").latest("created_at")
    journey.work(attempt)
    page = browser.get(url).content.decode()
    assert "Keep alice" in page
    assert "Accept bob" in page
    assert used[0].workflow_name in page
    sent = {"decision": "accept", "found_id": "account-2"}
    browser.post(steps.url(connected, "account"), sent)
    assert steps.fresh(connected).account_name == "bob"


def test_the_credentials_tab_tells_when_renewing_is_late(
    browser: Client, connected: Connection
) -> None:
    page = browser.get(steps.url(connected, "credentials")).content.decode()
    assert "Scopes granted" in page
    assert "Refreshing is late" not in page
    with factories.scope(connected.workspace):
        Credential.objects.filter(connection=connected).update(
            refresh_failures=2, refresh_failing_since=clock.now(), refresh_outcome="timeout"
        )
    page = browser.get(steps.url(connected, "credentials")).content.decode()
    assert "Refreshing is late since" in page
    assert "The service did not answer in time." in page


def test_reconnect_is_the_first_act_of_what_must_be_authorized_again(
    browser: Client, connected: Connection
) -> None:
    with factories.scope(connected.workspace):
        Connection.objects.filter(pk=connected.pk).update(
            status="reauthorize", reason="credentials_refused"
        )
    page = browser.get(steps.url(connected)).content.decode()
    assert re.search(r'class="button button-primary" href="[^"]*/credential/">.*Reconnect', page)


def test_the_callbacks_query_is_in_no_log(
    cast: Cast, browser: Client, service: AuthorizationServer, caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    caplog.set_level("DEBUG")
    out = way_out(browser.post(add_url(cast), filled(service)))
    query = plain_client.returned(service.agree(out))
    browser.get(CALLBACK, query)
    browser.get(CALLBACK, query | {"state": "y" * 43})
    Client().get(CALLBACK, query)
    browser.raise_request_exception = False
    with monkeypatch.context() as broken:
        broken.setattr(returning, "_consume", lambda *_: 1 / 0)
        assert browser.get(CALLBACK, query).status_code == 500
    journey.work(only_attempt(cast))
    logged = caplog.text + "".join(capfd.readouterr())
    assert "/oauth/callback" in logged
    for secret in (query["code"], query["state"]):
        assert secret not in logged
