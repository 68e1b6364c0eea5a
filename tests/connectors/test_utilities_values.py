"""JSON, lists, numbers, moments and identifiers: what cannot be is refused."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, strategies as st

from tests.connectors.utilities import nested, refuse, use


@pytest.mark.parametrize("tool", ["flatten", "stringify"])
def test_a_value_that_is_nested_too_deeply_is_refused(tool: str) -> None:
    refuse("json", tool, "too deeply", value=nested(200))


def test_long_names_above_many_values_are_refused() -> None:
    refuse("json", "flatten", "too long", value={"a" * 1_000_000: [0] * 1_000})


def test_a_text_that_is_nested_too_deeply_or_has_huge_numbers_is_no_json() -> None:
    for text in ("[" * 1_000_000, "1" * 5_000, "NaN", '{"a":}'):
        refuse("json", "parse", "not JSON", text=text)
        assert use("json", "check", text=text)["is_json"] is False


@pytest.mark.parametrize(
    ("value", "path", "why"),
    [
        ({}, "a[0]", "not there"),
        ({"a": 1}, "a.b", "no members"),
        ({"a": []}, "a[0]", "not there"),
        ([], "a", "not there"),
        ({}, "a..b", "well-formed"),
    ],
)
def test_a_value_is_set_only_in_a_place_that_can_be(value: Any, path: str, why: str) -> None:
    refuse("json", "set", why, value=value, path=path, to=1)


def test_setting_a_value_leaves_the_given_one_as_it_was() -> None:
    value = {"a": [{"b": 1}]}
    assert use("json", "set", value=value, path="a[-1].b", to=2) == {"a": [{"b": 2}]}
    assert value == {"a": [{"b": 1}]}


def test_true_is_not_one_when_values_are_compared() -> None:
    assert use("json", "compare", first={"a": True}, second={"a": 1})["changed"] == ["a"]
    assert use("array", "unique", items=[True, 1, 1.0, "1", None]) == [True, 1, "1", None]
    assert use("array", "sort", items=["b", 2, None, True, [1], "a", 1]) == [
        None, True, 1, 2, "a", "b", [1],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("test", "value", "found"),
    [
        ("equals", 1, [0]),
        ("differs", 1, [1, 2, 3, 4]),
        ("greater", 0, [0]),
        ("less", "b", [1]),
        ("contains", "a", [1, 2]),
        ("starts_with", "a", [1]),
        ("exists", None, [0, 1, 2, 3]),
        ("is_empty", None, [3, 4]),
    ],
)
def test_items_are_filtered_by_every_test(test: str, value: Any, found: list[int]) -> None:
    items: list[dict[str, Any]] = [{"v": 1}, {"v": "ab"}, {"v": ["a"]}, {"v": ""}, {}]
    if test == "less":
        items[3] = {"v": "c"}
    kept = use("array", "filter", items=items, by="v", test=test, value=value)
    assert kept == [items[at] for at in found]


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("concat", {"lists": [[0] * 60_000] * 2}),
        ("flatten", {"items": [[0] * 60_000] * 2}),
        ("sequence", {"count": 100_001}),
        ("chunk", {"items": [0] * 100_001, "size": 1}),
    ],
)
def test_a_list_that_would_be_too_long_is_refused(tool: str, arguments: dict[str, Any]) -> None:
    refuse("array", tool, "too long|at most", **arguments)


@given(
    st.integers(-(10**9), 10**9).map(lambda cents: cents / 100),
    st.lists(st.integers(0, 1_000), min_size=1, max_size=20).filter(any),
)
def test_an_amount_is_divided_to_the_last_cent(amount: float, shares: list[int]) -> None:
    parts = use("math", "allocate", amount=amount, shares=shares)
    assert round(sum(parts), 2) == amount
    assert all(not part for part, share in zip(parts, shares, strict=True) if not share)


@pytest.mark.parametrize(
    ("tool", "arguments", "why"),
    [
        ("percentage", {"part": 1, "whole": 0}, "zero"),
        ("percentage", {"part": 1e300, "whole": 1e-300}, "too many digits"),
        ("allocate", {"amount": 1, "shares": [0, 0]}, "all zero"),
        ("allocate", {"amount": 1, "shares": [-1, 3]}, "shares"),
        ("allocate", {"amount": 1e300, "shares": [1, 2]}, "too many digits"),
        ("clamp", {"value": 1, "least": 2, "greatest": 1}, "greater than"),
        ("format_number", {"value": 1e300}, "too many digits"),
        ("parse_number", {"text": "none"}, "no number"),
        ("parse_number", {"text": "1.2.3"}, "no number"),
        ("calculate", {"left": 9e99, "operation": "power", "right": 1000}, "large|written"),
    ],
)
def test_numbers_that_cannot_be_are_refused(tool: str, arguments: Any, why: str) -> None:
    refuse("math", tool, why, **arguments)


@pytest.mark.parametrize(
    ("tool", "arguments", "why"),
    [
        ("add_months", {"moment": "9999-12-31", "months": 1}, "outside"),
        (
            "start_of",
            {"moment": "0001-01-01", "period": "day", "time_zone": "America/Lima"},
            "outs",
        ),
        ("end_of", {"moment": "9999-12-31", "period": "week"}, "outside"),
        ("list_days", {"start": "0001-01-01", "end": "9999-12-31"}, "too many days"),
        ("read", {"text": "1", "form": "%d%d"}, "not written"),
        ("read", {"text": "1", "form": "%Q"}, "not written"),
        ("write", {"moment": 0, "form": "\ud800"}, "does not fit"),
        ("now", {"time_zone": "../../etc/passwd"}, "no time zone"),
    ],
)
def test_moments_that_cannot_be_are_refused(tool: str, arguments: Any, why: str) -> None:
    refuse("date_time", tool, why, **arguments)


def test_days_begin_where_their_time_zone_says() -> None:
    zone = {"moment": "2026-03-28T23:30:00Z", "time_zone": "Europe/Berlin"}
    assert use("date_time", "start_of", **zone, period="day") == "2026-03-29T00:00:00+01:00"
    assert use("date_time", "end_of", **zone, period="day") == "2026-03-29T23:59:59+02:00"
    assert use("date_time", "start_of", **zone, period="year") == "2026-01-01T00:00:00+01:00"


def test_identifiers_differ_and_those_of_version_7_say_when_they_were_made() -> None:
    made = use("uuid", "generate_many", count=1_000, version=7)
    assert len(set(made)) == 1_000
    assert use("uuid", "describe", text=made[0])["created_at"].startswith("20")
    version_1 = use("uuid", "describe", text="{C232AB00-9414-11EC-B3C8-9F6BDECED846}")
    version_6 = use("uuid", "describe", text="1EC9414C-232A-6B00-B3C8-9F6BDECED846")
    assert version_1["created_at"] == version_6["created_at"] == "2022-02-22T19:22:22.000+00:00"
    assert use("uuid", "describe", text="lamp")["is_uuid"] is False
    refuse("uuid", "write", "not a UUID", text="lamp", **{"as": "hex"})
