"""Compares two versions of a connector: what stored connections and workflows rely on. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from connectors.manifest import Connector, Field, OAuth2, Scheme, Tool, Webhook

Found = Iterator[tuple[str, str]]
"""Places in the file, and what would break there."""

_BOUNDS_BELOW = ("minimum", "exclusiveMinimum", "minLength", "minItems")
_BOUNDS_ABOVE = ("maximum", "exclusiveMaximum", "maxLength", "maxItems")


def breaks(old: Connector, new: Connector) -> list[tuple[str, str]]:
    """Give everything in the new version that would break what was stored with the old one."""
    return [
        *_removed(old, new),
        *_moved(old, new),
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


def _moved(old: Connector, new: Connector) -> Found:
    """Say where secrets that were stored for one host would go to another."""
    urls = {url.key: url.url for url in new.service_urls}
    for url in old.service_urls:
        if url.key in urls and _authority(urls[url.key]) != _authority(url.url):
            place = f"service_urls[{url.key}].url"
            yield place, "its host was changed; stored secrets would go there, so add another"
    if old.service_urls and new.service_urls and old.service_urls[0].key != new.service_urls[0].key:
        yield "service_urls", "the first one is where older connections go; keep it the first"
    for host in new.hosts:
        if host not in old.hosts:
            yield f"hosts[{host}]", "it is new; stored secrets were not given for this host"


def _authority(template: str) -> str:
    return template.removeprefix("https://").partition("/")[0]


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
        yield from _asked_now(f"{place}[{field.key}]", old, new, field)
    if old.oauth2 and new.oauth2:
        yield from _grant(f"schemes[{old.key}].oauth2", old.oauth2, new.oauth2)
    if old.webhook and new.webhook:
        yield from _inbound(f"schemes[{old.key}].webhook", old.webhook, new.webhook)


def _inbound(place: str, old: Webhook, new: Webhook) -> Found:
    """Say why deliveries to addresses that were given out would be refused."""
    if old.signature != new.signature:
        yield f"{place}.signature", "it was changed; services sign as they did"


def _grant(place: str, old: OAuth2, new: OAuth2) -> Found:
    """Say what stored tokens would no longer be good for, or where else they would go."""
    if old.grant != new.grant:
        yield f"{place}.grant", "it was changed; stored tokens were got in another way"
    if old.client != new.client:
        yield f"{place}.client", "it was changed; stored tokens belong to another client"
    for key in ("", *old.by_service_url):
        before, now = _token_hosts(old.at(key)), _token_hosts(new.at(key))
        where = f"{place}.by_service_url[{key}]" if key else place
        for name in sorted(before.keys() & now.keys()):
            if before[name] != now[name]:
                yield f"{where}.{name}", "its host was changed; stored tokens would go there"
    yield from _told(place, old, new)


def _token_hosts(oauth2: OAuth2) -> dict[str, str]:
    """Give the hosts that get stored tokens or the client's secret."""
    found = {
        "token_url": oauth2.token_url,
        "refresh_url": oauth2.refresh_url or oauth2.token_url,
    }
    if oauth2.revocation:
        found["revocation.url"] = oauth2.revocation.url
    return {name: _authority(url) for name, url in found.items()}


def _told(place: str, old: OAuth2, new: OAuth2) -> Found:
    """Say where stored grants hold too little: what is told once is not told again."""
    before, now = old.told_kinds, new.told_kinds
    for key, kind in before.items():
        if key not in now:
            yield f"{place}.captured[{key}]", "it was removed; keys are permanent, so keep it"
        elif now[key] != kind:
            yield f"{place}.captured[{key}].kind", "it was changed; stored values may not fit"
    optional = {captured.key for captured in new.captured if not captured.required}
    for key in now:
        if key not in before and key not in optional:
            yield (
                f"{place}.captured[{key}]",
                "it is new; stored grants lack it; say required: false",
            )


def _asked_now(place: str, old: Scheme, new: Scheme, field: Field) -> Found:
    """Say that a field is needed where stored connections have no value for it."""
    if not field.required or field.default or not _may_matter(old, new, field.when):
        return
    before = old.field(field.key)
    if before is None:
        yield place, "it is new and required; give it a default"
    elif not before.required:
        yield place, "it was optional and is required now; give it a default"
    elif not _was_asked(old, new, field, before):
        yield f"{place}.when", "it is required in more cases now; give it a default"


def _may_matter(old: Scheme, new: Scheme, when: dict[str, list[str]]) -> bool:
    """Say whether a stored connection could be one that the conditions speak of."""
    return all(
        any(_may_hold(old, new, key, value) for value in allowed) for key, allowed in when.items()
    )


def _may_hold(old: Scheme, new: Scheme, key: str, value: str) -> bool:
    """Say whether a stored connection could have this value; a choice that is new it has not."""
    before, now = old.field(key), new.field(key)
    if before is None:
        return now is None or now.default == value
    return not before.choices or value in {"", *before.choice_values}


def _was_asked(old: Scheme, new: Scheme, field: Field, before: Field) -> bool:
    """Say whether every stored connection that needs the field was asked for it."""
    return all(
        key in field.when
        and {value for value in field.when[key] if _may_hold(old, new, key, value)} <= set(allowed)
        for key, allowed in before.when.items()
    )


def _field(place: str, old: Field, new: Field) -> Found:
    if old.endpoint and not new.endpoint:
        yield f"{place}.endpoint", "it was taken off; old secrets would go where it points"
    if new.kind != old.kind:
        yield f"{place}.kind", "it was changed; stored values may not fit"
    if new.secret != old.secret:
        yield f"{place}.secret", "it was changed; stored values are sealed otherwise"
    if new.pattern and new.pattern != old.pattern:
        yield f"{place}.pattern", "it was changed; stored values may not match"
    if old.kind == "json_key":
        yield from _document(place, old, new)
    gone = set(old.choice_values) - set(new.choice_values)
    if new.choices and (gone or not old.choices):
        yield f"{place}.choices", "choices were taken away; stored values may be among them"
    if new.max_length < old.max_length:
        yield f"{place}.max_length", "it was lowered; stored values may be longer"


def _document(place: str, old: Field, new: Field) -> Found:
    if set(new.open_members) - set(old.open_members):
        yield f"{place}.open_members", "members were secret when they were stored"
    if any(new.member_path(key) != path for key, path in old.member_paths.items()):
        yield f"{place}.member_paths", "members were moved; stored documents have them elsewhere"


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
