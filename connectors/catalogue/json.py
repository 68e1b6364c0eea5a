"""JSON: read, write, pick, change, merge and compare."""

import copy
import json
from typing import Annotated, Any

from pydantic import Field
from typing_extensions import TypedDict

from connectors import paths
from connectors.catalogue import _json
from connectors.encoding import InvalidArguments
from connectors.functions import tool
from connectors.manifest import Connector, Example, Icon, Monogram

MAX_PATHS = 20_000_000
"""Characters of all paths together."""

Path = Annotated[str, Field(max_length=1_000, description="Such as items[0].name.")]
Members = dict[str, Any]
Text = Annotated[str, Field(max_length=10_000_000)]
Names = Annotated[list[str], Field(min_length=1, max_length=1_000)]


class Difference(TypedDict):
    """What is not the same in two values, by path."""

    is_same: bool
    added: list[str]
    removed: list[str]
    changed: list[str]


class Checked(TypedDict):
    """Whether a text is JSON, and if not, where it stops being it."""

    is_json: bool
    line: int | None
    column: int | None


def parse(*, text: Text) -> Any:
    """Reads a text as JSON, and gives its value."""
    try:
        return json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise InvalidArguments("The text is not JSON.") from None


def stringify(
    *, value: Any, indent: Annotated[int, Field(ge=0, le=8)] = 0, sort_keys: bool = False
) -> str:
    """Writes a value as JSON."""
    _json.require_depth(value)
    separators = None if indent else (",", ":")
    return json.dumps(
        value, ensure_ascii=False, indent=indent or None, sort_keys=sort_keys, separators=separators
    )


def get(*, value: Any, path: Path, default: Any = None) -> Any:
    """Follows a path into a value; gives the default where it leads nowhere."""
    found = paths.descend(value, _json.steps(path))
    return default if found is paths.MISSING else found


def merge(
    *,
    objects: Annotated[list[Members], Field(min_length=1, max_length=100)],
    deep: Annotated[bool, Field(description="Merge what is inside, too.")] = True,
) -> Members:
    """Merges objects; where two have the same name, the later one wins."""
    merged: Members = {}
    for members in objects:
        merged = _merged(merged, members, _json.MAX_DEPTH) if deep else merged | members
    return merged


def pick(*, value: Members, names: Annotated[list[str], Field(min_length=1)]) -> Members:
    """Keeps the named members of an object, in the order of the names."""
    return {name: value[name] for name in names if name in value}


def omit(*, value: Members, names: Names) -> Members:
    """Takes the named members out of an object."""
    gone = set(names)
    return {name: member for name, member in value.items() if name not in gone}


def rename(
    *,
    value: Members,
    names: Annotated[dict[str, str], Field(min_length=1, description="Old names with new ones.")],
) -> Members:
    """Gives members of an object other names."""
    return {names.get(name, name): member for name, member in value.items()}


def set_(
    *,
    value: Any,
    path: Annotated[str, Field(min_length=1, max_length=1_000, description="Such as user.name.")],
    to: Any,
) -> Any:
    """Changes one value inside another. Objects on the way are made; positions must be there."""
    steps = _json.steps(path)
    _json.require_depth(value)
    changed = copy.deepcopy(value)
    place = changed
    for step in steps[:-1]:
        if isinstance(step, str) and isinstance(place, dict):
            place.setdefault(step, {})
        place = _json.into(place, step)
    _json.put(place, steps[-1], to)
    return changed


def flatten(*, value: Any) -> Members:
    """Makes one flat object of a nested one: each value by its path, such as user.tags[0]."""
    _json.require_depth(value)
    found: Members = {}
    size = 0
    for path, leaf in _json.leaves(value):
        size += len(path)
        if size > MAX_PATHS:
            raise InvalidArguments("The paths would be too long.")
        found[path] = leaf
    return found


def list_names(*, value: Members) -> list[str]:
    """Lists the names of an object's members."""
    return list(value)


def compare(*, first: Any, second: Any) -> Difference:
    """Lists by path what was added, removed and changed from one value to another."""
    before, after = flatten(value=first), flatten(value=second)
    added = [path for path in after if path not in before]
    removed = [path for path in before if path not in after]
    changed = [
        path
        for path, value in before.items()
        if path in after and not _json.is_same(value, after[path])
    ]
    is_same = not (added or removed or changed)
    return Difference(is_same=is_same, added=added, removed=removed, changed=changed)


def check(*, text: Text) -> Checked:
    """Says whether a text is JSON, and in which line and column it is not."""
    try:
        json.loads(text, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        return Checked(is_json=False, line=error.lineno, column=error.colno)
    except (ValueError, RecursionError):
        return Checked(is_json=False, line=None, column=None)
    return Checked(is_json=True, line=None, column=None)


def _merged(first: Members, second: Members, depth: int) -> Members:
    if depth == 0:
        raise InvalidArguments("The objects are nested too deeply.")
    merged = dict(first)
    for name, value in second.items():
        known = merged.get(name)
        both = isinstance(known, dict) and isinstance(value, dict)
        merged[name] = _merged(known, value, depth - 1) if both and known else value
    return merged


def _refuse(name: str) -> None:
    """JSON has no NaN and no infinity, whatever Python says. Raises: ValueError."""
    raise ValueError(name)


connector = Connector(
    key="json",
    name="JSON",
    category="Utilities",
    summary="Read, write, pick, change, merge and compare JSON.",
    icon=Icon(monogram=Monogram(text="{}", color="#7a5c00")),
    needs_connection="none",
    tools=[
        tool(
            parse,
            title="Read JSON",
            example=Example(arguments={"text": '{"a": [1, 2]}'}, answer={"a": [1, 2]}),
        ),
        tool(
            stringify,
            title="Write JSON",
            example=Example(arguments={"value": {"a": 1}}, answer='{"a":1}'),
        ),
        tool(
            get,
            title="Get a value",
            example=Example(
                arguments={"value": {"items": [{"name": "Lamp"}]}, "path": "items[0].name"},
                answer="Lamp",
            ),
        ),
        tool(
            merge,
            title="Merge objects",
            example=Example(
                arguments={"objects": [{"a": {"b": 1}}, {"a": {"c": 2}}]},
                answer={"a": {"b": 1, "c": 2}},
            ),
        ),
        tool(
            pick,
            title="Pick members",
            example=Example(arguments={"value": {"a": 1, "b": 2}, "names": ["b"]}, answer={"b": 2}),
        ),
        tool(
            omit,
            title="Leave members out",
            example=Example(arguments={"value": {"a": 1, "b": 2}, "names": ["b"]}, answer={"a": 1}),
        ),
        tool(
            rename,
            title="Rename members",
            example=Example(
                arguments={"value": {"mail": "ada@example.com"}, "names": {"mail": "email"}},
                answer={"email": "ada@example.com"},
            ),
        ),
        tool(
            set_,
            title="Set a value",
            example=Example(
                arguments={"value": {"user": {}}, "path": "user.name", "to": "Ada"},
                answer={"user": {"name": "Ada"}},
            ),
        ),
        tool(
            flatten,
            title="Flatten",
            example=Example(
                arguments={"value": {"user": {"tags": ["a", "b"]}}},
                answer={"user.tags[0]": "a", "user.tags[1]": "b"},
            ),
        ),
        tool(
            list_names,
            title="List names",
            example=Example(arguments={"value": {"a": 1, "b": 2}}, answer=["a", "b"]),
        ),
        tool(
            compare,
            title="Compare",
            example=Example(
                arguments={"first": {"a": 1, "b": 2}, "second": {"a": 1, "c": 3}},
                answer={"is_same": False, "added": ["c"], "removed": ["b"], "changed": []},
            ),
        ),
        tool(
            check,
            title="Check",
            example=Example(
                arguments={"text": '{"a": }'}, answer={"is_json": False, "line": 1, "column": 7}
            ),
        ),
    ],
)
