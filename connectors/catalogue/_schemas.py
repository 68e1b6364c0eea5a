"""Checks values against JSON Schemas of strangers: nothing is fetched, and steps are counted."""

import json
from collections.abc import Callable, Iterator
from typing import Any

from connectors.catalogue import _json, _regex
from connectors.encoding import InvalidArguments

MAX_ERRORS = 20
MAX_STEPS = 200_000
"""One takes about 5 µs."""

_TOO_MUCH = "The schema is too much work for this value."
_NOT_HERE = ("unevaluatedItems", "unevaluatedProperties", "$dynamicRef")


class _Steps:
    """Counts down what may be done yet."""

    def __init__(self) -> None:
        self.left = MAX_STEPS

    def take(self, wanted: Any, instance: Any) -> None:
        sizes = (len(item) for item in (wanted, instance) if isinstance(item, dict | list))
        self.left -= 1 + sum(sizes)
        if self.left < 0:
            raise InvalidArguments(_TOO_MUCH)


def errors(value: Any, schema: dict[str, Any]) -> list[dict[str, str]]:
    """List where a value breaks a schema (draft 2020-12), and which rule: at most MAX_ERRORS.

    Raises:
        InvalidArguments: the schema is none, refers to what is not in it, or is too much work.
    """
    from jsonschema import Draft202012Validator, SchemaError  # noqa: PLC0415 - slow to load
    from referencing.exceptions import Unresolvable  # noqa: PLC0415

    schema = {name: rule for name, rule in schema.items() if name != "$schema"}
    _json.require_depth(value)
    _json.require_depth(schema)
    _refuse_strange(schema)
    try:
        Draft202012Validator.check_schema(schema)
        return _found(value, schema)
    except (SchemaError, OverflowError):
        raise InvalidArguments("That is not a JSON Schema.") from None
    except Unresolvable:
        raise InvalidArguments("The schema refers to what is not in it.") from None
    except RecursionError:
        raise InvalidArguments(_TOO_MUCH) from None


def _found(value: Any, schema: dict[str, Any]) -> list[dict[str, str]]:
    validator = _validator(schema)
    found = []
    for error in validator.iter_errors(value):
        place = error.json_path.removeprefix("$").removeprefix(".")
        found.append({"path": place, "rule": str(error.validator)})
        if len(found) == MAX_ERRORS:
            break
    return found


def _validator(schema: dict[str, Any]) -> Any:
    """Make a validator that counts, has no back-tracking patterns, and fetches nothing."""
    from jsonschema import Draft202012Validator, validators  # noqa: PLC0415 - slow to load
    from referencing import Registry  # noqa: PLC0415

    steps = _Steps()
    rules = dict(Draft202012Validator.VALIDATORS) | {
        "pattern": _pattern,
        "patternProperties": _pattern_properties,
        "additionalProperties": _additional_properties,
        "uniqueItems": _unique_items,
    }
    counted = {name: _counted(rule, steps) for name, rule in rules.items()}
    extended: Any = validators.extend(Draft202012Validator, counted)  # type: ignore[no-untyped-call]
    return extended(schema, registry=Registry())


def _counted(rule: Callable[..., Any], steps: _Steps) -> Callable[..., Iterator[Any]]:
    def run(validator: Any, wanted: Any, instance: Any, schema: Any) -> Iterator[Any]:
        steps.take(wanted, instance)
        yield from rule(validator, wanted, instance, schema) or ()

    return run


def _refuse_strange(schema: Any) -> None:
    """Refuse what would walk around the counting: another draft inside, and two rules."""
    if isinstance(schema, list):
        for item in schema:
            _refuse_strange(item)
    if not isinstance(schema, dict):
        return
    for name, rule in schema.items():
        if name in _NOT_HERE or (name == "$schema" and isinstance(rule, str)):
            raise InvalidArguments(f"{name} is not taken in a schema here.")
        _refuse_strange(rule)


def _matches(pattern: str, text: str) -> bool:
    return next(_regex.matches(_regex.compiled(pattern), text), None) is not None


def _error(message: str) -> Any:
    from jsonschema import ValidationError  # noqa: PLC0415 - slow to load

    return ValidationError(message)


def _pattern(_validator: Any, pattern: str, instance: Any, _schema: Any) -> Iterator[Any]:
    if isinstance(instance, str) and not _matches(pattern, instance):
        yield _error("pattern")


def _pattern_properties(
    validator: Any, wanted: dict[str, Any], instance: Any, _schema: Any
) -> Iterator[Any]:
    for pattern, subschema in wanted.items() if isinstance(instance, dict) else ():
        expression = _regex.compiled(pattern)
        for name in _named(expression, instance):
            yield from validator.descend(instance[name], subschema, path=name, schema_path=pattern)


def _additional_properties(
    validator: Any, wanted: Any, instance: Any, schema: dict[str, Any]
) -> Iterator[Any]:
    if not isinstance(instance, dict):
        return
    known = set(schema.get("properties", {}))
    for pattern in schema.get("patternProperties", {}):
        known.update(_named(_regex.compiled(pattern), instance))
    for name in [name for name in instance if name not in known]:
        if isinstance(wanted, dict):
            yield from validator.descend(instance[name], wanted, path=name)
        elif not wanted:
            yield _error("additionalProperties")


def _named(expression: Any, instance: dict[str, Any]) -> list[str]:
    """Give the members whose names match."""
    return [name for name in instance if next(_regex.matches(expression, name), None)]


def _unique_items(
    _validator: Any,
    wanted: Any,
    instance: Any,
    _schema: Any,
) -> Iterator[Any]:
    if wanted and isinstance(instance, list):
        written = {json.dumps(item, sort_keys=True) for item in instance}
        if len(written) < len(instance):
            yield _error("uniqueItems")
