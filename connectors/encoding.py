"""How values are written in queries, forms and JSON bodies."""

from __future__ import annotations

import json
from typing import Any

from spojit.lib.errors import Refused


class InvalidArguments(Refused):
    """The arguments do not fit the tool."""

    code = "invalid_arguments"
    message = "The arguments do not fit the tool."


def scalar(value: Any) -> str:
    """Write a value the way queries and forms do."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def flatten(name: str, value: Any, *, arrays: str) -> list[tuple[str, str]]:
    """Write a value as pairs: objects as `name[key]`, lists as `arrays` says."""
    if isinstance(value, dict):
        nested = [flatten(f"{name}[{key}]", item, arrays=arrays) for key, item in value.items()]
        return [pair for pairs in nested for pair in pairs]
    if not isinstance(value, list):
        return [(name, scalar(value))]
    if arrays == "comma":
        return [(name, ",".join(map(scalar, value)))]
    if arrays == "repeat":
        return [(name, scalar(item)) for item in value]
    nested = [flatten(f"{name}[{at}]", item, arrays=arrays) for at, item in enumerate(value)]
    return [pair for pairs in nested for pair in pairs]


def to_json(value: Any) -> bytes:
    """Write JSON, compact. Raises: InvalidArguments for what JSON cannot hold."""
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        return text.encode()
    except (TypeError, ValueError):
        raise InvalidArguments("The arguments hold something that JSON cannot.") from None
