"""Compares two versions of a connector: what stored connections and workflows rely on. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from connectors.manifest import Connector, Field, Scheme, Tool

Found = Iterator[tuple[str, str]]
"""Places in the file, and what would break there."""

_BOUNDS_BELOW = ("minimum", "exclusiveMinimum", "minLength", "minItems")
_BOUNDS_ABOVE = ("maximum", "exclusiveMaximum", "maxLength", "maxItems")


def breaks(old: Connector, new: Connector) -> list[tuple[str, str]]:
    """Give everything in the new version that would break what was stored with the old one."""
    return [
        *_removed(old, new),
        *(found for scheme in old.schemes for found in _scheme(scheme, new)),
        *(found for tool in old.tools for found in _tool(tool, new)),
    ]


def _removed(old: Connector, new: Connector) -> Found:
    pairs = (
        ("schemes", [scheme.key for scheme in old.schemes], [s.key for s in new.schemes]),
        ("tools", [tool.key for tool in old.tools], [tool.key for tool in new.tools]),
        ("service_urls", [url.key for url in old.service_urls], [u.key for u in new.service_urls]),
    )
    for place, before, after in pairs:
        for key in before:
            if key not in after:
                yield (
                    f"{place}[{key}]",
                    "it was removed; keys are permanent, so deprecate it instead",
                )


def _scheme(old: Scheme, connector: Connector) -> Found:
    new = next((scheme for scheme in connector.schemes if scheme.key == old.key), None)
    if new is None:
        return
    place = f"schemes[{old.key}].fields"
    for field in old.fields:
        kept = new.field(field.key)
        if kept is None:
            yield f"{place}[{field.key}]", "it was removed; keys are permanent, so make it optional"
        else:
            yield from _field(f"{place}[{field.key}]", field, kept)
    for field in new.fields:
        if old.field(field.key) is None and field.required and not field.default and not field.when:
            yield f"{place}[{field.key}]", "it is new and required; give it a default"


def _field(place: str, old: Field, new: Field) -> Found:
    if new.required and not old.required and not new.default:
        yield place, "it was optional and is required now; give it a default"
    if new.kind != old.kind:
        yield f"{place}.kind", "it was changed; stored values may not fit"
    if new.secret != old.secret:
        yield f"{place}.secret", "it was changed; stored values are sealed otherwise"
    if new.pattern and new.pattern != old.pattern:
        yield f"{place}.pattern", "it was changed; stored values may not match"
    gone = set(old.choice_values) - set(new.choice_values)
    if new.choices and (gone or not old.choices):
        yield f"{place}.choices", "choices were taken away; stored values may be among them"
    if new.max_length < old.max_length:
        yield f"{place}.max_length", "it was lowered; stored values may be longer"


def _tool(old: Tool, connector: Connector) -> Found:
    new = next((tool for tool in connector.tools if tool.key == old.key), None)
    if new is None:
        return
    place = f"tools[{old.key}].input"
    for name, schema in old.properties.items():
        if name not in new.properties:
            yield f"{place}.{name}", "the argument was removed; keep it, and ignore it if need be"
        else:
            yield from _narrowed(f"{place}.{name}", schema, new.properties[name])
    for name in new.required:
        if name not in old.required:
            known = "was optional" if name in old.properties else "is new"
            yield f"{place}.{name}", f"the argument {known} and is required now; make it optional"
    if old.effect != new.effect and new.effect == "destructive":
        yield f"tools[{old.key}].effect", "it became destructive; make another tool of it"


def _narrowed(place: str, old: Any, new: Any) -> Found:
    """Say where the new schema takes less than the old one did."""
    if not isinstance(old, dict) or not isinstance(new, dict):
        return
    if _types(new) and not _types(old) <= _types(new):
        yield place, "its type was narrowed; workflows may give another"
    if "enum" in new and not set(map(str, old.get("enum", [None]))) <= set(map(str, new["enum"])):
        yield place, "its choices were narrowed; workflows may give another"
    if "pattern" in new and new["pattern"] != old.get("pattern"):
        yield place, "its pattern was changed; workflows may not match it"
    yield from _bounds(place, old, new)
    yield from _inside(place, old, new)


def _inside(place: str, old: dict[str, Any], new: dict[str, Any]) -> Found:
    if isinstance(old.get("items"), dict):
        yield from _narrowed(f"{place}[]", old["items"], new.get("items", {}))
    for name, schema in old.get("properties", {}).items():
        inner = new.get("properties", {})
        if name in inner:
            yield from _narrowed(f"{place}.{name}", schema, inner[name])
        elif new.get("additionalProperties") is False:
            yield f"{place}.{name}", "it was removed; keep it, and ignore it if need be"


def _bounds(place: str, old: dict[str, Any], new: dict[str, Any]) -> Found:
    sides: tuple[tuple[tuple[str, ...], Callable[[Any, Any], bool]], ...] = (
        (_BOUNDS_BELOW, lambda before, after: after > before),
        (_BOUNDS_ABOVE, lambda before, after: after < before),
    )
    for names, is_tighter in sides:
        for name in names:
            if name in new and (name not in old or is_tighter(old[name], new[name])):
                yield place, f"its {name} was tightened; workflows may go beyond it"


def _types(schema: dict[str, Any]) -> set[str]:
    """Give the types that a schema takes; a number takes integers, too. Empty means any."""
    found = schema.get("type", [])
    types = {found} if isinstance(found, str) else set(found)
    for option in schema.get("anyOf", []):
        types |= _types(option)
    return types | {"integer"} if "number" in types else types
