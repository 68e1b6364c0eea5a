"""What is special about single services: keys that may do little, pages, no connection at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from connectors import execution, registry
from connectors.execution import InvalidArguments
from tests import servers

if TYPE_CHECKING:
    from connectors.identity import Verified
    from connectors.outcomes import Outcome
    from tests.connectors.recording import Recorder

SECRET, RESTRICTED = "sk_test_0123456789abcdef", "rk_live_0123456789abcdef"
DENIED = {"error": {"type": "invalid_request_error", "message": "no permission"}}
ACCOUNT = {"id": "acct_1", "settings": {"dashboard": {"display_name": "Shop\n"}}}


def verify(recorder: Recorder, key: str, scheme: str, **values: str) -> Verified:
    connector = recorder.moved(registry.get(key))
    return execution.verify(connector, connector.scheme(scheme), values, policy=recorder.policy())


def call(recorder: Recorder, service: str, scheme: str, tool: str, **given: Any) -> Outcome:
    connector = recorder.moved(registry.get(service))
    idempotency_key = given.pop("idempotency_key", "")
    values = given.pop("values")
    return execution.call(
        connector,
        connector.scheme(scheme),
        connector.tool(tool),
        values,
        given,
        policy=recorder.policy(),
        idempotency_key=idempotency_key,
    )


def test_stripe_tells_test_from_live_by_the_key(recorder: Recorder) -> None:
    recorder.reply(ACCOUNT)
    secret = verify(recorder, "stripe", "api_key", api_key=SECRET)
    assert (secret.environment, secret.account_id, secret.account_name) == (
        "test",
        "acct_1",
        "Shop",
    )
    live = verify(recorder, "stripe", "api_key_restricted", api_key=RESTRICTED)
    assert live.environment == "live"


def test_a_restricted_stripe_key_that_may_not_read_the_account_is_valid(recorder: Recorder) -> None:
    recorder.reply(DENIED, status=403)
    verified = verify(recorder, "stripe", "api_key_restricted", api_key=RESTRICTED)
    assert (verified.outcome.name, verified.limited) == ("ok", True)
    assert (verified.account_id, verified.environment) == ("", "live")
    assert verified.outcome.detail.startswith("The key works. It may not read the account")
    values = {"api_key": RESTRICTED}
    called = call(recorder, "stripe", "api_key_restricted", "get_balance", values=values)
    assert called.name == "permission_missing"


def test_a_revoked_stripe_key_is_refused(recorder: Recorder) -> None:
    recorder.reply({"error": {"type": "invalid_request_error"}}, status=401)
    verified = verify(recorder, "stripe", "api_key_restricted", api_key=RESTRICTED)
    assert (verified.outcome.name, verified.limited) == ("credentials_refused", False)


def test_stripe_pages_follow_the_last_id(recorder: Recorder) -> None:
    recorder.reply({"data": [{"id": "a"}, {"id": "b"}], "has_more": True})
    recorder.reply({"data": [{"id": "c"}], "has_more": False})
    values = {"api_key": SECRET}
    outcome = call(
        recorder, "stripe", "api_key", "list_customers", values=values, limit=2, max_pages=9
    )
    assert outcome.data == {"data": [{"id": "a"}, {"id": "b"}, {"id": "c"}], "has_more": False}
    queries = [dict(request.query) for request in recorder.requests]
    assert queries == [{"limit": "2"}, {"limit": "2", "starting_after": "b"}]


def test_stripe_takes_forms_and_an_idempotency_key(recorder: Recorder) -> None:
    recorder.reply({"id": "cus_1"}, status=502)
    outcome = call(
        recorder,
        "stripe",
        "api_key",
        "create_customer",
        values={"api_key": SECRET},
        email="ada@example.com",
        metadata={"order": "1"},
        idempotency_key="run-1-step-2",
    )
    assert outcome.name == "upstream_fault"
    request = recorder.requests[0]
    assert request.body == b"email=ada%40example.com&metadata%5Border%5D=1"
    assert request.headers["idempotency-key"] == "run-1-step-2"


@pytest.mark.parametrize(
    ("status", "name", "outcome", "limited"),
    [
        (401, "restricted_api_key", "ok", True),
        (401, "missing_api_key", "credentials_refused", False),
        (403, "invalid_api_key", "credentials_refused", False),
        (429, "rate_limit_exceeded", "rate_limited", False),
    ],
)
def test_resend_says_by_name_what_a_refusal_means(
    recorder: Recorder, status: int, name: str, outcome: str, limited: bool
) -> None:
    recorder.reply({"statusCode": status, "name": name, "message": "…"}, status=status)
    verified = verify(recorder, "resend", "api_key", api_key="re_0123456789")
    assert (verified.outcome.name, verified.limited) == (outcome, limited)


def test_http_works_without_a_connection_and_never_with_credentials_of_its_own(
    recorder: Recorder,
) -> None:
    http = registry.get("http")
    url = f"https://api.example.com:{recorder.port}/items"
    recorder.reply({"items": []})

    def get(**arguments: Any) -> Outcome:
        return execution.call(http, None, http.tool("get"), {}, arguments, policy=recorder.policy())

    outcome = get(path=url, query={"limit": 10})
    assert outcome.data["body"] == {"items": []}
    assert recorder.requests[0].query == [("limit", "10")]
    for refused in (
        {"path": "/items"},
        {"path": "file:///etc/passwd"},
        {"path": url, "headers": {"Authorization": "Bearer x"}},
        {"path": url, "body": 1},
    ):
        with pytest.raises(InvalidArguments):
            get(**refused)
    assert get(path="https://ada:pass@api.example.com/").name == "address_refused"
    assert len(recorder.requests) == 1


@pytest.mark.parametrize(
    ("scheme", "values", "header", "sent"),
    [
        ("api_key", {"api_key": "t"}, "authorization", "Bearer t"),
        ("api_key_header", {"api_key": "t", "header_name": "X-Key"}, "x-key", "t"),
        (
            "api_key_header",
            {"api_key": "t", "header_name": "Authorization", "prefix": "Token"},
            "authorization",
            "Token t",
        ),
        ("basic", {"username": "ada", "password": "p:w"}, "authorization", "Basic YWRhOnA6dw=="),
        ("basic", {"username": "ada"}, "authorization", "Basic YWRhOg=="),
    ],
)
def test_http_puts_the_credential_where_the_scheme_says(
    recorder: Recorder, scheme: str, values: dict[str, str], header: str, sent: str
) -> None:
    base = {"base_url": f"https://api.example.com:{recorder.port}/v1", "test_path": "/me?full=1"}
    verified = verify(recorder, "http", scheme, **base, **values)
    assert verified.outcome.name == "ok"
    request = recorder.requests[0]
    assert (request.method, request.target) == ("GET", "/v1/me?full=1")
    assert request.headers[header] == sent


def test_http_without_a_test_path_proves_nothing_and_says_so(recorder: Recorder) -> None:
    base_url = f"https://api.example.com:{recorder.port}"
    verified = verify(recorder, "http", "api_key", base_url=base_url, api_key="t")
    assert verified.outcome.name == "unverified"
    assert recorder.requests == []


def test_a_redirect_to_another_host_takes_no_credential_along(recorder: Recorder) -> None:
    with servers.recording() as other:
        recorder.reply({}, status=302, location=other.url)
        base_url = f"https://api.example.com:{recorder.port}"
        policy = servers.policy(
            recorder.server,
            other,
            authority=recorder.authority,
            names={"api.example.com": "127.0.0.1", other.host: other.host},
        )
        http = registry.get("http")
        execution.verify(
            http,
            http.scheme("api_key"),
            {"base_url": base_url, "api_key": "the-secret", "test_path": "/me"},
            policy=policy,
        )
        assert b"the-secret" in recorder.server.everything
        assert b"the-secret" not in other.everything
