"""The small parts: paths, templates, XML, waits, addresses, and what a call costs."""

from __future__ import annotations

from datetime import timedelta
from email.utils import format_datetime
from time import process_time
from typing import Any

import pytest

from connectors import (
    answers,
    arguments,
    encoding,
    hosts,
    paths,
    registry,
    requests as building,
    templates,
    xml_values,
)
from connectors.catalogue import math as math_tools
from connectors.schemes import database
from spojit.lib import clock
from spojit.lib.outbound.types import Answer, Headers


def answer(status: int = 200, body: bytes = b"", **headers: Any) -> Answer:
    named = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return Answer(status, Headers(named), body, "https://api.github.com/", 1, "192.0.2.1")


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("", {"a": [{"b": 1}, {"b": 2}], "c.d": 3, "n": None}),
        ("a[0].b", 1),
        ("a[-1].b", 2),
        ('"c.d"', 3),
        ("n", None),
        ("a[2]", paths.MISSING),
        ("a.b", paths.MISSING),
        ("x.y", paths.MISSING),
    ],
)
def test_a_path_leads_to_one_value_or_nowhere(path: str, found: object) -> None:
    value = {"a": [{"b": 1}, {"b": 2}], "c.d": 3, "n": None}
    assert paths.find(value, path) == found


@pytest.mark.parametrize("path", ["a[", "a..b", "a[x]", "[", ".", 'a."'])
def test_a_path_that_is_none_is_refused(path: str) -> None:
    with pytest.raises(paths.BadPath):
        paths.parse(path)


def test_a_template_is_filled_only_by_plain_names() -> None:
    assert templates.render("a{b}c", {"b": "{x}"}) == "a{x}c"
    assert templates.names("{a.b}{c!r}{d}") == {"d"}
    with pytest.raises(templates.Unfilled, match="b is missing"):
        templates.render("{b}", {"b": ""})


def test_xml_becomes_plain_values() -> None:
    text = '<a xmlns="u"><b id="1">x</b><b>y</b><c/></a>'
    assert xml_values.read(text) == {"a": {"b": [{"@id": "1", "#text": "x"}, "y"], "c": ""}}


@pytest.mark.parametrize(
    "text",
    [
        "<a>",
        "",
        '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        "<a>" * 200 + "</a>" * 200,
    ],
)
def test_xml_that_is_broken_or_dangerous_is_refused(text: str) -> None:
    with pytest.raises(xml_values.BadXml):
        xml_values.read(text)


def test_the_service_says_how_long_to_wait() -> None:
    github = registry.get("github")

    def wait(**headers: Any) -> float | None:
        return answers.retry_after(github, answer(429, **headers), "rate_limited")

    assert wait(retry_after="12") == 12.0
    assert wait(retry_after="999999999") == answers.LONGEST_WAIT_SECONDS
    assert wait(retry_after="soon") is None
    in_a_minute = format_datetime(clock.now() + timedelta(seconds=60))
    assert wait(retry_after=in_a_minute) == pytest.approx(60, abs=2)
    reset = str(int(clock.now().timestamp()) + 30)
    assert wait(x_ratelimit_reset=reset) == pytest.approx(30, abs=2)
    assert wait(x_ratelimit_reset="0") == 0.0
    assert wait() is None


def test_only_harmless_headers_are_shown() -> None:
    found = answer(200, set_cookie="a=1", authorization="x", x_ratelimit_remaining="9", etag="e")
    assert answers.shown_headers(registry.get("github"), found) == {
        "etag": "e",
        "x-ratelimit-remaining": "9",
    }


@pytest.mark.parametrize(
    "subdomain", ["evil.com/", "evil.com#", "evil.com?", "a.b", "a:1", "a@b", "-a", "a b", ""]
)
def test_a_value_never_moves_a_declared_host(subdomain: str) -> None:
    values = {"service_url": "ghe_com", "subdomain": subdomain}
    with pytest.raises((hosts.BadServiceUrl, templates.Unfilled)):
        hosts.base(registry.get("github"), values)


def test_credentials_may_go_to_the_connections_own_host_only() -> None:
    github = registry.get("github")
    values = {"service_url": "enterprise_server", "host": "github.example.com"}
    assert hosts.allowed(github, values) == {"github.example.com:443"}
    assert hosts.base(github, values) == "https://github.example.com/api/v3"


@pytest.mark.parametrize(
    ("text", "target"),
    [
        (
            "postgresql://ada:p%40ss@db.example.com/shop",
            database.Target("db.example.com", 5432, "shop", "ada", "p@ss", "verify"),
        ),
        (
            "mysql://db.example.com:3307/shop?ssl-mode=VERIFY_CA",
            database.Target("db.example.com", 3307, "shop", "", "", "ca"),
        ),
        (
            "redis://cache.example.com/2",
            database.Target("cache.example.com", 5432, "2", "", "", "off"),
        ),
        ("rediss://cache.example.com", database.Target("cache.example.com", 5432, "", "", "")),
    ],
)
def test_connection_strings_say_the_same_as_fields(text: str, target: database.Target) -> None:
    assert database.parse(text, port=5432) == target
    assert "p@ss" not in repr(target)


def test_forms_nest_the_way_stripe_reads_them() -> None:
    pairs = encoding.flatten("a", {"b": [1, {"c": True}]}, arrays="form")
    assert pairs == [("a[b][0]", "1"), ("a[b][1][c]", "true")]


def test_what_json_cannot_hold_is_refused() -> None:
    with pytest.raises(encoding.InvalidArguments):
        encoding.to_json({"a": float("nan")})


def test_sums_are_exact_and_never_run_away() -> None:
    assert math_tools.calculate(left=0.1, operation="add", right=0.2) == 0.3
    for left, operation, right in ((1, "divide", 0), (10, "power", 999), (9, "power", 10**9)):
        with pytest.raises(encoding.InvalidArguments):
            math_tools.calculate(left=left, operation=operation, right=right)  # type: ignore[arg-type]


def test_a_call_costs_little_of_our_own() -> None:
    """The bound is for machines far slower than any that it would run on: usually it is 0.1 ms."""
    github = registry.get("github")
    scheme, tool = github.scheme("api_key"), github.tool("create_issue")
    values = {"service_url": "github_com", "api_key": "ghp_" + "a" * 36}
    received = answer(201, b'{"number": 1}', content_type="application/json")
    assert tool.request is not None

    def once() -> None:
        fitting = arguments.check(tool, tool.example.arguments)
        building.build(github, scheme, tool.request, values, fitting)  # type: ignore[arg-type]
        answers.outcome(github, received, answers.read(github, received, rules=[], kind="json"))

    once()
    started = process_time()
    for _ in range(200):
        once()
    assert (process_time() - started) / 200 < 0.002
