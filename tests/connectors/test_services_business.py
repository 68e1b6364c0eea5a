"""What is special about shops, payments, help desks, customers, forms and contracts."""

from __future__ import annotations

from base64 import b64decode
from typing import TYPE_CHECKING, Any

import pytest

from connectors import execution, registry

if TYPE_CHECKING:
    from connectors.identity import Verified
    from connectors.outcomes import Outcome
    from tests.connectors.recording import Recorder

ACCOUNT = "a4ec37d6-0000-4000-8000-143885c220e1"
ZENDESK = {"subdomain": "example", "username": "ada@example.com", "password": "x" * 40}
FRESHDESK = {"subdomain": "example", "api_key": "a" * 20}
BIGCOMMERCE = {"store_hash": "g5cd38", "api_key": "a" * 31}
SQUARE = {"service_url": "sandbox", "api_key": "E" * 40}
PAYPAL = {
    "service_url": "sandbox",
    "client_id": "A" * 30,
    "client_secret": "E" * 30,
    "access_token": "a-token",
}
DOCUSIGN = {"server": "na3", "account_id": ACCOUNT, "access_token": "a-token"}
LACKS = "The API key provided does not have {} permissions."
NO_READING, NO_WRITING = (
    {"code": "woocommerce_rest_authentication_error", "message": LACKS.format(right)}
    for right in ("read", "write")
)
NOT_SEEN = {"code": "woocommerce_rest_cannot_view", "message": "Sorry"}


def verify(recorder: Recorder, key: str, scheme: str, values: dict[str, str]) -> Verified:
    connector = recorder.moved(registry.get(key))
    return execution.verify(connector, connector.scheme(scheme), values, policy=recorder.policy())


def call(recorder: Recorder, key: str, scheme: str, tool: str, **given: Any) -> Outcome:
    connector, values = recorder.moved(registry.get(key)), given.pop("values")
    idempotency_key = given.pop("idempotency_key", "")
    return execution.call(
        connector,
        connector.scheme(scheme),
        connector.tool(tool),
        values,
        given,
        policy=recorder.policy(),
        idempotency_key=idempotency_key,
    )


def store(recorder: Recorder) -> dict[str, str]:
    return {
        "store_url": f"https://api.example.com:{recorder.port}",
        "api_key": "ck_" + "a" * 40,
        "api_secret": "cs_" + "b" * 40,
    }


def zoho(recorder: Recorder) -> dict[str, str]:
    return {
        "service_url": "eu",
        "access_token": "a-token",
        "api_domain": f"https://told.zohoapis.com:{recorder.port}",
        "accounts_server": "accounts.zoho.eu",
    }


@pytest.mark.parametrize(
    ("status", "answer", "outcome", "limited"),
    [
        (401, NO_READING, "ok", True),
        (401, NOT_SEEN, "credentials_refused", False),
        (403, NOT_SEEN, "ok", True),
    ],
)
def test_woocommerce_refuses_keys_and_rights_by_the_same_status(
    recorder: Recorder, status: int, answer: Any, outcome: str, limited: bool
) -> None:
    recorder.reply(answer, status=status)
    verified = verify(recorder, "woocommerce", "basic", store(recorder))
    assert (verified.outcome.name, verified.limited) == (outcome, limited)


def test_a_key_of_woocommerce_that_only_reads_may_not_write(recorder: Recorder) -> None:
    recorder.reply(NO_WRITING, status=401)
    given = {"values": store(recorder), "order_id": 3}
    changed = call(recorder, "woocommerce", "basic", "update_order", status="completed", **given)
    assert changed.name == "permission_missing"
    recorder.forget()
    recorder.reply({"code": "woocommerce_rest_shop_order_invalid_id"}, status=400)
    assert call(recorder, "woocommerce", "basic", "get_order", **given).name == "not_found"


def test_pages_of_woocommerce_follow_the_link_with_keys_in_the_address(recorder: Recorder) -> None:
    values = store(recorder)
    following = f"{values['store_url']}/wp-json/wc/v3/orders?page=2"
    recorder.reply([{"id": 1}], Link=f'<{following}>; rel="next"')
    recorder.reply([{"id": 2}])
    given = {"values": values, "status": ["processing", "on-hold"], "max_pages": 3}
    outcome = call(recorder, "woocommerce", "api_key_query", "list_orders", **given)
    assert outcome.data == [{"id": 1}, {"id": 2}]
    keys = {"consumer_key": values["api_key"], "consumer_secret": values["api_secret"]}
    first, second = (dict(request.query) for request in recorder.requests)
    assert first == keys | {"status": "processing,on-hold"}
    assert second == keys | {"page": "2"}


def test_zendesk_answers_a_wrong_key_as_somebody_unknown(recorder: Recorder) -> None:
    recorder.reply({"user": {"id": None, "name": "Anonymous user", "email": "invalid@example.com"}})
    verified = verify(recorder, "zendesk", "basic", ZENDESK)
    assert verified.outcome.name == "credentials_refused"
    sent = recorder.requests[0].headers["authorization"].removeprefix("Basic ")
    assert b64decode(sent).decode() == f"ada@example.com/token:{'x' * 40}"


def test_pages_of_zendesk_end_when_it_says_so(recorder: Recorder) -> None:
    recorder.reply({"tickets": [{"id": 1}], "meta": {"has_more": True, "after_cursor": "c1"}})
    recorder.reply({"tickets": [{"id": 2}], "meta": {"has_more": False, "after_cursor": "c2"}})
    outcome = call(recorder, "zendesk", "basic", "list_tickets", values=ZENDESK, max_pages=5)
    assert outcome.data["tickets"] == [{"id": 1}, {"id": 2}]
    assert dict(recorder.requests[1].query)["page[after]"] == "c1"


def test_a_ticket_of_zendesk_is_made_once(recorder: Recorder) -> None:
    recorder.reply({"ticket": {"id": 1}}, status=201)
    given = {"text": "It is broken.", "subject": "Lamp", "idempotency_key": "k1"}
    outcome = call(recorder, "zendesk", "basic", "create_ticket", values=ZENDESK, **given)
    assert outcome.is_ok
    [request] = recorder.requests
    assert request.json == {"ticket": {"comment": {"body": "It is broken."}, "subject": "Lamp"}}
    assert request.headers["idempotency-key"] == "k1"


@pytest.mark.parametrize(
    ("status", "answer", "outcome"),
    [
        (200, {"data": [{"code": "DUPLICATE_DATA", "status": "error"}]}, "request_refused"),
        (401, {"code": "OAUTH_SCOPE_MISMATCH", "status": "error"}, "permission_missing"),
        (401, {"code": "INVALID_TOKEN"}, "credentials_refused"),
    ],
)
def test_zoho_says_what_is_wrong_by_a_code(
    recorder: Recorder, status: int, answer: Any, outcome: str
) -> None:
    recorder.reply(answer, status=status)
    given = {"values": zoho(recorder), "module": "Leads", "records": [{"Last_Name": "Ada"}]}
    assert call(recorder, "zoho_crm", "oauth2", "create_records", **given).name == outcome


def test_zoho_answers_nothing_when_there_are_no_records(recorder: Recorder) -> None:
    recorder.reply("", status=204)
    given = {"values": zoho(recorder), "module": "Leads", "fields": ["Last_Name", "Email"]}
    assert call(recorder, "zoho_crm", "oauth2", "list_records", **given).is_ok
    [request] = recorder.requests
    assert (request.path, dict(request.query)["fields"]) == ("/crm/v8/Leads", "Last_Name,Email")


def test_zoho_names_the_organization_and_whether_it_is_a_sandbox(recorder: Recorder) -> None:
    recorder.reply({"org": [{"id": "1", "company_name": "Example", "type": "sandbox"}]})
    verified = verify(recorder, "zoho_crm", "oauth2", zoho(recorder))
    assert (verified.account_name, verified.environment) == ("Example", "sandbox")


def test_pages_of_typeform_follow_the_last_answer(recorder: Recorder) -> None:
    recorder.reply({"items": [{"token": "a"}, {"token": "b"}]})
    recorder.reply({"items": []})
    given = {"values": {"api_key": "tfp_" + "a" * 40}, "form_id": "u6nXL7", "max_pages": 5}
    outcome = call(recorder, "typeform", "api_key", "list_responses", **given)
    assert outcome.data["items"] == [{"token": "a"}, {"token": "b"}]
    assert dict(recorder.requests[1].query)["before"] == "b"


def test_bigcommerce_answers_nothing_when_there_are_no_orders(recorder: Recorder) -> None:
    recorder.reply("", status=204)
    outcome = call(
        recorder, "bigcommerce", "api_key", "list_orders", values=BIGCOMMERCE, max_pages=2
    )
    assert outcome.is_ok
    [request] = recorder.requests
    assert request.path == "/stores/g5cd38/v2/orders"
    assert request.headers["x-auth-token"] == BIGCOMMERCE["api_key"]


def test_bigcommerce_takes_a_list_of_customers_as_the_body(recorder: Recorder) -> None:
    recorder.reply({"data": []})
    customers = [{"email": "ada@example.com", "first_name": "Ada", "last_name": "Lovelace"}]
    given = {"values": BIGCOMMERCE, "customers": customers}
    call(recorder, "bigcommerce", "api_key", "create_customers", **given)
    assert recorder.requests[0].json == customers


def test_an_app_of_paypal_that_may_not_see_itself_is_valid(recorder: Recorder) -> None:
    recorder.reply({"name": "NOT_AUTHORIZED"}, status=403)
    verified = verify(recorder, "paypal", "oauth2_client", PAYPAL)
    assert (verified.limited, verified.environment) == (True, "sandbox")


def test_a_refund_by_paypal_is_made_once(recorder: Recorder) -> None:
    recorder.reply({"id": "1JU0"}, status=201)
    given = {"values": PAYPAL, "capture_id": "2GG", "idempotency_key": "k9"}
    assert call(recorder, "paypal", "oauth2_client", "refund_capture", **given).is_ok
    [request] = recorder.requests
    assert request.path == "/v2/payments/captures/2GG/refund"
    assert request.headers["paypal-request-id"] == "k9"
    assert request.json == {}


def test_docusign_tells_a_limit_by_400(recorder: Recorder) -> None:
    recorder.reply({"errorCode": "HOURLY_APIINVOCATION_LIMIT_EXCEEDED"}, status=400)
    given = {"values": DOCUSIGN, "from_date": "2026-03-01T00:00:00Z"}
    assert call(recorder, "docusign", "oauth2", "list_envelopes", **given).name == "rate_limited"


def test_pages_of_docusign_count_on(recorder: Recorder) -> None:
    recorder.reply({"envelopes": [{}, {}]})
    recorder.reply({"envelopes": [{}]})
    given = {"from_date": "2026-03-01T00:00:00Z", "count": 2, "max_pages": 4}
    outcome = call(recorder, "docusign", "oauth2", "list_envelopes", values=DOCUSIGN, **given)
    assert len(outcome.data["envelopes"]) == 3
    assert dict(recorder.requests[1].query)["start_position"] == "2"


def test_docusign_is_asked_for_the_account_itself(recorder: Recorder) -> None:
    recorder.reply({"accountIdGuid": ACCOUNT, "accountName": "Example Ltd"})
    verified = verify(recorder, "docusign", "oauth2", DOCUSIGN)
    assert (verified.account_id, verified.environment) == (ACCOUNT, "live")
    assert recorder.requests[0].path == f"/restapi/v2.1/accounts/{ACCOUNT}"


def test_pages_of_intercom_are_asked_for_in_the_body(recorder: Recorder) -> None:
    recorder.reply({"data": [{"id": 1}], "pages": {"next": {"starting_after": "c1"}}})
    recorder.reply({"data": [{"id": 2}], "pages": {}})
    values, query = {"service_url": "eu", "api_key": "d" * 40}, {"field": "email"}
    given = {"values": values, "query": query, "per_page": 1, "max_pages": 3}
    outcome = call(recorder, "intercom", "api_key", "search_contacts", **given)
    assert outcome.data["data"] == [{"id": 1}, {"id": 2}]
    asked = [request.json["pagination"] for request in recorder.requests]
    assert asked == [{"per_page": 1}, {"per_page": 1, "starting_after": "c1"}]


def test_pages_of_square_are_asked_for_in_the_body(recorder: Recorder) -> None:
    recorder.reply({"orders": [{"id": 1}], "cursor": "c1"})
    recorder.reply({"orders": [{"id": 2}]})
    given = {"location_ids": ["L"], "states": ["OPEN"], "max_pages": 3}
    outcome = call(recorder, "square", "api_key", "search_orders", values=SQUARE, **given)
    assert outcome.data["orders"] == [{"id": 1}, {"id": 2}]
    first, second = (request.json for request in recorder.requests)
    assert first == {
        "location_ids": ["L"],
        "query": {"filter": {"state_filter": {"states": ["OPEN"]}}},
    }
    assert second == first | {"cursor": "c1"}


def test_a_token_of_square_that_may_not_see_the_seller_is_valid(recorder: Recorder) -> None:
    recorder.reply({"errors": [{"code": "INSUFFICIENT_SCOPES"}]}, status=403)
    assert verify(recorder, "square", "api_key", SQUARE).limited


def test_freshdesk_names_the_agent_whose_key_it_is(recorder: Recorder) -> None:
    recorder.reply({"id": 1, "contact": {"email": "ada@example.com"}})
    assert verify(recorder, "freshdesk", "basic", FRESHDESK).account_name == "ada@example.com"
    sent = recorder.requests[0].headers["authorization"].removeprefix("Basic ")
    assert b64decode(sent).decode() == f"{'a' * 20}:X"


def test_pages_of_freshdesk_end_with_a_short_one(recorder: Recorder) -> None:
    recorder.reply({"results": [{}] * 30})
    recorder.reply({"results": [{}]})
    given = {"values": FRESHDESK, "query": '"status:2"', "max_pages": 3}
    outcome = call(recorder, "freshdesk", "basic", "search_tickets", **given)
    assert len(outcome.data["results"]) == 31
    assert [dict(request.query).get("page") for request in recorder.requests] == ["1", "2"]


def test_pages_of_pipedrive_end_without_a_cursor(recorder: Recorder) -> None:
    recorder.reply({"data": {"items": [1]}, "additional_data": {"next_cursor": "n"}})
    recorder.reply({"data": {"items": [2]}, "additional_data": {"next_cursor": None}})
    values = {"service_url": "company", "company": "example", "api_key": "a" * 40}
    given = {"values": values, "term": "ada", "fields": ["email", "name"], "max_pages": 3}
    outcome = call(recorder, "pipedrive", "api_key", "search_persons", **given)
    assert outcome.data["data"]["items"] == [1, 2]
    first, second = (dict(request.query) for request in recorder.requests)
    assert (first["fields"], second["cursor"]) == ("email,name", "n")
