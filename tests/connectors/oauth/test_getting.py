"""Tokens for a code and for a refresh token: what is asked, in each way that can be declared."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest

from connectors import oauth
from spojit.lib import redaction
from tests.connectors.oauth import service

if TYPE_CHECKING:
    from tests.connectors.recording import Recorder


def test_a_code_is_changed_for_tokens(recorder: Recorder) -> None:
    connector = service.connector(recorder.port)
    recorder.reply(service.GOOD)
    answered = service.exchange(recorder, connector)
    assert answered.outcome.name == "ok"
    assert answered.outcome.status_code == 200
    assert answered.tokens == oauth.Tokens(
        "access-1", "refresh-1", 3600.0, None, ["read", "write"], {}
    )
    [request] = recorder.requests
    assert (request.method, request.path) == ("POST", "/token")
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert request.headers["accept"] == "application/json"
    assert service.form(request) == {
        "grant_type": "authorization_code",
        "code": "the-code",
        "redirect_uri": service.CALLBACK,
        "code_verifier": service.VERIFIER,
    }


def test_new_tokens_are_masked_before_anything_is_done_with_them(recorder: Recorder) -> None:
    recorder.reply(service.GOOD)
    with redaction.scope():
        service.exchange(recorder, service.connector(recorder.port))
        assert redaction.redact("access-1 and refresh-1") == "•••• and ••••"


def test_a_refresh_token_is_changed_for_new_tokens(recorder: Recorder) -> None:
    connector = service.connector(recorder.port)
    recorder.reply(service.GOOD)
    answered = service.renew(recorder, connector)
    assert answered.tokens is not None
    assert answered.tokens.refresh_token == "refresh-1"
    assert service.form(recorder.requests[0]) == {
        "grant_type": "refresh_token",
        "refresh_token": "refresh-0",
    }


def test_a_refresh_token_stays_when_no_new_one_comes(recorder: Recorder) -> None:
    recorder.reply({"access_token": "access-2"})
    answered = service.renew(recorder, service.connector(recorder.port))
    assert answered.tokens == oauth.Tokens("access-2", "refresh-0")


@pytest.mark.parametrize(
    ("client_id", "client_secret", "written"),
    [
        ("the-client", "the secret", "the-client:the+secret"),
        ("a:b%c+d", "e:f%g+h/=", "a%3Ab%25c%2Bd:e%3Af%25g%2Bh%2F%3D"),
        ("kläffi", "ß€", "kl%C3%A4ffi:%C3%9F%E2%82%AC"),
    ],
)
def test_the_parts_of_basic_are_form_urlencoded(
    recorder: Recorder, client_id: str, client_secret: str, written: str
) -> None:
    recorder.reply(service.GOOD)
    app = oauth.App(client_id, client_secret)
    service.exchange(recorder, service.connector(recorder.port), app=app)
    kind, _, text = recorder.requests[0].headers["authorization"].partition(" ")
    assert (kind, base64.b64decode(text).decode("ascii")) == ("Basic", written)
    assert "client_id" not in service.form(recorder.requests[0])
