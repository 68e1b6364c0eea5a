"""JSON: read, write, pick and merge."""

import json
from typing import Annotated, Any

from pydantic import Field

from connectors import paths
from connectors.encoding import InvalidArguments
from connectors.functions import tool
from connectors.manifest import Connector, Example, Icon, Monogram

MAX_DEPTH = 50

Path = Annotated[str, Field(max_length=1_000, description="Such as items[0].name.")]
Members = dict[str, Any]


def parse(*, text: Annotated[str, Field(max_length=10_000_000)]) -> Any:
    """Reads a text as JSON, and gives its value."""
    try:
        return json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise InvalidArguments("The text is not JSON.") from None


def stringify(
    *, value: Any, indent: Annotated[int, Field(ge=0, le=8)] = 0, sort_keys: bool = False
) -> str:
    """Writes a value as JSON."""
    separators = None if indent else (",", ":")
    return json.dumps(
        value, ensure_ascii=False, indent=indent or None, sort_keys=sort_keys, separators=separators
    )


def get(*, value: Any, path: Path, default: Any = None) -> Any:
    """Follows a path into a value; gives the default where it leads nowhere."""
    try:
        found = paths.find(value, path)
    except paths.BadPath:
        raise InvalidArguments(
            "The path is not well-formed; write it like items[0].name."
        ) from None
    return default if found is paths.MISSING else found


def merge(
    *,
    objects: Annotated[list[Members], Field(min_length=1, max_length=100)],
    deep: Annotated[bool, Field(description="Merge what is inside, too.")] = True,
) -> Members:
    """Merges objects; where two have the same name, the later one wins."""
    merged: Members = {}
    for members in objects:
        merged = _merged(merged, members, MAX_DEPTH) if deep else merged | members
    return merged


def pick(*, value: Members, names: Annotated[list[str], Field(min_length=1)]) -> Members:
    """Keeps the named members of an object, in the order of the names."""
    return {name: value[name] for name in names if name in value}


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
    summary="Read, write, pick and merge JSON.",
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
    ],
)
