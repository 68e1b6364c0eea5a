"""Checks a tool's arguments against its JSON Schema, compiled once."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from connectors.encoding import InvalidArguments

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.manifest import Tool

_validators: dict[int, tuple[Tool, Any]] = {}


def check(tool: Tool, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Give the arguments when they fit the tool. Raises: InvalidArguments, naming the place."""
    given = dict(arguments)
    for error in validator(tool).iter_errors(given):
        raise InvalidArguments(sentence(error))
    return given


def validator(tool: Tool) -> Any:
    """Give the compiled validator of a tool's input."""
    known = _validators.get(id(tool))
    if known is None or known[0] is not tool:
        known = _validators[id(tool)] = (tool, _draft()(tool.input))
    return known[1]


@lru_cache(maxsize=1)
def _draft() -> Any:
    """Import the library only when the first tool is called: it is slow to load."""
    from jsonschema import Draft202012Validator  # noqa: PLC0415 - slow to load

    return Draft202012Validator


def sentence(error: Any) -> str:
    """Say what is wrong without repeating the value: it may be anything."""
    place = ".".join(str(step) for step in error.absolute_path)
    if error.validator == "required":
        missing = [name for name in error.validator_value if name not in error.instance]
        return f"The argument {'.'.join([*place.split('.'), missing[0]]).strip('.')} is missing."
    if error.validator == "additionalProperties":
        known = error.schema.get("properties", {})
        unknown = sorted(name for name in error.instance if name not in known)
        return f"There is no argument {unknown[0][:60]!r}."
    return f"The argument {place or 'itself'} does not fit: {_rule(error)}."


def _rule(error: Any) -> str:
    if error.context:  # of `anyOf` and the like: what each of them would have wanted
        return " or ".join(dict.fromkeys(_rule(inner) for inner in error.context))
    wanted = error.validator_value
    words = {
        "type": f"it must be {_either(wanted)}",
        "enum": f"it must be one of {wanted}",
        "minimum": f"it must be at least {wanted}",
        "maximum": f"it must be at most {wanted}",
        "minLength": f"it must have at least {wanted} characters",
        "maxLength": f"it must have at most {wanted} characters",
        "minItems": f"it must have at least {wanted} entries",
        "maxItems": f"it must have at most {wanted} entries",
        "pattern": f"it must match {wanted}",
    }
    return words.get(error.validator, f"it breaks the rule {error.validator}")


def _either(types: Any) -> str:
    return " or ".join(map(str, types)) if isinstance(types, list) else str(types)
