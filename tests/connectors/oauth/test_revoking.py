"""Taking tokens back: by RFC 7009 and by requests of services' own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from connectors import oauth
from tests.connectors.oauth import service

if TYPE_CHECKING:
    from connectors.outcomes import Outcome
    from tests.connectors.recording import Recorder


def revoke(recorder: Recorder, refresh_token: str = "refresh-1", **revocation: Any) -> Outcome:
    declared = {
        "source": service.SOURCE,
        "url": f"https://auth.example.com:{recorder.port}/revoke",
    } | revocation
    found = service.connector(
        recorder.port,
        revocation=declared if revocation.get("url", 1) else None,
        revoked_errors=["token_revoked"],
    )
    return oauth.revoke(
        found,
        service.scheme(found),
        {"team": "T1"},
        app=service.APP,
        access_token="access-1",
        refresh_token=refresh_token,
        policy=recorder.policy(),
    )


def test_tokens_are_taken_back_by_the_standard(recorder: Recorder) -> None:
    assert revoke(recorder).name == "ok"
    [request] = recorder.requests
    assert (request.method, request.path) == ("POST", "/revoke")
    assert request.headers["authorization"].startswith("Basic ")
    assert service.form(request) == {"token": "refresh-1", "token_type_hint": "refresh_token"}


def test_without_a_refresh_token_the_access_token_is_taken_back(recorder: Recorder) -> None:
    assert revoke(recorder, refresh_token="").name == "ok"
    assert service.form(recorder.requests[0]) == {
        "token": "access-1",
        "token_type_hint": "access_token",
    }


def test_a_service_may_want_a_request_of_its_own(recorder: Recorder) -> None:
    outcome = revoke(
        recorder,
        url=f"https://api.example.com:{recorder.port}/applications/{{client_id}}/grant",
        style="request",
        method="DELETE",
        token="access_token",
        parameter="access_token",
        body="json",
        client_authentication="basic",
        fixed={"team": "{team}", "me": "{client_id}"},
    )
    assert outcome.name == "ok"
    [request] = recorder.requests
    assert (request.method, request.path) == ("DELETE", "/applications/the-client/grant")
    assert request.headers["authorization"].startswith("Basic ")
    assert request.json == {"access_token": "access-1", "team": "T1", "me": "the-client"}


def test_a_token_may_take_itself_back(recorder: Recorder) -> None:
    outcome = revoke(
        recorder, style="request", token="access_token", parameter="", body="none", bearer=True
    )
    assert outcome.name == "ok"
    [request] = recorder.requests
    assert (request.method, request.body) == ("POST", b"")
    assert request.headers["authorization"] == "Bearer access-1"


def test_a_token_may_go_in_the_query(recorder: Recorder) -> None:
    revoke(
        recorder,
        style="request",
        method="GET",
        body="query",
        client_authentication="none_but_id",
        parameter="t",
    )
    [request] = recorder.requests
    assert (request.method, request.body) == ("GET", b"")
    assert dict(request.query) == {"t": "refresh-1", "client_id": "the-client"}


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (200, {}, "ok"),
        (204, {}, "ok"),
        (404, {}, "ok"),
        (400, {"error": "invalid_grant"}, "ok"),
        (400, {"error": "token_revoked"}, "ok"),
        (200, {"error": "no_such_token"}, "ok"),
        (400, {"error": "unsupported_token_type"}, "request_refused"),
        (401, {"error": "invalid_client"}, "request_refused"),
        (429, {}, "rate_limited"),
        (503, {}, "upstream_fault"),
        (302, {}, "bad_answer"),
    ],
)
def test_what_is_gone_already_counts_as_taken_back(
    recorder: Recorder, status: int, body: Any, outcome: str
) -> None:
    recorder.reply(body, status=status)
    assert revoke(recorder, gone=[404], gone_errors=["no_such_token"]).name == outcome


def test_a_service_without_a_way_to_do_it_says_so(recorder: Recorder) -> None:
    outcome = revoke(recorder, url="")
    assert (outcome.name, outcome.detail) == (
        "unverified",
        "The service has no way to take tokens back.",
    )
    assert recorder.requests == []
