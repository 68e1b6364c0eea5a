"""Filters of expressions: the library's, each bounded in what it takes, makes and costs. Pure.

Liquid's own limits cover loops and output, not filters: a huge range through `join`, a number grown
by `times`, a text grown by `replace`.
"""

from __future__ import annotations

import json
import re
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from liquid.exceptions import LiquidError
from liquid.undefined import StrictDefaultUndefined

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_CHARACTERS = 1_000_000
MOST_ITEMS = 100_000
MOST_BITS = 1_024
MOST_WORK = 20_000_000
"""Characters and items that all filters of one evaluation look at: about a second of work."""

LONGEST_DATE_FORMAT = 200
LEFT_OUT = frozenset({"safe", "escapejs"})
"""They are for pages; nothing here becomes one."""

_WIDTH = re.compile(r"%[-_0^#:]*\d")
_spent: ContextVar[list[int]] = ContextVar("work_of_filters")


class TooMuch(LiquidError):
    """An expression makes or looks at more than it may."""

    def __init__(self) -> None:
        """Say so; where is not known here."""
        super().__init__("it makes or looks at too much", token=None)


def begin() -> None:
    """Begin to count the work of one evaluation."""
    _spent.set([0])


def to_json(value: Any) -> str:
    """Write a value as JSON, for a text that holds it."""
    return json.dumps(value, ensure_ascii=False)


def bounded(name: str, filter_: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a filter so that it refuses what is too much, before and after."""
    before = _BEFORE.get(name)

    def checked(left: Any, *arguments: Any, **named: Any) -> Any:
        _pay(left, *arguments)
        if before is not None:
            before(left, *arguments)
        return _small(filter_(left, *arguments, **named))

    for flag in ("with_context", "with_environment"):
        if getattr(filter_, flag, False):
            setattr(checked, flag, True)
    return checked


def _pay(*values: Any) -> None:
    spent = _spent.get()
    spent[0] += 1 + sum(_size(_small(value)) for value in values)
    if spent[0] > MOST_WORK:
        raise TooMuch


def _small(value: Any) -> Any:
    if type(value) is StrictDefaultUndefined:  # it raises when it is looked at; `default` may
        return value
    is_text = isinstance(value, str)
    if _size(value) > (MOST_CHARACTERS if is_text else MOST_ITEMS):
        raise TooMuch
    if isinstance(value, int) and value.bit_length() > MOST_BITS:
        raise TooMuch
    return value


def _size(value: Any) -> int:
    if type(value) is StrictDefaultUndefined:
        return 0
    return len(value) if isinstance(value, (str, list, tuple, dict, range)) else 1


def _before_join(left: Any, separator: Any = " ", *_: Any) -> None:
    items = left if isinstance(left, (list, tuple)) else ()
    texts = sum(len(item) if isinstance(item, str) else 20 for item in items)
    if texts + len(str(separator)) * len(items) > MOST_CHARACTERS:
        raise TooMuch


def _before_replace(left: Any, found: Any = "", by: Any = "", *_: Any) -> None:
    text, found = str(left), str(found)
    times = text.count(found) if found else len(text) + 1
    if len(text) + times * len(str(by)) > MOST_CHARACTERS:
        raise TooMuch


def _before_split(left: Any, separator: Any = " ", *_: Any) -> None:
    text, separator = str(left), str(separator)
    if (text.count(separator) if separator else len(text)) > MOST_ITEMS:
        raise TooMuch


def _before_date(_: Any, form: Any = "", *__: Any) -> None:
    """Refuse widths: the C library pads to any number that is asked for."""
    if len(str(form)) > LONGEST_DATE_FORMAT or _WIDTH.search(str(form)):
        raise TooMuch


_BEFORE: dict[str, Callable[..., None]] = {
    "join": _before_join,
    "replace": _before_replace,
    "split": _before_split,
    "date": _before_date,
}
