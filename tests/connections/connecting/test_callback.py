"""The way back from a service: a redirect whatever comes, for its own session, and once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.test import Client

from connections import lifecycle
from connections.oauth import returning
from connections.views import callback
from tests import factories
from tests.connections import steps
from tests.connections.connecting import journey, pages
from tests.servers import plain_client

if TYPE_CHECKING:
    from tests.factories import Cast
    from tests.servers.oidc import AuthorizationServer


def test_a_replayed_answer_leads_to_the_connection_and_changes_nothing(
    cast: Cast, bobs: Client, service: AuthorizationServer
) -> None:
    out = pages.way_out(bobs.post(pages.add_url(cast), pages.filled(service)))
    query = plain_client.returned(service.agree(out))
    bobs.get(pages.CALLBACK, query)
    journey.work(pages.only_attempt(cast))
    again = bobs.get(pages.CALLBACK, query)
    assert (again.status_code, again["Location"]) == (
        302,
        steps.url(pages.connection_of(cast), "credential"),
    )
    page = bobs.get(again["Location"]).content.decode()
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
    bobs: Client, query: dict[str, str], kind: str
) -> None:
    answer = bobs.get(pages.CALLBACK, query)
    assert (answer.status_code, answer["Location"]) == (302, f"/oauth/problem/{kind}/")
    assert (answer["Referrer-Policy"], answer["Cache-Control"]) == ("no-referrer", "no-store")
    page = bobs.get(answer["Location"])
    assert page.status_code == 200
    assert "What to do" in page.content.decode()


@pytest.mark.parametrize("kind", sorted(callback.PROBLEMS))
def test_every_problem_has_a_page(bobs: Client, kind: str) -> None:
    assert bobs.get(f"/oauth/problem/{kind}/").status_code == 200
    assert bobs.get("/oauth/problem/no-such/").status_code == 404


def test_another_browser_cannot_bring_the_answer(
    cast: Cast, bobs: Client, service: AuthorizationServer
) -> None:
    out = pages.way_out(bobs.post(pages.add_url(cast), pages.filled(service)))
    query = plain_client.returned(service.agree(out))
    for other in (Client(), factories.signed_in(cast.bob), factories.signed_in(cast.mallory)):
        assert other.get(pages.CALLBACK, query)["Location"] == "/oauth/problem/session/"
    assert bobs.get(pages.CALLBACK, query)["Location"] == steps.url(
        pages.connection_of(cast), "added"
    )


def test_a_parameter_that_comes_twice_does_not_count(
    cast: Cast, bobs: Client, service: AuthorizationServer
) -> None:
    out = pages.way_out(bobs.post(pages.add_url(cast), pages.filled(service)))
    state = plain_client.returned(out)["state"]
    answer = bobs.get(f"{pages.CALLBACK}?state={state}&state={state}&code=c")
    assert answer["Location"] == "/oauth/problem/unknown/"


def test_who_may_no_longer_manage_the_connection_connects_nothing(
    cast: Cast, bobs: Client, service: AuthorizationServer
) -> None:
    out = pages.way_out(bobs.post(pages.add_url(cast), pages.filled(service)))
    query = plain_client.returned(service.agree(out))
    lifecycle.hand_over(pages.connection_of(cast), to=cast.alice, actor=cast.alice)
    assert bobs.get(pages.CALLBACK, query)["Location"] == "/oauth/problem/gone/"
    attempt = pages.only_attempt(cast)
    assert (attempt.is_finished, attempt.answer_sealed) == (True, None)


def test_only_a_get_brings_an_answer(bobs: Client) -> None:
    assert bobs.post(pages.CALLBACK).status_code == 405
    assert bobs.head(pages.CALLBACK).status_code == 405


def test_the_callbacks_query_is_in_no_log(
    cast: Cast, bobs: Client, service: AuthorizationServer, caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    caplog.set_level("DEBUG")
    out = pages.way_out(bobs.post(pages.add_url(cast), pages.filled(service)))
    query = plain_client.returned(service.agree(out))
    bobs.get(pages.CALLBACK, query)
    bobs.get(pages.CALLBACK, query | {"state": "y" * 43})
    Client().get(pages.CALLBACK, query)
    bobs.raise_request_exception = False
    with monkeypatch.context() as broken:
        broken.setattr(returning, "_consume", lambda *_: 1 / 0)
        assert bobs.get(pages.CALLBACK, query).status_code == 500
    journey.work(pages.only_attempt(cast))
    logged = caplog.text + "".join(capfd.readouterr())
    assert "/oauth/callback" in logged
    for secret in (query["code"], query["state"]):
        assert secret not in logged
