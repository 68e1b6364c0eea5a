"""What counts as true, and how two values compare. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workflows import filters
from workflows.engine.results import Failed

if TYPE_CHECKING:
    from collections.abc import Callable

_FALSE = frozenset({"", "false"})


def is_true(value: Any) -> bool:
    """Say whether a value is true: nothing, zero, what is empty and the text `false` are not."""
    if isinstance(value, str):
        return value.strip().lower() not in _FALSE
    return bool(value)


def holds(operator: str, value: Any, other: Any) -> bool:
    """Say whether a comparison holds.

    Raises:
        Failed: the two have no order.
    """
    if operator in _ALONE:
        return _ALONE[operator](value)
    return _BOTH[operator](value, other)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else filters.to_json(value)


def _equals(value: Any, other: Any) -> bool:
    """Compare as JSON does; a number equals the text that writes it."""
    if isinstance(value, str) == isinstance(other, str):
        return bool(value == other) and isinstance(value, bool) == isinstance(other, bool)
    return _text(value) == _text(other)


def _order(value: Any, other: Any) -> int:
    """Give -1, 0 or 1: as numbers when both are, else as texts."""
    left, right = _number(value), _number(other)
    if left is not None and right is not None:
        return (left > right) - (left < right)
    if isinstance(value, str) and isinstance(other, str):
        return (value > other) - (value < other)
    raise Failed("not_comparable", "These two values have no order: give numbers, or texts.")


def _number(value: Any) -> float | int | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    if not isinstance(value, str):
        return value
    try:
        return float(value)
    except ValueError:
        return None


def _contains(value: Any, other: Any) -> bool:
    if isinstance(value, list):
        return any(_equals(item, other) for item in value)
    if isinstance(value, dict):
        return _text(other) in value
    return _text(other) in _text(value)


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, (str, list, dict)) and not value)


_ALONE: dict[str, Callable[[Any], bool]] = {
    "is_empty": _is_empty,
    "is_not_empty": lambda value: not _is_empty(value),
    "is_true": is_true,
    "is_false": lambda value: not is_true(value),
}
_BOTH: dict[str, Callable[[Any, Any], bool]] = {
    "equals": _equals,
    "differs": lambda value, other: not _equals(value, other),
    "greater": lambda value, other: _order(value, other) > 0,
    "less": lambda value, other: _order(value, other) < 0,
    "contains": _contains,
    "begins_with": lambda value, other: _text(value).startswith(_text(other)),
    "ends_with": lambda value, other: _text(value).endswith(_text(other)),
}
