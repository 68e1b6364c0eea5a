"""Walks through values of JSON, never deeper than MAX_DEPTH."""

from collections.abc import Iterator
from typing import Any

from connectors import paths
from connectors.encoding import InvalidArguments

MAX_DEPTH = 50


def steps(path: str) -> tuple[str | int, ...]:
    """Read a path. Raises: InvalidArguments."""
    try:
        return paths.parse(path)
    except paths.BadPath:
        raise InvalidArguments(
            "The path is not well-formed; write it like items[0].name."
        ) from None


def into(place: Any, step: str | int) -> Any:
    """Take one step to what has members itself. Raises: InvalidArguments."""
    found = paths.descend(place, [step])
    if not isinstance(found, dict | list):
        raise InvalidArguments("The path leads through something that has no members.")
    return found


def put(place: Any, step: str | int, value: Any) -> None:
    """Change one member. Raises: InvalidArguments."""
    is_there = paths.descend(place, [step]) is not paths.MISSING
    if not is_there and not (isinstance(step, str) and isinstance(place, dict)):
        raise InvalidArguments("The path leads to a place that is not there.")
    place[step] = value


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Give every value that has no members, with its path."""
    if not isinstance(value, dict | list) or not value:
        yield path, value
    elif isinstance(value, dict):
        for name, member in value.items():
            step = name if name and not set(name) & set('.[]"') else f'"{name}"'
            yield from leaves(member, f"{path}.{step}" if path else step)
    else:
        for at, item in enumerate(value):
            yield from leaves(item, f"{path}[{at}]")


def is_same(first: Any, second: Any) -> bool:
    """JSON tells true from 1, Python does not."""
    return first == second and isinstance(first, bool) == isinstance(second, bool)


def require_depth(value: Any) -> None:
    """Raise InvalidArguments when it is nested more deeply than what people write."""
    level = [value]
    for _ in range(MAX_DEPTH):
        if not level:
            return
        inside = [item for item in level if isinstance(item, dict | list)]
        level = [
            found
            for item in inside
            for found in (item.values() if isinstance(item, dict) else item)
        ]
    if level:
        raise InvalidArguments("The value is nested too deeply.")
