"""Paths into JSON-like values: `user.login`, `data[0].id`, `data[-1].id`. Not JSONPath: one value.

An empty path is the whole value. A name with dots in it is written in quotes: `"a.b".c`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

_STEP = re.compile(r'(?:^|\.)(?:"([^"]+)"|([^.\[\]"]+))|\[(-?\d+)\]')

MISSING = object()
"""What is found where nothing is; a null that is there is None."""


class BadPath(ValueError):
    """The text is not a path."""


@lru_cache(maxsize=4096)
def parse(path: str) -> tuple[str | int, ...]:
    """Split a path into names and positions. Raises: BadPath."""
    steps: list[str | int] = []
    position = 0
    while position < len(path):
        match = _STEP.match(path, position)
        if match is None or match.end() == position:
            raise BadPath(f"{path!r} is not a path; write it like data[0].id")
        quoted, name, index = match.groups()
        steps.append(int(index) if index is not None else quoted or name)
        position = match.end()
    return tuple(steps)


def find(value: Any, path: str) -> Any:
    """Follow a path; `MISSING` when it leads nowhere."""
    return descend(value, parse(path))


def descend(value: Any, steps: Sequence[str | int]) -> Any:
    """Follow the steps of a path; `MISSING` when they lead nowhere."""
    for step in steps:
        value = _descend(value, step)
        if value is MISSING:
            return MISSING
    return value


def text(value: Any, path: str) -> str:
    """Follow a path to a scalar as text; empty when there is none."""
    found = find(value, path)
    if isinstance(found, bool):
        return "true" if found else "false"
    return str(found) if isinstance(found, str | int | float) else ""


def _descend(value: Any, step: str | int) -> Any:
    if isinstance(step, str):
        return value.get(step, MISSING) if isinstance(value, dict) else MISSING
    if not isinstance(value, list) or not -len(value) <= step < len(value):
        return MISSING
    return value[step]
