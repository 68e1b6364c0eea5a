"""Verification and calls, against a server that plays the service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from connectors import execution, paging, registry
from connectors.execution import InvalidArguments
from spojit.lib import outbound

if TYPE_CHECKING:
    from connectors.identity import Verified
    from connectors.outcomes import Outcome
    from tests.connectors.recording import Recorder

TOKEN = "ghp_0123456789abcdefghijABCDEFGHIJ012345"


def verify_github(recorder: Recorder, **values: str) -> Verified:
    github = recorder.moved(registry.get("github"))
    given = {"service_url": "github_com", "api_key": TOKEN} | values
    return execution.verify(github, github.scheme("api_key"), given, policy=recorder.policy())


def call_github(recorder: Recorder, tool: str, **arguments: Any) -> Outcome:
    github = recorder.moved(registry.get("github"))
    values = {"service_url": "github_com", "api_key": TOKEN}
    scheme = github.scheme("api_key")
    return execution.call(
        github, scheme, github.tool(tool), values, arguments, policy=recorder.policy()
    )


def test_a_good_token_gives_the_account_and_its_scopes(recorder: Recorder) -> None:
    recorder.reply({"id": 1, "login": "octocat"}, x_oauth_scopes="repo, gist")
    verified = verify_github(recorder)
    assert verified.outcome.name == "ok"
    assert (verified.account_id, verified.account_name) == ("1", "octocat")
    assert verified.scopes == ["gist", "repo"]
    assert verified.called == f"GET https://api.github.com:{recorder.port}/user"
    assert [(r.method, r.path) for r in recorder.requests] == [("GET", "/user")]
    assert recorder.requests[0].headers["authorization"] == f"Bearer {TOKEN}"


@pytest.mark.parametrize(
    ("status", "headers", "outcome"),
    [
        (401, {}, "credentials_refused"),
        (403, {}, "credentials_refused"),
        (403, {"x_ratelimit_remaining": "0"}, "rate_limited"),
        (404, {}, "not_found"),
        (429, {"retry_after": "7"}, "rate_limited"),
        (500, {}, "upstream_fault"),
        (302, {}, "bad_answer"),
        (422, {}, "request_refused"),
    ],
)
def test_each_status_of_a_verification_has_its_outcome(
    recorder: Recorder, status: int, headers: dict[str, str], outcome: str
) -> None:
    recorder.reply({"message": "no"}, status=status, **headers)
    verified = verify_github(recorder)
    assert verified.outcome.name == outcome
    assert verified.outcome.status_code == status
    assert verified.account_id == ""


def test_an_answer_without_the_account_is_a_bad_answer(recorder: Recorder) -> None:
    recorder.reply("<html>Welcome</html>")
    assert verify_github(recorder).outcome.name == "bad_answer"
    recorder.forget()
    recorder.reply({"hello": "there"})
    assert verify_github(recorder).outcome.name == "bad_answer"


def test_retry_after_is_told(recorder: Recorder) -> None:
    recorder.reply({}, status=429, retry_after="7")
    assert call_github(recorder, "list_repositories").retry_after_seconds == 7.0


def test_a_tool_sends_each_argument_to_its_place(recorder: Recorder) -> None:
    recorder.reply({"number": 7})
    outcome = call_github(
        recorder, "create_issue", owner="octo cat", repo="a/b", title="Hi", labels=["x"]
    )
    assert outcome.name == "ok"
    assert outcome.data == {"number": 7}
    request = recorder.requests[0]
    assert request.path == "/repos/octo%20cat/a%2Fb/issues"
    assert request.body == b'{"title":"Hi","labels":["x"]}'
    assert request.headers["content-type"] == "application/json"
    assert request.headers["accept"] == "application/vnd.github+json"


def test_lists_in_a_query_are_written_as_declared(recorder: Recorder) -> None:
    recorder.reply([])
    call_github(recorder, "list_issues", owner="o", repo="r", labels=["bug", "ui"])
    assert recorder.requests[0].query == [("labels", "bug,ui")]


def test_slashes_stay_only_where_declared_and_dots_never_climb(recorder: Recorder) -> None:
    recorder.reply({})
    call_github(recorder, "get_file", owner="o", repo="r", path="docs/a b.md")
    assert recorder.requests[0].path == "/repos/o/r/contents/docs/a%20b.md"
    with pytest.raises(InvalidArguments, match="climb"):
        call_github(recorder, "get_file", owner="o", repo="r", path="../../../user")
    with pytest.raises(InvalidArguments, match="climb"):
        call_github(recorder, "get_issue", owner="..", repo="r", issue_number=1)
    assert len(recorder.requests) == 1


def test_arguments_that_do_not_fit_are_named_and_nothing_is_sent(recorder: Recorder) -> None:
    with pytest.raises(InvalidArguments, match="The argument title is missing"):
        call_github(recorder, "create_issue", owner="o", repo="r")
    with pytest.raises(InvalidArguments, match="There is no argument 'colour'"):
        call_github(recorder, "list_repositories", colour="red")
    with pytest.raises(InvalidArguments, match="issue_number does not fit: it must be integer"):
        call_github(recorder, "get_issue", owner="o", repo="r", issue_number="1")
    assert recorder.requests == []


def test_pages_are_followed_and_joined_up_to_the_limit(recorder: Recorder) -> None:
    base = f"https://api.github.com:{recorder.port}/user/repos"
    recorder.reply([{"id": 1}], link=f'<{base}?page=2>; rel="next", <{base}?page=9>; rel="last"')
    recorder.reply([{"id": 2}], link=f'<{base}?page=3>; rel="next"')
    recorder.reply([{"id": 3}])
    outcome = call_github(recorder, "list_repositories", max_pages=2)
    assert outcome.data == [{"id": 1}, {"id": 2}]
    assert [request.query for request in recorder.requests] == [[], [("page", "2")]]


def test_each_page_has_what_the_pages_before_left(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    moments = iter([0.0, 0.0, 12.5, 12.5, 24.5, 24.5])
    monkeypatch.setattr(paging, "monotonic", lambda: next(moments))
    limits: list[float] = []
    send = outbound.send

    def noted(request: outbound.Request, *, policy: outbound.Policy) -> outbound.Answer:
        limits.append(policy.total_seconds)
        return send(request, policy=policy)

    monkeypatch.setattr(outbound, "send", noted)
    base = f"https://api.github.com:{recorder.port}/user/repos"
    recorder.reply([{"id": 1}], link=f'<{base}?page=2>; rel="next"')
    call_github(recorder, "list_repositories", max_pages=3)
    assert limits == [recorder.policy().total_seconds, 18, 6]


def test_the_next_page_is_never_asked_of_another_host(recorder: Recorder) -> None:
    recorder.reply([{"id": 1}], link='<https://evil.example.com/user/repos>; rel="next"')
    assert call_github(recorder, "list_repositories", max_pages=5).data == [{"id": 1}]
    assert len(recorder.requests) == 1


def test_a_free_request_stays_on_the_connections_own_host(recorder: Recorder) -> None:
    recorder.reply({"ok": True}, set_cookie="session=1")
    outcome = call_github(recorder, "request", path="/zen?x=1", query={"y": [1, 2]})
    assert outcome.data["status"] == 200
    assert outcome.data["body"] == {"ok": True}
    assert "set-cookie" not in outcome.data["headers"]
    assert recorder.requests[0].query == [("x", "1"), ("y", "1"), ("y", "2")]
    for path in ("//evil.example.com/", "https://evil.example.com/", "/a/../../b", "/%2e%2e/x"):
        with pytest.raises(InvalidArguments):
            call_github(recorder, "request", path=path)
    assert len(recorder.requests) == 1


def test_a_free_request_cannot_set_the_headers_that_carry_credentials(recorder: Recorder) -> None:
    for name in ("Authorization", "cookie", "Host", "Content-Length"):
        with pytest.raises(InvalidArguments, match="set by the connection"):
            call_github(recorder, "request", path="/", headers={name: "x"})
    with pytest.raises(InvalidArguments, match="not well-formed"):
        call_github(recorder, "request", path="/", headers={"X-A": "b\r\nX-C: d"})
    assert recorder.requests == []


@pytest.mark.parametrize(
    ("tool", "arguments", "status", "outcome"),
    [
        ("create_issue", {"title": "Hi"}, 502, "outcome_unknown"),
        ("create_issue", {"title": "Hi"}, 429, "rate_limited"),
        ("list_issues", {}, 502, "upstream_fault"),
    ],
)
def test_a_write_in_doubt_is_called_so(
    recorder: Recorder, tool: str, arguments: dict[str, Any], status: int, outcome: str
) -> None:
    recorder.reply({}, status=status)
    found = call_github(recorder, tool, owner="o", repo="r", **arguments)
    assert (found.name, found.status_code) == (outcome, status)


def test_a_write_that_was_surely_not_sent_is_not_in_doubt(recorder: Recorder) -> None:
    github = registry.get("github")
    values = {"service_url": "enterprise_server", "host": "gone.example.com", "api_key": TOKEN}

    def unknown(host: str, port: int) -> list[str]:
        raise OSError(host)

    policy = type(recorder.policy())(resolver=unknown)
    outcome = execution.call(
        github,
        github.scheme("api_key"),
        github.tool("create_issue"),
        values,
        {"owner": "o", "repo": "r", "title": "t"},
        policy=policy,
    )
    assert outcome.name == "name_not_found"


def test_a_stored_value_with_a_line_break_never_reaches_a_header(recorder: Recorder) -> None:
    verified = verify_github(recorder, api_key=f"{TOKEN}\r\nX-Evil: 1")
    assert verified.outcome.name == "request_refused"
    assert recorder.requests == []
