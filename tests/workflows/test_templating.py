"""Expressions: types kept, strict names, bounded work, and no way out."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given, strategies as st

from workflows import templating
from workflows.templating import BadExpression, ExpressionFailed

SCOPE: dict[str, Any] = {
    "order": {
        "id": 7,
        "lines": [{"name": "Tea", "price": 2.5}, {"name": "Cup", "price": 4}],
        "note": None,
        "paid": True,
    },
    "big": "y" * 500_000,
}
TOO_MUCH = {
    "a huge range": "{{ (1..1000000000) | join: 'x' }}",
    "a huge loop": "{% for i in (1..100000000) %}x{% endfor %}",
    "nested loops": "{% for i in (1..1000) %}{% for j in (1..1000) %}x{% endfor %}{% endfor %}",
    "a growing number": (
        "{% assign x = 9 %}{% for i in (1..5000) %}{% assign x = x | times: x %}{% endfor %}{{ x }}"
    ),
    "a growing text": (
        "{% assign x = 'ab' %}{% for i in (1..64) %}{% assign x = x | append: x %}{% endfor %}"
    ),
    "a growing list": (
        "{% assign x = 'a,b' | split: ',' %}{% for i in (1..64) %}{% assign x = x | concat: x %}"
        "{% endfor %}{{ x }}"
    ),
    "a growing replacement": "{{ big | replace: '', 'aaaaaaa' }}",
    "a long join": "{{ order.lines | map: 'name' | join: big | append: big | append: big }}",
    "a split into letters": "{{ big | split: '' }}",
    "a padded date": "{{ 'now' | date: '%100000000d' }}",
    "much output": "{% for i in (1..100) %}{{ big }}{% endfor %}",
    "much work": "{% for i in (1..9999) %}{{ big | upcase | slice: 0 }}{% endfor %}",
}


def value(text: str, **scope: Any) -> Any:
    return templating.parse(text).value(scope or SCOPE)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ order.id }}", 7),
        (" {{ order.id }}\n", 7),
        ("{{ order.id | plus: 1 }}", 8),
        ("{{ order.lines[0] }}", {"name": "Tea", "price": 2.5}),
        ("{{ order.lines | map: 'name' }}", ["Tea", "Cup"]),
        ("{{ order.note }}", None),
        ("{{ order.paid }}", True),
        ("{{ (1..3) }}", [1, 2, 3]),
        ("{{ order.lines.size }}", 2),
        ("{{ order.lines.last.name }}", "Cup"),
        ("{{ 'paid' if order.paid else 'open' }}", "paid"),
        ("{{ order.lines | sum: 'price' }}", 6.5),
        ("{{ order.id == 7 }}", True),
        ("{{ order.id > 7 or not order.paid }}", False),
        ("{{ order.lines[0].name contains 'ea' and (order.id < 9) }}", True),
        ("paid: {{ order.id == 7 }}", "paid: true"),
        ("Order {{ order.id }}", "Order 7"),
        ("{{ order.id }}{{ order.id }}", "77"),
        ("{% if order.paid %}yes{% endif %}", "yes"),
        ("{{ order.lines[0] | json }}", '{"name": "Tea", "price": 2.5}'),
        ("nothing to do", "nothing to do"),
    ],
)
def test_a_lone_expression_keeps_its_type_and_anything_else_is_text(
    text: str, expected: Any
) -> None:
    found = value(text)

    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize(
    "text",
    [
        "{{ nope }}",
        "{{ order.nope }}",
        "{{ order.lines[9] }}",
        "x {{ nope }}",
        "{% if nope %}{% endif %}",
    ],
)
def test_a_name_that_is_not_there_fails(text: str) -> None:
    with pytest.raises(ExpressionFailed, match="There is no"):
        value(text)


def test_a_name_that_may_be_missing_has_a_default() -> None:
    assert value("{{ order.nope | default: 'none' }}") == "none"
    assert value("{{ order.note | default: 'none' }}") == "none"


def test_names_are_told_before_it_is_worked_out() -> None:
    text = "{% for line in order.lines %}{{ line.name }} {{ customer.id }}{% endfor %}"

    assert templating.parse(text).names == {"order", "customer"}


@pytest.mark.parametrize(
    "text",
    [
        "{{",
        "{{ order.id",
        "{{ order | | plus }}",
        "{% if %}",
        "{% endif %}",
        "{{ order.id | nope }}",
        "{% include 'secrets' %}",
        "{% render 'x' %}",
        "{% tablerow i in (1..3) %}{% endtablerow %}",
        "{% increment x %}",
        "{% liquid assign x = 1 %}",
        "{{ 'x' | safe }}",
        "x" * 50_001 + "{{ a }}",
    ],
)
def test_what_is_no_expression_is_refused_when_it_is_read(text: str) -> None:
    with pytest.raises(BadExpression):
        templating.parse(text)


@pytest.mark.parametrize("text", TOO_MUCH.values(), ids=TOO_MUCH.keys())
def test_what_would_take_too_much_is_refused_at_once(text: str) -> None:
    began = time.monotonic()

    with pytest.raises(ExpressionFailed):
        value(text)

    assert time.monotonic() - began < 3


@pytest.mark.parametrize(
    "text",
    [
        "{{ order.__class__ }}",
        "{{ order['__class__'] }}",
        "{{ order.id.real }}",
        "{{ order.keys }}",
        "{{ big.__init__.__globals__ }}",
        "{{ settings.SECRET_KEY }}",
        "{{ env }}",
    ],
)
def test_there_is_no_way_to_what_is_no_data(text: str) -> None:
    with pytest.raises(ExpressionFailed):
        value(text)


def test_a_failure_holds_no_value() -> None:
    with pytest.raises(ExpressionFailed) as failure:
        value("{{ order.secret | plus: nope }}", order={"secret": "hunter2"})

    assert "hunter2" not in failure.value.message


def test_a_whole_value_is_filled() -> None:
    given_ = {"id": "{{ order.id }}", "texts": ["a {{ order.id }}", 3, None], "{{ key }}": True}

    filled = templating.fill(given_, SCOPE)

    assert filled == {"id": 7, "texts": ["a 7", 3, None], "{{ key }}": True}


def test_texts_are_found_with_their_paths() -> None:
    document = {"a": "{{ x }}", "b": {"c": ["plain", "{{ y }}"]}}

    assert dict(templating.texts(document)) == {"a": "{{ x }}", "b.c[1]": "{{ y }}"}


_WORDS = st.sampled_from(
    [
        *("{{", "}}", "{%", "%}", "order", ".", "lines", "[0]", "|", "plus:", "1", "'x'", "for"),
        *(
            "in",
            "(1..9)",
            "endfor",
            "if",
            "endif",
            "assign",
            "=",
            "join:",
            "replace:",
            "''",
            "json",
        ),
        *("times:", "split:", "date:", "%Y", "default:", "nope", "size", "map:", "and", "not", "("),
    ]
)


@given(st.lists(_WORDS, max_size=25).map(" ".join) | st.text(max_size=80))
def test_no_expression_escapes_or_hangs(text: str) -> None:
    began = time.monotonic()
    try:
        found = value(text, order=SCOPE["order"])
    except (BadExpression, ExpressionFailed):
        found = None
    json.dumps(found)  # whatever it is, it is data
    assert time.monotonic() - began < 2
