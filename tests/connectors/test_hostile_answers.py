"""No answer, however hostile, does more than become an outcome; nor does a redirect prove a key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from connectors import checks, execution, paging, registry
from connectors.manifest import Field, Paging, Placement, Scheme
from connectors.session import Session
from spojit.lib.outbound import Headers
from tests import servers

if TYPE_CHECKING:
    from connectors.identity import Verified
    from connectors.outcomes import Outcome
    from tests.connectors.recording import Recorder

TOKEN = "ghp_0123456789abcdefghijABCDEFGHIJ012345"


def verify_http(recorder: Recorder, **values: str) -> Verified:
    http = registry.get("http")
    base = {"base_url": f"https://api.example.com:{recorder.port}", "test_path": "/me"}
    given = base | {"api_key": "a-wrong-key-1234"} | values
    return execution.verify(http, http.scheme("api_key"), given, policy=recorder.policy())


def call_github(recorder: Recorder, tool: str, **arguments: Any) -> Outcome:
    github = recorder.moved(registry.get("github"))
    values = {"service_url": "github_com", "api_key": TOKEN}
    given = {"owner": "a", "repo": "b"} | arguments
    return execution.call(
        github,
        github.scheme("api_key"),
        github.tool(tool),
        values,
        given,
        policy=recorder.policy(),
    )


@pytest.mark.parametrize(
    "header",
    [
        "²",
        "٣",
        "9" * 400,
        "Fri, 13 Feb 2026 10:00:00 +99999999999999999999",
        "Fri, 99999999999999999999 Feb 2026 10:00:00 GMT",
        "Fri, 31 Dec 9999 23:59:59 -2359",
        "nan",
        "",
    ],
)
def test_a_malformed_retry_after_asks_for_no_wait(recorder: Recorder, header: str) -> None:
    latin = header.encode().decode("latin-1")
    recorder.reply({}, status=429, retry_after=latin)
    outcome = verify_http(recorder).outcome
    assert outcome.name == "rate_limited"
    assert outcome.retry_after_seconds in {None, 24 * 3600.0}


def test_a_single_superscript_digit_is_no_number(recorder: Recorder) -> None:
    recorder.reply({}, status=429, retry_after="\xb2")
    assert verify_http(recorder).outcome.retry_after_seconds is None


@pytest.mark.parametrize("encoding", ["foo", "shift_jis", "utf-16", "idna"])
def test_xml_in_an_encoding_that_nobody_knows_is_a_bad_answer(
    recorder: Recorder, encoding: str
) -> None:
    recorder.reply(f'<?xml version="1.0" encoding="{encoding}"?><a>x</a>', status=200)
    assert call_github(recorder, "get_issue", issue_number=1).name == "bad_answer"


def test_a_last_page_without_the_place_of_the_items_is_joined_all_the_same() -> None:
    rules = Paging(kind="page", parameter="page", items="result.list")
    assert paging._joined(rules, {"result": {"n": 1, "list": [9]}}, [1, 9]) == {
        "result": {"n": 1, "list": [1, 9]}
    }
    empty: list[Any] = [{}, {"result": None}, {"result": []}, [], None, "x"]
    for last in empty:
        assert paging._joined(rules, last, [1]) == {"result": {"list": [1]}}
    inner = Paging(kind="page", parameter="page", items="result[0].list")
    assert paging._joined(inner, {}, [1]) == {"result": [{"list": [1]}]}


@pytest.mark.parametrize("url", ["https://[::1", "https://a b/", "https://\x00/", "//[x"])
def test_a_malformed_next_page_is_none(url: str) -> None:
    headers = Headers([("Link", f'<{url}>; rel="next"')])
    assert paging.next_link(headers, base="https://api.example.com/items") == ""


@pytest.mark.parametrize(
    ("tool", "arguments", "outcome"),
    [
        ("get_issue", {"issue_number": 1}, "bad_answer"),
        ("create_issue", {"title": "Hi"}, "outcome_unknown"),
    ],
)
def test_an_answer_that_breaks_its_reader_becomes_an_outcome(
    recorder: Recorder,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    tool: str,
    arguments: dict[str, Any],
    outcome: str,
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise KeyError("a piece of the answer")

    monkeypatch.setattr("connectors.answers.read", broken)
    assert call_github(recorder, tool, **arguments).name == outcome
    assert verify_http(recorder).outcome.name == "bad_answer"
    assert "a piece of the answer" not in caplog.text


def test_a_function_that_breaks_becomes_an_outcome(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise OverflowError("a piece of the answer")

    monkeypatch.setattr(Session, "address", broken)
    database = registry.get("postgresql")
    scheme = database.scheme("database")
    verified = execution.verify(database, scheme, {"host": "h", "username": "u"})
    assert verified.outcome.name == "bad_answer"
    values = {"host": "h", "username": "u"}
    for tool, name in (("query", "bad_answer"), ("execute", "outcome_unknown")):
        arguments = {"sql": "SELECT 1"}
        assert execution.call(database, scheme, database.tool(tool), values, arguments).name == name


def test_an_account_name_with_half_a_character_can_be_stored(recorder: Recorder) -> None:
    page = '{"id": "1\\u0000\\ud800", "login": "octo\\udfffcat\\u0000"}'
    recorder.script.replies.append(
        servers.Reply(200, {"Content-Type": "application/json"}, page.encode())
    )
    github = recorder.moved(registry.get("github"))
    values = {"service_url": "github_com", "api_key": TOKEN}
    verified = execution.verify(github, github.scheme("api_key"), values, policy=recorder.policy())
    assert (verified.account_id, verified.account_name) == ("1\ufffd", "octo\ufffdcat")


@pytest.mark.parametrize(
    ("location", "outcome", "said"),
    [
        ("/login", "credentials_refused", "a log-in page"),
        ("/users/sign_in?next=/me", "credentials_refused", "a log-in page"),
        ("https://login.example.com/x", "credentials_refused", "a log-in page"),
        ("/me/", "bad_answer", "another address of the same host"),
        ("/catalogin/blogon", "bad_answer", "another address of the same host"),
        ("https://other.example.com/me", "bad_answer", "the address of another host"),
        ("https://[::1", "bad_answer", "a malformed address"),
    ],
)
def test_a_redirect_proves_nothing_and_is_not_followed(
    recorder: Recorder, location: str, outcome: str, said: str
) -> None:
    recorder.reply({}, status=302, location=location)
    recorder.reply({"id": 1})
    found = verify_http(recorder).outcome
    assert (found.name, found.status_code) == (outcome, 302)
    assert said in found.detail
    assert len(recorder.requests) == 1


def test_a_redirect_that_a_file_allows_counts_only_where_the_credential_went(
    recorder: Recorder,
) -> None:
    http = registry.get("http")
    scheme = http.scheme("api_key")
    assert scheme.verification is not None
    follows = scheme.verification.model_copy(update={"follow_redirects": True})
    scheme = scheme.model_copy(update={"verification": follows})
    values = {
        "base_url": f"https://api.example.com:{recorder.port}",
        "api_key": "a-wrong-key-1234",
        "test_path": "/me",
    }
    for location, outcome in (
        (f"https://other.example.com:{recorder.port}/me", "bad_answer"),
        ("/me/", "ok"),
    ):
        recorder.forget()
        recorder.reply({}, status=302, location=location)
        recorder.reply({"id": 1})
        verified = execution.verify(http, scheme, values, policy=recorder.policy())
        assert verified.outcome.name == outcome
        assert len(recorder.requests) == 2


@pytest.mark.parametrize(
    "place",
    [
        {"header": "{place}"},
        {"query": "{place}"},
        {"body": "{place}"},
        {"header": "X-Key", "prefix": "place"},
    ],
)
def test_a_field_that_decides_how_a_secret_is_sent_is_an_endpoint(place: dict[str, str]) -> None:
    http = registry.get("http")
    fields = [
        Field(key="place", label="Place"),
        Field(key="api_key", label="Key", secret=True),
    ]
    scheme = Scheme(key="api_key", label="Key", fields=fields, send=[Placement(**place)])
    found = checks.problems(http.model_copy(update={"schemes": [scheme]}))
    at = "schemes[api_key].fields[place]"
    assert [what for where, what in found if where == at and "decides" in what] != []
    fields[0] = fields[0].model_copy(update={"endpoint": True})
    scheme = scheme.model_copy(update={"fields": fields})
    found = checks.problems(http.model_copy(update={"schemes": [scheme]}))
    assert [what for where, what in found if where == at] == []


def test_the_http_connector_asks_again_when_the_place_of_a_key_changes() -> None:
    http = registry.get("http")
    for scheme, key in (
        ("api_key_header", "header_name"),
        ("api_key_header", "prefix"),
        ("api_key_query", "parameter_name"),
    ):
        field = http.scheme(scheme).field(key)
        assert field is not None
        assert field.endpoint


@pytest.mark.parametrize(("results", "expected"), [("true", "?cursor=2"), ("false", "")])
def test_a_next_page_that_is_said_to_be_empty_is_not_asked_for(results: str, expected: str) -> None:
    base = "https://sentry.example.com/items"
    link = f'<{base}?cursor=2>; rel="next"; results="{results}"; cursor="0:2:0"'

    found = paging.next_link(Headers([("Link", link)]), base=base)

    assert found == (base + expected if expected else "")
