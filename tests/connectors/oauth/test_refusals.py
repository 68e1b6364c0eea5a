"""Answers of token endpoints: refusals, faults, and hostile ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings, strategies as st

from connectors import oauth
from connectors.oauth import answering
from connectors.oauth.types import Client
from tests.connectors.oauth import service
from tests.connectors.oauth.answers import client, read

if TYPE_CHECKING:
    from tests.connectors.recording import Recorder

API = {"key": "api", "path": "api", "kind": "url", "hosts": [".example.com"], "on_refresh": True}

GRANT = "The service no longer accepts this authorization."
APP = "The service refused the OAuth app: its client ID or secret is wrong, or it may not do this."
FIELDS = "The service refused the client: its ID, secret or key is wrong, or it may not do this."
SCOPE = "The service does not give one of the scopes that were asked for."


def said(status: int) -> str:
    return f"The token endpoint answered with status {status}."


@pytest.mark.parametrize(
    ("status", "body", "outcome", "detail", "error"),
    [
        (400, {"error": "invalid_grant"}, "credentials_refused", GRANT, "invalid_grant"),
        (200, {"error": "invalid_grant"}, "credentials_refused", GRANT, "invalid_grant"),
        (500, {"error": "invalid_grant"}, "credentials_refused", GRANT, "invalid_grant"),
        (400, {"error": "TOKEN_REVOKED"}, "credentials_refused", GRANT, "token_revoked"),
        (401, {"error": "invalid_client"}, "request_refused", APP, "invalid_client"),
        (200, {"error": "unauthorized_client"}, "request_refused", APP, "unauthorized_client"),
        (400, {"error": "app_disabled"}, "request_refused", APP, "app_disabled"),
        (401, {}, "request_refused", APP, ""),
        (500, {"error": "invalid_client"}, "upstream_fault", said(500), "invalid_client"),
        (503, b"busy", "upstream_fault", said(503), ""),
        (400, {"error": "server_error"}, "upstream_fault", "", "server_error"),
        (
            400,
            {"error": "temporarily_unavailable"},
            "upstream_fault",
            "",
            "temporarily_unavailable",
        ),
        (429, {"error": "invalid_grant"}, "rate_limited", said(429), "invalid_grant"),
        (200, {"error": "ratelimited"}, "rate_limited", "", "ratelimited"),
        (408, {}, "timeout", said(408), ""),
        (400, {"error": "invalid_scope"}, "request_refused", SCOPE, "invalid_scope"),
        (400, {"error": "invalid_request"}, "request_refused", said(400), "invalid_request"),
        (403, {"error": {"code": 7}}, "request_refused", said(403), ""),
        (404, b"<html>", "request_refused", said(404), ""),
        (400, {"error": "a secret\n" * 99}, "request_refused", said(400), ""),
        (200, {"error": ["x"]}, "request_refused", said(200), ""),
    ],
)
def test_a_refusal_says_whose_turn_it_is(
    status: int, body: Any, outcome: str, detail: str, error: str
) -> None:
    answered = read(body, status, revoked_errors=["token_revoked"], client_errors=["app_disabled"])
    assert answered.tokens is None
    assert (answered.outcome.name, answered.outcome.detail) == (outcome, detail)
    assert (answered.error, answered.outcome.status_code) == (error, status)


def test_the_finer_code_decides_before_the_usual_one() -> None:
    declared: dict[str, Any] = {"error_code": "error_codes[0]", "client_errors": ["7000222"]}
    body = {"error": "invalid_grant", "error_codes": [7000222]}
    answered = read(body, 400, **declared)
    assert (answered.outcome.name, answered.error) == ("request_refused", "7000222")
    other = read(body | {"error_codes": [70008]}, 400, **declared)
    assert (other.outcome.name, other.error) == ("credentials_refused", "invalid_grant")


def test_a_success_that_is_not_said_is_a_refusal() -> None:
    answered = read({"ok": False, "access_token": "a"}, answer={"success": "ok"})
    assert answered.outcome.name == "request_refused"


def test_a_client_that_is_the_credential_is_refused_as_one() -> None:
    fields = [{"key": "client_id", "label": "ID"}]
    declared: dict[str, Any] = {"client": "fields", "fields": fields}
    minted = read({"error": "invalid_client"}, 401, grant="client_credentials", **declared)
    assert (minted.outcome.name, minted.outcome.detail) == ("credentials_refused", FIELDS)
    granted = read({"error": "invalid_client"}, 401, **declared)
    assert (granted.outcome.name, granted.outcome.detail) == ("request_refused", FIELDS)


def test_how_long_to_wait_is_kept() -> None:
    headers = (("Retry-After", "30"),)
    assert read({}, 429, headers=headers).outcome.retry_after_seconds == 30
    late = read({}, 503, headers=headers)
    assert (late.outcome.retry_after_seconds, late.is_in_doubt) == (30, False)


@pytest.mark.parametrize(
    ("status", "is_in_doubt"),
    [(500, True), (502, True), (503, True), (504, True), (408, True), (429, False), (400, False)],
)
def test_after_a_fault_it_may_have_been_carried_out(status: int, *, is_in_doubt: bool) -> None:
    assert read({}, status).is_in_doubt == is_in_doubt


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>Sign in</html>",
        b"[]",
        b"null",
        b'"text"',
        b"{",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"access_token": "a", "expires_in": ' + b"9" * 5000 + b"}",
        {},
        {"access_token": None},
        {"access_token": ""},
        {"access_token": 7},
        {"access_token": ["a"]},
        {"access_token": "a\nb"},
        {"access_token": "a b"},
        {"access_token": "ä"},
        {"access_token": "a\x00"},
        {"access_token": "a" * 100_000},
        {"access_token": "a", "refresh_token": "r\r\nX: y"},
        {"access_token": "a", "refresh_token": 7},
        {"access_token": "a", "refresh_token": "r" * 100_000},
        {"access_token": "a", "api": "https://evil.test"},
        {"access_token": "a"},
    ],
    ids=range(24),
)
def test_a_good_status_with_anything_else_than_tokens_leaves_it_in_doubt(body: Any) -> None:
    answered = read(body, captured=[API])
    assert (answered.outcome.name, answered.tokens) == ("bad_answer", None)
    assert answered.is_in_doubt


def test_an_answer_without_end_is_not_read() -> None:
    body = b'{"access_token": "a"}' + b" " * answering.LARGEST_BYTES
    answered = read(body)
    assert (answered.outcome.name, answered.is_in_doubt) == ("answer_too_large", True)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(["access_token", "refresh_token", "expires_in", "scope", "error", "api"])


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(NAMES, JSON), st.sampled_from([200, 201, 302, 400, 401, 429, 500]))
def test_no_answer_breaks_its_reader(body: dict[str, Any], status: int) -> None:
    answered = read(body, status, captured=[API], answer={"expires_at": "expires_in"})
    assert (answered.tokens is not None) == (answered.outcome.name == "ok")


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=300), st.sampled_from(["json", "form", "auto"]))
def test_no_bytes_break_their_reader(body: bytes, form: str) -> None:
    answered = read(body, kind="text/plain", answer={"format": form})
    assert answered.outcome.name in {"ok", "bad_answer", "request_refused"}


def test_nothing_secret_is_shown() -> None:
    found = oauth.Tokens("access-1", "refresh-1", captured={"team": "T1"})
    assert repr(found) == "Tokens(expires_in=None, refresh_expires_in=None)"
    assert "the-client-secret" not in repr(service.APP)
    assert "the-code" not in repr(oauth.Returned("the-code"))
    assert "T1" not in repr(Client.of(service.connector(), client().scheme, {"x": "T1"}, None))


def test_a_redirect_is_not_followed(recorder: Recorder) -> None:
    recorder.reply("", status=307, Location=f"https://other.example.com:{recorder.port}/token")
    answered = service.renew(recorder, service.connector(recorder.port))
    assert answered.outcome.name == "bad_answer"
    assert answered.outcome.detail == (
        "The token endpoint redirected elsewhere, which is not followed."
    )
    assert [request.path for request in recorder.requests] == ["/token"]
