"""Array: sort, filter, group and join lists."""

import json
from itertools import chain
from typing import Annotated, Any, Literal

from pydantic import Field

from connectors import paths
from connectors.catalogue import _json
from connectors.encoding import InvalidArguments
from connectors.functions import tool
from connectors.manifest import Connector, Example, Icon, Monogram

MAX_ITEMS = 100_000
MAX_LEVELS = 20

Items = Annotated[list[Any], Field(max_length=MAX_ITEMS, description="The list.")]
Path = Annotated[
    str, Field(max_length=1_000, description="A path in each item, such as user.name.")
]
Test = Literal[
    "equals", "differs", "greater", "less", "contains", "starts_with", "exists", "is_empty"
]


def sort(*, items: Items, by: Path = "", descending: bool = False) -> list[Any]:
    """Sorts a list: nulls, no and yes, numbers, texts, the rest. Equals keep their order."""
    steps = _json.steps(by)
    return sorted(items, key=lambda item: _rank(paths.descend(item, steps)), reverse=descending)


def filter_(*, items: Items, test: Test, value: Any = None, by: Path = "") -> list[Any]:
    """Keeps the items that pass a test; what is compared stands at a path in each."""
    steps = _json.steps(by)
    return [item for item in items if _passes(paths.descend(item, steps), test, value)]


def find(*, items: Items, test: Test, value: Any = None, by: Path = "") -> Any:
    """Gives the first item that passes a test; null when none does."""
    steps = _json.steps(by)
    found = (item for item in items if _passes(paths.descend(item, steps), test, value))
    return next(found, None)


def unique(*, items: Items, by: Path = "") -> list[Any]:
    """Keeps the first of items that are the same, as a whole or at a path."""
    steps = _json.steps(by)
    known: dict[str, Any] = {}
    for item in items:
        known.setdefault(_written(paths.descend(item, steps)), item)
    return list(known.values())


def group(*, items: Items, by: Annotated[Path, Field(min_length=1)]) -> dict[str, list[Any]]:
    """Puts items with the same value at a path together."""
    steps = _json.steps(by)
    groups: dict[str, list[Any]] = {}
    for item in items:
        found = paths.descend(item, steps)
        name = found if isinstance(found, str) else _written(found)
        groups.setdefault(name, []).append(item)
    return groups


def pluck(*, items: Items, path: Annotated[Path, Field(min_length=1)]) -> list[Any]:
    """Gives what stands at a path in each item; null where nothing does."""
    steps = _json.steps(path)
    found = (paths.descend(item, steps) for item in items)
    return [None if value is paths.MISSING else value for value in found]


def cut(
    *,
    items: Items,
    start: Annotated[int, Field(description="From 0; negative counts from the end.")] = 0,
    length: Annotated[int, Field(ge=0)] | None = None,
) -> list[Any]:
    """Gives a part of a list, by position and length."""
    rest = items[start:]
    return rest if length is None else rest[:length]


def chunk(*, items: Items, size: Annotated[int, Field(ge=1, le=MAX_ITEMS)]) -> list[list[Any]]:
    """Cuts a list into lists of a size; the last may be shorter."""
    return [items[at : at + size] for at in range(0, len(items), size)]


def flatten(*, items: Items, levels: Annotated[int, Field(ge=1, le=MAX_LEVELS)] = 1) -> list[Any]:
    """Takes lists out of a list, as many levels as are said."""
    for _ in range(levels):
        parts = [item if isinstance(item, list) else [item] for item in items]
        if sum(map(len, parts)) > MAX_ITEMS:
            raise _too_long()
        items = list(chain.from_iterable(parts))
    return items


def reverse(*, items: Items) -> list[Any]:
    """Turns a list round."""
    return items[::-1]


def concat(*, lists: Annotated[list[Items], Field(min_length=1, max_length=1_000)]) -> list[Any]:
    """Makes one list of several."""
    if sum(map(len, lists)) > MAX_ITEMS:
        raise _too_long()
    return list(chain.from_iterable(lists))


def common(*, first: Items, second: Items) -> list[Any]:
    """Keeps the items of the first list that are in the second, too."""
    known = {_written(item) for item in second}
    return [item for item in first if _written(item) in known]


def difference(*, first: Items, second: Items) -> list[Any]:
    """Keeps the items of the first list that are not in the second."""
    known = {_written(item) for item in second}
    return [item for item in first if _written(item) not in known]


def sequence(
    *,
    start: Annotated[int, Field(ge=-(10**12), le=10**12)] = 1,
    count: Annotated[int, Field(ge=0, le=MAX_ITEMS)],
    step: Annotated[int, Field(ge=-(10**9), le=10**9)] = 1,
) -> list[int]:
    """Counts: gives whole numbers, each by a step from the one before."""
    return [start + step * number for number in range(count)]


def _rank(value: Any) -> tuple[int, Any]:
    """Give a key by which anything can be compared with anything."""
    if value is None or value is paths.MISSING:
        return 0, 0
    if isinstance(value, bool):
        return 1, value
    if isinstance(value, int | float):
        return 2, value
    return (3, value) if isinstance(value, str) else (4, _written(value))


def _passes(found: Any, test: Test, value: Any) -> bool:
    if test in {"exists", "is_empty"}:
        return (found is not paths.MISSING) if test == "exists" else _is_empty(found)
    if test in {"equals", "differs"}:
        return (_written(found) == _written(value)) == (test == "equals")
    if test in {"greater", "less"}:
        return _is_beyond(found, value, is_greater=test == "greater")
    if test == "starts_with":
        return isinstance(found, str) and found.startswith(str(value))
    if isinstance(found, str):
        return str(value) in found
    return isinstance(found, list | dict) and value in found


def _is_empty(found: Any) -> bool:
    return found is paths.MISSING or found is None or found in ("", [], {})


def _is_beyond(found: Any, value: Any, *, is_greater: bool) -> bool:
    """Compare numbers with numbers and texts with texts; anything else is not beyond."""
    left, right = _rank(found), _rank(value)
    if left[0] != right[0] or left[0] not in {2, 3}:
        return False
    return bool(left[1] > right[1] if is_greater else left[1] < right[1])


def _written(value: Any) -> str:
    """Write a value so that equal ones are the same text: 1.0 is 1, true is not."""
    if value is paths.MISSING:
        return "null"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    _json.require_depth(value)
    return json.dumps(value, sort_keys=True)


def _too_long() -> InvalidArguments:
    return InvalidArguments("The result would be too long.")


_LAMP, _DESK = {"name": "Lamp", "price": 40}, {"name": "Desk", "price": 240}
_BOTH = [_LAMP, _DESK]

connector = Connector(
    key="array",
    name="Array",
    category="Utilities",
    summary="Sort, filter, group and join lists.",
    icon=Icon(monogram=Monogram(text="Ar", color="#9a4a1f")),
    needs_connection="none",
    tools=[
        tool(
            sort,
            title="Sort",
            example=Example(arguments={"items": _BOTH, "by": "name"}, answer=[_DESK, _LAMP]),
        ),
        tool(
            filter_,
            title="Filter",
            example=Example(
                arguments={"items": _BOTH, "by": "price", "test": "greater", "value": 100},
                answer=[_DESK],
            ),
        ),
        tool(
            find,
            title="Find one",
            example=Example(
                arguments={"items": _BOTH, "by": "name", "test": "equals", "value": "Lamp"},
                answer=_LAMP,
            ),
        ),
        tool(
            unique,
            title="Remove duplicates",
            example=Example(arguments={"items": [1, 2, 1.0, "1"]}, answer=[1, 2, "1"]),
        ),
        tool(
            group,
            title="Group",
            example=Example(
                arguments={"items": _BOTH, "by": "name"},
                answer={"Lamp": [_LAMP], "Desk": [_DESK]},
            ),
        ),
        tool(
            pluck,
            title="Get one value of each",
            example=Example(arguments={"items": _BOTH, "path": "price"}, answer=[40, 240]),
        ),
        tool(
            cut,
            title="Cut out",
            example=Example(arguments={"items": [1, 2, 3], "start": -2}, answer=[2, 3]),
        ),
        tool(
            chunk,
            title="Cut into chunks",
            example=Example(arguments={"items": [1, 2, 3], "size": 2}, answer=[[1, 2], [3]]),
        ),
        tool(
            flatten,
            title="Flatten",
            example=Example(arguments={"items": [1, [2, [3]]]}, answer=[1, 2, [3]]),
        ),
        tool(
            reverse,
            title="Reverse",
            example=Example(arguments={"items": [1, 2, 3]}, answer=[3, 2, 1]),
        ),
        tool(
            concat,
            title="Join lists",
            example=Example(arguments={"lists": [[1], [2, 3]]}, answer=[1, 2, 3]),
        ),
        tool(
            common,
            title="Common items",
            example=Example(arguments={"first": [1, 2], "second": [2, 3]}, answer=[2]),
        ),
        tool(
            difference,
            title="Difference",
            example=Example(arguments={"first": [1, 2], "second": [2, 3]}, answer=[1]),
        ),
        tool(
            sequence,
            title="Count up",
            example=Example(arguments={"start": 10, "count": 3, "step": 5}, answer=[10, 15, 20]),
        ),
    ],
)
