"""What is special about services of messages and mail: odd refusals, try-outs, data centres."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import pytest

from connectors import execution, fields, oauth, registry

if TYPE_CHECKING:
    from connectors.identity import Verified
    from connectors.outcomes import Outcome
    from tests.connectors.recording import Recorder

SID, HEX = "AC" + "0a" * 16, "0123456789abcdef" * 2
KEY = {"api_key": "SG." + "a" * 22 + "." + "b" * 43}


def verify(recorder: Recorder, key: str, scheme: str, values: dict[str, str]) -> Verified:
    connector = recorder.moved(registry.get(key))
    return execution.verify(connector, connector.scheme(scheme), values, policy=recorder.policy())


def call(recorder: Recorder, key: str, scheme: str, tool: str, **given: Any) -> Outcome:
    connector, values = recorder.moved(registry.get(key)), given.pop("values")
    found = connector.tool(tool)
    policy = recorder.policy()
    return execution.call(connector, connector.scheme(scheme), found, values, given, policy=policy)


@pytest.mark.parametrize(
    ("scheme", "status", "code", "outcome"),
    [
        ("basic", 403, 20008, "credentials_refused"),
        ("basic", 401, 20003, "credentials_refused"),
        ("basic_test", 403, 20008, "ok"),
        ("basic_test", 401, 20003, "credentials_refused"),
    ],
)
def test_twilio_refuses_test_credentials_in_a_way_that_proves_them(
    recorder: Recorder, scheme: str, status: int, code: int, outcome: str
) -> None:
    recorder.reply({"code": code, "status": status}, status=status)
    verified = verify(recorder, "twilio", scheme, {"account_sid": SID, "auth_token": HEX})
    assert verified.outcome.name == outcome
    assert verified.environment == ("test" if outcome == "ok" else "")


def test_twilio_pages_follow_an_address_without_a_host(recorder: Recorder) -> None:
    path = f"/2010-04-01/Accounts/{SID}/Messages.json"
    recorder.reply({"messages": [{"sid": "SM1"}], "next_page_uri": f"{path}?Page=1"})
    recorder.reply({"messages": [{"sid": "SM2"}], "next_page_uri": None})
    values = {"account_sid": SID, "key_sid": "SK" + HEX, "key_secret": "x" * 32}
    given = {"sent_after": "2026-11-01", "max_pages": 3}
    outcome = call(recorder, "twilio", "basic_api_key", "list_messages", values=values, **given)
    assert outcome.data["messages"] == [{"sid": "SM1"}, {"sid": "SM2"}]
    assert [request.path for request in recorder.requests] == [path, path]
    assert recorder.requests[0].query == [("DateSent>", "2026-11-01")]


def test_a_restricted_sendgrid_key_tells_its_scopes(recorder: Recorder) -> None:
    recorder.reply({"scopes": ["mail.send", "2fa_required"]})
    verified = verify(recorder, "sendgrid", "api_key_restricted", KEY)
    assert verified.scopes == ["2fa_required", "mail.send"]
    recorder.forget()
    recorder.reply({"errors": [{"message": "access forbidden"}]}, status=403)
    limited = verify(recorder, "sendgrid", "api_key", KEY)
    assert (limited.outcome.name, limited.limited) == ("ok", True)


def test_used_up_mails_are_no_refusal_of_the_key(recorder: Recorder) -> None:
    recorder.reply({"errors": [{"message": "Maximum credits exceeded"}]}, status=401)
    given: dict[str, Any] = {"from": "a@example.com", "personalizations": [{"to": [{}]}]}
    outcome = call(recorder, "sendgrid", "api_key", "send_email", values=KEY, **given)
    assert outcome.name == "request_refused"
    assert outcome.detail.startswith("The account's mails for now are used up.")


@pytest.mark.parametrize(
    ("status", "answer", "outcome"),
    [
        (400, {"message": "to parameter is missing"}, "ok"),
        (401, "Forbidden", "credentials_refused"),
        (404, {"message": "Domain not found"}, "not_found"),
    ],
)
def test_a_sending_key_of_mailgun_is_proven_by_a_mail_to_nobody(
    recorder: Recorder, status: int, answer: Any, outcome: str
) -> None:
    recorder.reply(answer, status=status)
    values = {"service_url": "eu", "sending_domain": "mg.example.com", "api_key": HEX}
    verified = verify(recorder, "mailgun", "basic_sending_key", values)
    assert (verified.outcome.name, verified.limited) == (outcome, outcome == "ok")
    [request] = recorder.requests
    assert request.path == "/v3/mg.example.com/messages"
    assert dict(parse_qsl(request.body.decode())) == {"o:testmode": "yes"}
    assert request.headers["host"] == f"api.eu.mailgun.net:{recorder.port}"


def test_a_postmark_server_that_sends_nothing_is_a_sandbox(recorder: Recorder) -> None:
    recorder.reply({"ID": 7, "Name": "Trying", "DeliveryType": "Sandbox"})
    values = {"api_key": "3e8b1a52-7c4d-4f2a-9b6e-0d1c2f3a4b5c"}
    verified = verify(recorder, "postmark", "api_key", values)
    assert (verified.account_id, verified.environment) == ("7", "sandbox")
    assert recorder.requests[0].headers["x-postmark-server-token"] == values["api_key"]


def test_discord_says_which_right_is_missing(recorder: Recorder) -> None:
    recorder.reply({"code": 50013, "message": "Missing Permissions"}, status=403)
    recorder.reply({"code": 50007, "message": "Cannot send messages to this user"}, status=403)
    values = {"api_key": "a" * 24 + ".bbbbbb." + "c" * 30}
    found = [
        call(recorder, "discord", "api_key", "send_message", values=values, channel_id="1" * 18)
        for _ in range(2)
    ]
    assert [outcome.name for outcome in found] == ["permission_missing", "request_refused"]
    sent = recorder.requests[0].headers
    assert sent["authorization"] == f"Bot {values['api_key']}"
    assert sent["user-agent"].startswith("DiscordBot (")


def test_mailchimp_is_called_where_the_account_lives(recorder: Recorder) -> None:
    mailchimp = recorder.moved(registry.get("mailchimp"))
    recorder.reply({"access_token": "token-of-ada-1111", "expires_in": 0, "scope": None})
    recorder.reply({"dc": "us6", "accountname": "Shop", "login": {"login_name": "ada"}})
    answered = oauth.exchange(
        mailchimp,
        mailchimp.scheme("oauth2"),
        {"account": "shop"},
        app=oauth.App("client", "secret-of-the-app"),
        code="code",
        redirect_uri="https://spojit.example/oauth/callback/",
        verifier="",
        captured={},
        policy=recorder.policy(),
    )
    assert answered.tokens is not None
    assert (answered.tokens.captured, answered.tokens.expires_in) == ({"dc": "us6"}, None)
    recorder.forget()
    recorder.reply({"account_id": "8d3a", "account_name": "Shop"})
    told = {"dc": "us6", "access_token": answered.tokens.access_token}
    assert verify(recorder, "mailchimp", "oauth2", told).account_name == "Shop"
    assert recorder.requests[0].headers["host"] == f"us6.api.mailchimp.com:{recorder.port}"
    assert recorder.requests[0].path == "/3.0/"


def test_zoom_tells_a_missing_scope_by_a_code_of_its_own(recorder: Recorder) -> None:
    recorder.reply({"code": 4711, "message": "Invalid access token"}, status=400)
    values = {"access_token": "a-token"}
    outcome = call(recorder, "zoom", "oauth2", "list_meetings", values=values, user_id="me")
    assert outcome.name == "permission_missing"


@pytest.mark.parametrize(
    ("key", "scheme", "values"),
    [
        ("telegram", "api_key", {"api_key": "@example_bot"}),
        ("telegram", "api_key", {"api_key": "bot123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11"}),
        ("discord", "api_key", {"api_key": "Bot abc.def.ghi"}),
        ("twilio", "basic", {"account_sid": "SK" + HEX, "auth_token": HEX}),
        ("mailchimp", "api_key", {"dc": "us6", "api_key": HEX}),
        ("postmark", "api_key", {"api_key": "POSTMARK_API_TEST"}),
        ("slack", "api_key_user", {"api_key": "xoxb-" + "1" * 30}),
    ],
)
def test_what_people_paste_by_mistake_is_named(
    key: str, scheme: str, values: dict[str, str]
) -> None:
    connector = registry.get(key)
    with pytest.raises(fields.InvalidValues) as refused:
        fields.clean(connector, connector.scheme(scheme), values)
    [said] = refused.value.errors.values()
    assert said in {
        wrong.reason for field in connector.scheme(scheme).fields for wrong in field.wrong_kinds
    }
