"""What a service tells besides tokens: taken as declared, or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings, strategies as st

from connectors import execution, fields, hosts, oauth
from connectors.manifest import Captured
from connectors.oauth import capturing
from tests.connectors.oauth import service

if TYPE_CHECKING:
    from tests.connectors.recording import Recorder

API: dict[str, Any] = {"key": "api", "path": "api", "kind": "url", "hosts": [".example.com"]}
SITE = {"key": "site", "label": "Site", "required": False}
CLOUD: dict[str, Any] = {
    "key": "cloud_id",
    "source": service.SOURCE,
    "items": "sites",
    "id": "id",
    "name": "name",
    "also": ["url"],
    "choose_by": "site",
    "pattern": "[a-z0-9-]+",
}
ONE = {"id": "c-1", "name": "Shop", "url": "https://shop.example.com"}
TWO = {"id": "c-2", "name": "Büro", "url": "https://office.example.com/"}


def checked(text: str, **declared: Any) -> str:
    return capturing.checked(Captured.model_validate(API | declared), text)


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("https://eu1.example.com", "https://eu1.example.com"),
        ("https://EU1.Example.com:443/", "https://eu1.example.com"),
        ("https://a.b.example.com/services", "https://a.b.example.com/services"),
    ],
)
def test_an_address_is_kept_in_its_one_form(told: str, kept: str) -> None:
    assert checked(told) == kept


@pytest.mark.parametrize(
    ("told", "kept"),
    [("EU1.example.com", "eu1.example.com"), ("https://x.example.com/p", "x.example.com")],
)
def test_a_host_may_be_told_as_an_address(told: str, kept: str) -> None:
    assert checked(told, kind="host") == kept


HOSTILE = [
    "https://evil.test",
    "https://example.com",
    "https://evilexample.com",
    "https://example.com.evil.test",
    "https://eu1.example.com.evil.test",
    "https://eu1.example.com@evil.test",
    "https://eu1.example.com:8443",
    "https://evil.test/.example.com",
    "https://evil.test#.example.com",
    "https://evil.test?.example.com",
    "https://evil.test\\.example.com",
    "https://eu1.example.com?x",
    "https://eu1.example.com#x",
    "http://eu1.example.com",
    "ftp://eu1.example.com",
    "//eu1.example.com",
    "eu1.example.com",
    "https://",
    "https://.example.com",
    "https://eu1.example.com\nX: y",
    " https://eu1.example.com",
    "https://eu1.example.com/" + "x" * 500,
    "https://\uff45vil.test/.example.com",
]


@pytest.mark.parametrize("told", HOSTILE)
def test_an_address_elsewhere_is_refused(told: str) -> None:
    with pytest.raises(oauth.BadCapture):
        checked(told)


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=60) | st.from_regex(r"https://[a-z.@:/?#\\]{1,30}\.example\.com.{0,9}"))
def test_whatever_is_told_lies_on_a_declared_host(told: str) -> None:
    try:
        kept = checked(told)
    except oauth.BadCapture:
        return
    host, _, port = hosts.authority(kept).partition(":")
    assert kept.startswith("https://")
    assert host.endswith(".example.com")
    assert port == "443"


def test_a_lying_answer_moves_no_credential(recorder: Recorder) -> None:
    connector = service.connector(recorder.port, captured=[API], service_url="{api}")
    for told in HOSTILE:
        recorder.reply(service.GOOD | {"api": told})
        answered = service.exchange(recorder, connector)
        assert (answered.outcome.name, answered.tokens) == ("bad_answer", None)
        recorder.forget()


def test_a_told_address_becomes_the_service_url(recorder: Recorder) -> None:
    declared = API | {"hosts": [f".example.com:{recorder.port}"], "on_refresh": True}
    connector = service.connector(recorder.port, captured=[declared], service_url="{api}")
    scheme = service.scheme(connector)
    place = f"https://eu1.example.com:{recorder.port}"
    recorder.reply(service.GOOD | {"api": place})
    answered = service.exchange(recorder, connector)
    assert answered.tokens is not None
    assert answered.tokens.captured == {"api": place}
    recorder.forget()
    recorder.reply({"id": "7"})
    values = {"access_token": "access-1", **answered.tokens.captured}
    verified = execution.verify(connector, scheme, values, policy=recorder.policy())
    assert (verified.outcome.name, verified.account_id) == ("ok", "7")
    assert verified.called == f"GET {place}/me"
    [request] = recorder.requests
    assert request.headers["host"] == f"eu1.example.com:{recorder.port}"
    assert request.headers["authorization"] == "Bearer access-1"


def test_before_there_are_tokens_forms_and_pages_work() -> None:
    connector = service.connector(captured=[API], service_url="{api}", fields=[SITE])
    scheme = service.scheme(connector)
    assert fields.clean(connector, scheme, {"site": "x"}).values == {"site": "x"}
    assert execution.describe_call(connector, scheme, {"site": "x"}) == "GET {api}/me"
    verified = execution.verify(connector, scheme, {})
    assert (verified.outcome.name, verified.called) == ("request_refused", "GET {api}/me")


def test_a_field_in_a_host_is_checked_although_another_part_is_told_later() -> None:
    region = {"key": "region", "path": "region", "pattern": "[a-z]+"}
    site = {"key": "site", "label": "Site", "endpoint": True}
    url = "https://{site}.{region}.example.com"
    connector = service.connector(captured=[region], service_url=url, fields=[site])
    with pytest.raises(fields.InvalidValues) as refused:
        fields.clean(connector, service.scheme(connector), {"site": "a.b"})
    assert refused.value.errors.keys() == {"site"}


def test_a_refresh_changes_only_what_it_may(recorder: Recorder) -> None:
    moving = {"key": "moving", "path": "m", "pattern": "[0-9]", "on_refresh": True}
    lasting = {"key": "lasting", "path": "l", "pattern": "[0-9]"}
    connector = service.connector(recorder.port, captured=[moving, lasting])
    kept = {"moving": "1", "lasting": "1", "cloud_id": "c-1"}
    recorder.reply(service.GOOD | {"m": "2", "l": "2"})
    answered = service.renew(recorder, connector, captured=kept)
    assert answered.tokens is not None
    assert answered.tokens.captured == {"moving": "2", "lasting": "1", "cloud_id": "c-1"}
    recorder.forget()
    recorder.reply(service.GOOD)
    answered = service.renew(recorder, connector, captured=kept)
    assert answered.tokens is not None
    assert answered.tokens.captured == kept


def discover(
    recorder: Recorder, sites: Any, *, site: str = "", status: int = 200
) -> oauth.Answered:
    discovery = CLOUD | {"url": f"https://api.example.com:{recorder.port}/sites"}
    connector = service.connector(recorder.port, discovery=discovery, fields=[SITE])
    recorder.reply(service.GOOD)
    recorder.reply(sites, status=status)
    return service.exchange(recorder, connector, {"site": site} if site else {})


def test_the_only_site_is_taken(recorder: Recorder) -> None:
    answered = discover(recorder, {"sites": [ONE]})
    assert answered.tokens is not None
    assert answered.tokens.captured == {"cloud_id": "c-1"}
    first, second = recorder.requests
    assert (second.method, second.path) == ("GET", "/sites")
    assert second.headers["host"] == f"api.example.com:{recorder.port}"
    assert second.headers["authorization"] == "Bearer access-1"
    assert first.headers["authorization"].startswith("Basic ")


def test_a_site_that_is_told_alone_is_the_only_one(recorder: Recorder) -> None:
    answered = discover(recorder, {"sites": ONE}, site="shop")
    assert answered.tokens is not None
    assert answered.tokens.captured == {"cloud_id": "c-1"}
    recorder.forget()
    assert discover(recorder, {"sites": ONE}, site="office").outcome.name == "request_refused"


@pytest.mark.parametrize(
    "site", ["c-2", "büro", " BÜRO ", "office.example.com", "https://office.example.com/"]
)
def test_of_several_sites_the_named_one_is_taken(recorder: Recorder, site: str) -> None:
    answered = discover(recorder, {"sites": [ONE, TWO]}, site=site)
    assert answered.tokens is not None
    assert answered.tokens.captured == {"cloud_id": "c-2"}


@pytest.mark.parametrize(
    ("sites", "site", "outcome", "detail"),
    [
        (
            {"sites": [ONE, TWO]},
            "",
            "request_refused",
            "The account has several; say in “Site” which one is meant, then connect again.",
        ),
        (
            {"sites": [ONE]},
            "office",
            "request_refused",
            "The account has none of the name that was given in “Site”.",
        ),
        (
            {"sites": [ONE, ONE]},
            "Shop",
            "request_refused",
            "The account has several; say in “Site” which one is meant, then connect again.",
        ),
        (
            {"sites": []},
            "",
            "request_refused",
            "The account has nothing that this connection could be about.",
        ),
        ({"sites": [{"id": "../evil", "name": "x"}]}, "", "bad_answer", ""),
        ({"sites": [7]}, "", "bad_answer", ""),
        ({"sites": {"error": "invalid_token"}}, "", "bad_answer", ""),
        ({"sites": 7}, "", "bad_answer", ""),
        ([], "", "bad_answer", ""),
        ("<html>", "", "bad_answer", "Finding the account's sites was answered with status 200."),
    ],
)
def test_without_the_site_there_are_no_tokens(
    recorder: Recorder, sites: Any, site: str, outcome: str, detail: str
) -> None:
    answered = discover(recorder, sites, site=site)
    assert (answered.outcome.name, answered.outcome.detail) == (outcome, detail)
    assert (answered.tokens, answered.is_in_doubt) == (None, False)


def test_a_fault_while_discovering_is_told_by_its_name(recorder: Recorder) -> None:
    answered = discover(recorder, {}, status=503)
    assert (answered.outcome.name, answered.tokens) == ("upstream_fault", None)


def test_discovery_goes_to_declared_hosts_only(recorder: Recorder) -> None:
    discovery = CLOUD | {"url": f"https://elsewhere.example.com:{recorder.port}/sites"}
    connector = service.connector(recorder.port, discovery=discovery, fields=[SITE])
    recorder.reply(service.GOOD)
    answered = service.exchange(recorder, connector)
    assert (answered.outcome.name, answered.tokens) == ("request_refused", None)
    assert len(recorder.requests) == 1
