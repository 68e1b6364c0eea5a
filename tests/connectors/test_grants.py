"""What is special about single services that are signed in to by OAuth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from connectors import execution, oauth, registry

if TYPE_CHECKING:
    from connectors.outcomes import Outcome
    from tests.connectors.recording import Recorder

APP = oauth.App("the-client", "the-client-secret")


def authorize(key: str, scheme: str, values: dict[str, str], **given: Any) -> str:
    connector = registry.get(key)
    return oauth.authorize_url(
        connector,
        connector.scheme(scheme),
        values,
        app=APP,
        redirect_uri="https://spojit.example/oauth/callback/",
        state="state",
        verifier="dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
        scopes=given.pop("scopes", []),
        **given,
    )


def call(recorder: Recorder, key: str, scheme: str, tool: str, **given: Any) -> Outcome:
    connector = recorder.moved(registry.get(key))
    values = given.pop("values", {}) | {"access_token": "a-token-of-ada"}
    return execution.call(
        connector,
        connector.scheme(scheme),
        connector.tool(tool),
        values,
        given,
        policy=recorder.policy(),
    )


def test_a_service_url_has_its_own_address_for_signing_in() -> None:
    usual = authorize("github", "oauth2", {"service_url": "github_com"})
    own = authorize("github", "oauth2", {"service_url": "ghe_com", "subdomain": "octocorp"})
    assert urlsplit(usual).netloc == "github.com"
    assert urlsplit(own).netloc == "octocorp.ghe.com"
    scheme = registry.get("github").scheme("oauth2").at({"service_url": "ghe_com"})
    assert scheme.oauth2 is not None
    assert scheme.oauth2.revocation is not None
    assert scheme.oauth2.revocation.url.startswith("https://api.{subdomain}.ghe.com/")


def test_an_app_is_never_used_at_a_host_that_somebody_types() -> None:
    github = registry.get("github")
    choices = {
        scheme.key: field.choice_values
        for scheme in github.schemes
        if (field := scheme.field("service_url"))
    }
    assert choices["api_key"] == ["github_com", "ghe_com", "enterprise_server"]
    assert choices["oauth2"] == choices["oauth2_github_app"] == ["github_com", "ghe_com"]


def test_slack_is_asked_without_pkce_and_with_commas() -> None:
    query = parse_qs(urlsplit(authorize("slack", "oauth2", {}, scopes=["a", "b"])).query)
    assert query["scope"] == ["a,b"]
    assert "code_challenge" not in query


def test_google_is_asked_for_a_token_that_lasts() -> None:
    query = parse_qs(urlsplit(authorize("gmail", "oauth2", {}, account="ada@example.com")).query)
    assert query["access_type"] == ["offline"]
    assert query["prompt"] == ["consent"]
    assert query["login_hint"] == ["ada@example.com"]
    assert query["code_challenge_method"] == ["S256"]


def test_pages_follow_an_address_in_the_answer(recorder: Recorder) -> None:
    place = f"https://graph.microsoft.com:{recorder.port}"
    recorder.reply({"value": [{"id": "1"}], "@odata.nextLink": f"{place}/v1.0/me/messages?$skip=1"})
    recorder.reply({"value": [{"id": "2"}]})
    outcome = call(recorder, "outlook", "oauth2", "list_messages", max_pages=5)
    assert outcome.data["value"] == [{"id": "1"}, {"id": "2"}]
    assert [r.path for r in recorder.requests] == ["/v1.0/me/messages"] * 2
    assert recorder.requests[1].query == [("$skip", "1")]


def test_pages_never_follow_an_address_to_another_host(recorder: Recorder) -> None:
    recorder.reply({"value": [{"id": "1"}], "@odata.nextLink": "https://other.example.com/x"})
    outcome = call(recorder, "outlook", "oauth2", "list_messages", max_pages=5)
    assert outcome.data["value"] == [{"id": "1"}]
    assert len(recorder.requests) == 1


def test_slack_refuses_with_a_good_status(recorder: Recorder) -> None:
    recorder.reply({"ok": False, "error": "token_revoked"})
    recorder.reply({"ok": False, "error": "not_in_channel"})
    recorder.reply({"ok": False, "error": "invalid_blocks"})
    found = [
        call(recorder, "slack", "oauth2", "post_message", channel="C1", text="Hello").name
        for _ in range(3)
    ]
    assert found == ["credentials_refused", "permission_missing", "request_refused"]


def test_shopify_tells_scopes_as_objects_and_refusals_within_good_answers(
    recorder: Recorder,
) -> None:
    shopify = recorder.moved(registry.get("shopify"))
    scheme, values = shopify.scheme("api_key"), {"shop": "my-shop", "api_key": "shpat_" + "a" * 32}
    shop = {"id": "gid://shopify/Shop/1", "name": "My shop"}
    handles = {"accessScopes": [{"handle": "write_orders"}, {"handle": "read_products"}]}
    recorder.reply({"data": {"shop": shop, "currentAppInstallation": handles}})
    recorder.reply({"errors": [{"extensions": {"code": "THROTTLED"}}]})
    verified = execution.verify(shopify, scheme, values, policy=recorder.policy())
    assert verified.scopes == ["read_products", "write_orders"]
    assert recorder.requests[0].headers["x-shopify-access-token"] == values["api_key"]
    limited = execution.verify(shopify, scheme, values, policy=recorder.policy())
    assert limited.outcome.name == "rate_limited"


def test_a_mutation_that_shopify_refuses_is_refused(recorder: Recorder) -> None:
    recorder.reply({"data": {"tagsAdd": {"node": None, "userErrors": [{"message": "no"}]}}})
    given = {"id": "gid://shopify/Order/1", "tags": ["checked"]}
    values = {"shop": "my-shop"}
    assert call(recorder, "shopify", "oauth2", "add_tags", values=values, **given).name == (
        "request_refused"
    )
    assert recorder.requests[0].headers["host"].startswith("my-shop.myshopify.com")


def test_a_company_that_the_callback_told_is_the_account(recorder: Recorder) -> None:
    quickbooks = recorder.moved(registry.get("quickbooks"))
    scheme = quickbooks.scheme("oauth2")
    values = {"service_url": "sandbox", "realm_id": "4620816365", "access_token": "a-token"}
    recorder.reply({"CompanyInfo": {"CompanyName": "Example Ltd", "Id": "1"}})
    recorder.reply({"something": "else"})
    verified = execution.verify(quickbooks, scheme, values, policy=recorder.policy())
    assert (verified.account_id, verified.account_name) == ("4620816365", "Example Ltd")
    assert verified.environment == "sandbox"
    assert recorder.requests[0].path == "/v3/company/4620816365/companyinfo/4620816365"
    other = execution.verify(quickbooks, scheme, values, policy=recorder.policy())
    assert other.outcome.name == "bad_answer"


def test_jira_is_reached_by_site_or_by_gateway_as_one_signs_in() -> None:
    jira = registry.get("jira")
    for key, expected in {"oauth2": ["cloud"], "basic": ["site"]}.items():
        choice = jira.scheme(key).field("service_url")
        assert choice is not None
        assert choice.choice_values == expected
        assert choice.default == expected[0]


def test_xero_finds_the_organisation_before_it_is_named_in_a_header(recorder: Recorder) -> None:
    xero = recorder.moved(registry.get("xero"))
    recorder.reply({"access_token": "a", "refresh_token": "r", "expires_in": 1800})
    tenants = ("11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222")
    recorder.reply(
        [
            {"tenantId": tenants[0], "tenantName": "One"},
            {"tenantId": tenants[1], "tenantName": "Two"},
        ]
    )
    answered = oauth.exchange(
        xero,
        xero.scheme("oauth2"),
        {"organisation": "two"},
        app=APP,
        code="a-code",
        redirect_uri="https://spojit.example/oauth/callback/",
        verifier="dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
        captured={},
        policy=recorder.policy(),
    )
    assert answered.tokens is not None, answered.outcome
    assert answered.tokens.captured == {"tenant_id": tenants[1]}
    assert "xero-tenant-id" not in recorder.requests[1].headers
    recorder.forget()
    recorder.reply({"Invoices": []})
    call(recorder, "xero", "oauth2", "get_invoice", values={"tenant_id": tenants[1]}, invoice="1")
    assert recorder.requests[0].headers["xero-tenant-id"] == tenants[1]


def test_netsuite_signs_for_its_realm(recorder: Recorder) -> None:
    values = {"account": "1234567-sb1", "realm": "1234567_SB1"}
    values |= dict.fromkeys(("consumer_key", "consumer_secret", "token", "token_secret"), "a" * 64)
    recorder.reply({"items": [], "hasMore": False})
    outcome = call(recorder, "netsuite", "oauth1", "query", values=values, q="SELECT 1", limit=5)
    assert outcome.name == "ok"
    sent = recorder.requests[0]
    assert sent.headers["authorization"].startswith('OAuth realm="1234567_SB1"')
    assert 'oauth_signature_method="HMAC-SHA256"' in sent.headers["authorization"]
    assert sent.query == [("limit", "5")]
    assert sent.headers["prefer"] == "transient"
