"""Checks values against JSON Schemas of strangers: nothing is fetched, and all work is counted."""

import json
from collections.abc import Callable, Iterator
from functools import partial
from time import monotonic
from typing import Any

from connectors.catalogue import _json, _regex
from connectors.encoding import InvalidArguments

MAX_ERRORS = 20
MAX_STEPS = 200_000
SECONDS = 2.0

MAX_PATTERNS = 50
"""One takes up to 20 ms to compile."""

_NOT_HERE = ("unevaluatedItems", "unevaluatedProperties", "$dynamicRef")


class _Limits:
    """Counts down what one check may do yet, and keeps its patterns."""

    def __init__(self) -> None:
        self._steps = MAX_STEPS
        self._work = _regex.MOST_WORK
        self._until = monotonic() + SECONDS
        self._patterns: dict[str, Any] = {}

    def take(self, wanted: Any, instance: Any) -> None:
        """Count one rule, which may look at all that it has and all of the value."""
        sizes = (len(item) for item in (wanted, instance) if isinstance(item, dict | list))
        self._spend(1 + sum(sizes))

    def matches(self, pattern: str, text: str) -> bool:
        """Say whether a pattern is found in a text."""
        expression = self._patterns.get(pattern)
        if expression is None:
            self._spend(MAX_STEPS // MAX_PATTERNS)
            expression = self._patterns[pattern] = _regex.compiled(pattern)
        _regex.require_little_work(expression, text)
        self._work -= expression.programsize * len(text)
        self._spend(1)
        return expression.search(text) is not None

    def named(self, pattern: str, instance: dict[str, Any]) -> list[str]:
        """Give the members whose names a pattern is found in."""
        return [name for name in instance if self.matches(pattern, name)]

    def _spend(self, steps: int) -> None:
        self._steps -= steps
        if self._steps < 0 or self._work < 0 or monotonic() > self._until:
            raise _too_much()


def errors(value: Any, schema: dict[str, Any]) -> list[dict[str, str]]:
    """List where a value breaks a schema (draft 2020-12), and which rule: at most MAX_ERRORS.

    Raises:
        InvalidArguments: the schema is none, refers to what is not in it, or is too much work.
    """
    from jsonschema import Draft202012Validator, FormatChecker, SchemaError  # noqa: PLC0415 - slow to load
    from referencing.exceptions import Unresolvable  # noqa: PLC0415

    schema = {name: rule for name, rule in schema.items() if name != "$schema"}
    _json.require_depth(value)
    _json.require_depth(schema)
    _refuse_strange(schema)
    try:
        Draft202012Validator.check_schema(schema, format_checker=FormatChecker(formats=()))
        return _found(value, schema)
    except (SchemaError, OverflowError):
        raise InvalidArguments("That is not a JSON Schema.") from None
    except Unresolvable:
        raise InvalidArguments("The schema refers to what is not in it.") from None
    except RecursionError:
        raise _too_much() from None


def _found(value: Any, schema: dict[str, Any]) -> list[dict[str, str]]:
    found = []
    for error in _validator(schema).iter_errors(value):
        place = error.json_path.removeprefix("$").removeprefix(".")
        found.append({"path": place, "rule": str(error.validator)})
        if len(found) == MAX_ERRORS:
            break
    return found


def _validator(schema: dict[str, Any]) -> Any:
    """Make a validator that counts, has no back-tracking patterns, and fetches nothing."""
    from jsonschema import Draft202012Validator, validators  # noqa: PLC0415 - slow to load
    from referencing import Registry  # noqa: PLC0415

    limits = _Limits()
    rules = dict(Draft202012Validator.VALIDATORS) | _of_patterns(limits)
    rules |= {"uniqueItems": _unique_items}
    counted = {name: _counted(rule, limits) for name, rule in rules.items()}
    extended: Any = validators.extend(Draft202012Validator, counted)  # type: ignore[no-untyped-call]
    return extended(schema, registry=Registry())


def _counted(rule: Callable[..., Any], limits: _Limits) -> Callable[..., Iterator[Any]]:
    def run(validator: Any, wanted: Any, instance: Any, schema: Any) -> Iterator[Any]:
        limits.take(wanted, instance)
        yield from rule(validator, wanted, instance, schema) or ()

    return run


def _refuse_strange(schema: Any) -> None:
    """Refuse what would walk around the counting: another draft inside, and three rules."""
    if isinstance(schema, list):
        for item in schema:
            _refuse_strange(item)
    if not isinstance(schema, dict):
        return
    for name, rule in schema.items():
        if name in _NOT_HERE or (name == "$schema" and isinstance(rule, str)):
            raise InvalidArguments(f"{name} is not taken in a schema here.")
        _refuse_strange(rule)


def _of_patterns(limits: _Limits) -> dict[str, Callable[..., Iterator[Any]]]:
    """Give the rules that look for patterns, written anew over RE2."""
    return {
        "pattern": partial(_pattern, limits),
        "patternProperties": partial(_pattern_properties, limits),
        "additionalProperties": partial(_additional_properties, limits),
    }


def _pattern(
    limits: _Limits, _validator: Any, pattern: str, instance: Any, _schema: Any
) -> Iterator[Any]:
    if isinstance(instance, str) and not limits.matches(pattern, instance):
        yield _error("pattern")


def _pattern_properties(
    limits: _Limits, validator: Any, wanted: dict[str, Any], instance: Any, _schema: Any
) -> Iterator[Any]:
    for pattern, inside in wanted.items() if isinstance(instance, dict) else ():
        for name in limits.named(pattern, instance):
            yield from validator.descend(instance[name], inside, path=name, schema_path=pattern)


def _additional_properties(
    limits: _Limits, validator: Any, wanted: Any, instance: Any, schema: dict[str, Any]
) -> Iterator[Any]:
    if not isinstance(instance, dict):
        return
    known = set(schema.get("properties", {}))
    for pattern in schema.get("patternProperties", {}):
        known.update(limits.named(pattern, instance))
    for name in [name for name in instance if name not in known]:
        if isinstance(wanted, dict):
            yield from validator.descend(instance[name], wanted, path=name)
        elif not wanted:
            yield _error("additionalProperties")


def _unique_items(_validator: Any, wanted: Any, instance: Any, _schema: Any) -> Iterator[Any]:
    if wanted and isinstance(instance, list):
        written = {json.dumps(item, sort_keys=True) for item in instance}
        if len(written) < len(instance):
            yield _error("uniqueItems")


def _error(rule: str) -> Any:
    from jsonschema import ValidationError  # noqa: PLC0415 - slow to load

    return ValidationError(rule)


def _too_much() -> InvalidArguments:
    return InvalidArguments("The schema is too much work for this value.")
