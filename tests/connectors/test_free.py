"""A free request stays below the connection's address, and is what its method says."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import example, given, strategies as st

from connectors import free, registry, requests
from connectors.encoding import InvalidArguments

HTTP = registry.get("http")
FIELDS = {"base_url": "https://api.example.com/v1"}
PIECES = ("..", ".", "/", "\\", "%2e", "%2E", "%2f", "%5c", "%25", "2f", "2e", ";", ";a=b", "a")


def build(tool: str = "get", **arguments: Any) -> Any:
    request = HTTP.tool(tool).request
    assert request is not None
    return requests.build(HTTP, None, request, FIELDS, {"path": "/", **arguments})


def rises_above(path: str) -> bool:
    """Walk a path as a server does that takes `;` for parameters and a backslash for a slash."""
    depth = 0
    for part in path.replace("\\", "/").split("/"):
        name = part.partition(";")[0]
        depth += {"": 0, ".": 0, "..": -1}.get(name, 1)
        if depth < 0:
            return True
    return False


@pytest.mark.parametrize(
    "path",
    [
        "/..%2fadmin",
        "/..%5cadmin",
        "/..;/admin",
        "/..;a=b/admin",
        "/%2e%2e%2fadmin",
        "/%252e%252e%252fadmin",
        "/a/..%252f..%252fadmin",
        "/%2e%2e;/admin",
        "/..%3b/admin",
        "/..%09/admin",
        "/..%00/admin",
        "/..%23/admin",
        "/..%3f/admin",
        "/a%2f..%2f..%2fadmin",
        "/%" + "25" * 30 + "2e",
    ],
)
def test_a_path_that_climbs_in_any_spelling_is_refused(path: str) -> None:
    with pytest.raises(InvalidArguments, match="may not leave"):
        build(path=path)


@pytest.mark.parametrize(
    "path",
    [
        "/projects/group%2Fproject",
        "/files/..hidden",
        "/files/a..b",
        "/v1.2/items;page=2",
        "/search?q=../x&r=%2e%2e%2f",
        "/100%25",
    ],
)
def test_a_path_that_only_looks_alike_is_sent(path: str) -> None:
    assert build(path=path).url == f"https://api.example.com/v1{path}"


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
@example("..%2f")
@example("..;/")
def test_whatever_a_server_could_read_as_the_way_up_is_refused(path: str) -> None:
    readings = [path]
    for _ in range(4):
        readings.append(unquote(readings[-1]))
    if any(map(rises_above, readings)):
        assert free.climbs(path)


def test_arguments_in_a_path_climb_no_more_than_a_free_path() -> None:
    tool = registry.get("github").tool("get_file")
    assert tool.request is not None
    given = {"owner": "a", "repo": "b", "path": "docs/..\\..\\x"}
    values = {"service_url": "github_com"}
    with pytest.raises(InvalidArguments, match="climb"):
        requests.build(registry.get("github"), None, tool.request, values, given)


@pytest.mark.parametrize(
    "name",
    [
        "X-HTTP-Method-Override",
        "x-http-method",
        "X-Method-Override",
        "X_HTTP_Method_Override",
        "X-Original-URL",
        "X-Rewrite-URL",
    ],
)
def test_headers_that_change_the_method_or_path_are_refused(name: str) -> None:
    with pytest.raises(InvalidArguments, match="set by the connection"):
        build("post", headers={name: "DELETE"})


@pytest.mark.parametrize(
    "arguments",
    [
        {"query": {"_method": "DELETE"}},
        {"query": {"_METHOD": "DELETE"}},
        {"query": {"_method": ["DELETE"]}},
        {"path": "/items?_method=DELETE"},
        {"path": "/items?a=1&%5fmethod=DELETE"},
        {"path": "/items?a=1;_method=DELETE"},
    ],
)
def test_a_read_cannot_be_turned_into_another_method_by_its_query(arguments: Any) -> None:
    with pytest.raises(InvalidArguments, match="_method"):
        build(**arguments)
    assert build("post", **arguments).method == "POST"


def test_a_parameter_that_only_looks_alike_is_sent() -> None:
    assert build(query={"_method_name": "x"}).query == [("_method_name", "x")]
