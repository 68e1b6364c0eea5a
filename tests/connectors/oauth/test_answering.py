"""Answers of token endpoints: good ones of every make."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors import oauth
from spojit.lib import clock
from tests.connectors.oauth.answers import jwt, read, tokens

YEARS = 10 * 365 * 24 * 3600.0


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        (3600, 3600.0),
        ("3600", 3600.0),
        (" 3600 ", 3600.0),
        (3599.5, 3599.5),
        ("3599.5", 3599.5),
        (10**400, YEARS),
        (1e300, YEARS),
        ("99999999999", YEARS),
        (0, None),
        (-1, None),
        ("-1", None),
        ("1e9", None),
        ("soon", None),
        (True, None),
        (None, None),
        ([3600], None),
        ({}, None),
    ],
)
def test_lives_of_tokens_are_read_in_every_form_and_bounded(
    told: Any, seconds: float | None
) -> None:
    assert tokens({"access_token": "a", "expires_in": told}).expires_in == seconds


def test_not_a_number_is_no_life() -> None:
    for word in (b"NaN", b"Infinity", b"-Infinity"):
        assert tokens(b'{"access_token": "a", "expires_in": %s}' % word).expires_in is None


def test_without_a_life_the_token_itself_tells_and_then_the_connector() -> None:
    in_an_hour = clock.now().timestamp() + 3600
    for_an_hour = tokens({"access_token": jwt({"exp": in_an_hour})}, lifetime_seconds=60)
    assert for_an_hour.expires_in == pytest.approx(3600, abs=5)
    assert tokens({"access_token": "opaque"}, lifetime_seconds=60).expires_in == 60
    assert tokens({"access_token": "opaque"}).expires_in is None


@pytest.mark.parametrize("form", ["iso", "naive", "seconds", "text", "milliseconds"])
def test_a_moment_of_expiry_is_read_in_every_form(form: str) -> None:
    at = clock.now() + timedelta(hours=1)
    written: Any = {
        "iso": at.isoformat(),
        "naive": at.astimezone(UTC).replace(tzinfo=None).isoformat(),
        "seconds": at.timestamp(),
        "text": str(int(at.timestamp())),
        "milliseconds": int(at.timestamp() * 1000),
    }[form]
    found = tokens({"access_token": "a", "at": written}, answer={"expires_at": "at"})
    assert found.expires_in == pytest.approx(3600, abs=5)


@pytest.mark.parametrize("told", ["", "tomorrow", "x" * 10**5, [], -5, "9" * 300])
def test_a_moment_that_is_none_says_nothing(told: Any) -> None:
    found = tokens({"access_token": "a", "at": told}, answer={"expires_at": "at"})
    assert found.expires_in is None


@pytest.mark.parametrize(
    "token",
    [
        jwt({"exp": 10**14}),
        "",
        "a.b.c",
        "a..c",
        "é.é.é",
        f"a.{'x' * 40_000}.c",
        jwt([]),
        jwt({"exp": "x"}),
    ],
)
def test_what_is_no_jwt_has_no_expiry(token: str) -> None:
    assert oauth.expiry_of(token) is None


def test_a_jwt_says_its_expiry() -> None:
    assert oauth.expiry_of(jwt({"exp": 1_800_000_000})) == 1_800_000_000


@pytest.mark.parametrize(
    ("told", "declared", "scopes"),
    [
        ("read write", {}, ["read", "write"]),
        ("read,write", {"scope_separator": ","}, ["read", "write"]),
        ("read, write", {"answer": {"scope_separator": ","}}, ["read", "write"]),
        (["read", "write", "read"], {}, ["read", "write"]),
        ("", {}, []),
        ([1, None, "read", "a b"], {}, ["read"]),
        (None, {}, None),
        ({"read": True}, {}, None),
        (7, {}, None),
    ],
)
def test_granted_scopes_are_a_text_or_a_list(
    told: Any, declared: dict[str, Any], scopes: list[str] | None
) -> None:
    assert tokens({"access_token": "a", "scope": told}, **declared).scopes == scopes


def test_tokens_may_be_nested_and_otherwise_named() -> None:
    data = {
        "ok": True,
        "team": {"id": "T1"},
        "authed_user": {"token": "a", "renew": "r", "expires": 60, "renew_expires": "90"},
    }
    found = tokens(
        data,
        answer={
            "within": "authed_user",
            "access_token": "token",
            "refresh_token": "renew",
            "expires_in": "expires",
            "refresh_expires_in": "renew_expires",
            "success": "ok",
        },
        captured=[{"key": "team", "path": "team.id", "pattern": "T[0-9]+"}],
    )
    assert found == oauth.Tokens("a", "r", 60.0, 90.0, None, {"team": "T1"})


@pytest.mark.parametrize(
    ("form", "kind"),
    [
        ("form", "text/html"),
        ("auto", "application/x-www-form-urlencoded; charset=utf-8"),
        ("auto", "text/plain"),
    ],
)
def test_answers_may_be_forms(form: str, kind: str) -> None:
    body = b"access_token=a%2Bb&scope=read%2Cwrite&token_type=bearer&expires_in=60"
    found = read(body, kind=kind, answer={"format": form, "scope_separator": ","}).tokens
    assert found == oauth.Tokens("a+b", "", 60.0, None, ["read", "write"])


def test_a_declared_form_that_comes_as_json_is_read_all_the_same() -> None:
    assert tokens({"access_token": "a"}, answer={"format": "form"}).access_token == "a"


def test_a_moment_is_read_against_the_clock() -> None:
    past = datetime(2001, 1, 1, tzinfo=UTC).isoformat()
    found = tokens({"access_token": "a", "at": past}, answer={"expires_at": "at"})
    assert found.expires_in is None


def test_no_deprecated_part_of_the_libraries_is_used() -> None:
    """`authlib.jose` is deprecated, and warns from the moment that it is imported."""
    told = "import sys, connectors.oauth, connectors.schemes; print('authlib.jose' in sys.modules)"
    command = [sys.executable, "-W", "error", "-c", told]
    assert subprocess.run(command, capture_output=True, check=True).stdout == b"False\n"
