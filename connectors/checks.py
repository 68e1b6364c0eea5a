"""What a connector must keep that its shape alone does not show: names fit, facts have sources."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from connectors import arguments, paths, schemes, templates, token_checks
from connectors.encoding import InvalidArguments
from spojit.lib import marks

if TYPE_CHECKING:
    from connectors.manifest import (
        AnswerRule,
        Connector,
        HttpRequest,
        Identity,
        Paging,
        Placement,
        Scheme,
        Signing,
        Tool,
        Verification,
    )

Found = Iterator[tuple[str, str]]
"""Places in the file, and what is wrong there with how to mend it."""


def problems(connector: Connector) -> list[tuple[str, str]]:
    """Give everything that is wrong with a connector that could be read."""
    return [
        *_of_connector(connector),
        *(problem for scheme in connector.schemes for problem in _of_scheme(connector, scheme)),
        *(problem for tool in connector.tools for problem in _of_tool(connector, tool)),
    ]


def _of_connector(connector: Connector) -> Found:
    if connector.icon.mark and not marks.path(connector.icon.mark):
        yield "icon.mark", "the package simpleicons has no such mark; use another, or a monogram"
    for url in connector.service_urls:
        if not url.has_source:
            yield f"service_urls[{url.key}]", token_checks.NO_SOURCE
        for key in sorted(set(url.schemes) - {scheme.key for scheme in connector.schemes}):
            yield f"service_urls[{url.key}].schemes", f"there is no scheme {key}"
    if connector.rate_limit and not connector.rate_limit.has_source:
        yield "rate_limit", token_checks.NO_SOURCE
    if connector.schemes and not connector.before_you_start:
        yield "before_you_start", "say what to have at hand before connecting"
    yield from _of_rules("answers", connector.answers)


def _of_scheme(connector: Connector, scheme: Scheme) -> Found:
    place = f"schemes[{scheme.key}]"
    keys = {field.key for field in scheme.fields}
    if not scheme.has_source:
        yield place, token_checks.NO_SOURCE
    if not (scheme.is_inbound or schemes.can_attach(scheme)):
        yield place, f"requests of the kind {scheme.kind} cannot be authorized yet"
    yield from _of_fields(scheme, place, keys)
    yield from token_checks.of_oauth1(scheme, place)
    yield from token_checks.of_oauth2(connector, scheme, place)
    if scheme.webhook and scheme.webhook.signature == "custom" and not scheme.field("header"):
        yield f"{place}.fields", "a custom signature is read from the field header; add it"
    yield from _of_places_of_service(connector, scheme, place)
    yield from _of_verification(connector, scheme, place)


def _of_places_of_service(connector: Connector, scheme: Scheme, place: str) -> Found:
    """Fields that an address is made of exist, and a change of them asks for secrets again."""
    urls = [url for url in connector.service_urls if url.serves(scheme.key)]
    templated = {f"service_urls[{url.key}].url": url.url for url in urls}
    for where, text in (templated | {f"hosts[{host}]": host for host in connector.hosts}).items():
        for name in sorted(templates.names(text)):
            field = scheme.field(name)
            if name in scheme.told_keys:
                continue
            if field is None:
                yield where, f"{place} has no field {name}; add it there"
            elif not field.endpoint:
                yield f"{place}.fields[{name}]", "it is part of an address; add endpoint: true"


def _of_fields(scheme: Scheme, place: str, keys: set[str]) -> Found:
    tokens = {"access_token"} if scheme.has_tokens else set()
    for name in sorted(_names_sent(scheme) - keys - scheme.told_keys - tokens):
        yield f"{place}.send", f"it sends {{{name}}}, which is no field; add the field or mend it"
    for field in scheme.fields:
        if field.key in _deciding(scheme) and not (field.secret or field.endpoint):
            why = "it decides under which name a secret is sent, or after what; add endpoint: true"
            yield f"{place}.fields[{field.key}]", why
        for pattern in (field.pattern, *(wrong.pattern for wrong in field.wrong_kinds)):
            if not _is_pattern(pattern):
                yield f"{place}.fields[{field.key}]", f"{pattern} is no regular expression; mend it"
        for other in sorted(set(field.when) - keys):
            yield f"{place}.fields[{field.key}].when", f"there is no field {other}"


def _is_pattern(text: str) -> bool:
    """Compile it here and not whenever a file is read: that takes a third of the time."""
    try:
        re.compile(text)
    except re.error:
        return False
    return True


def _deciding(scheme: Scheme) -> frozenset[str]:
    """Give the fields by which somebody could send a kept secret in a place where it is shown."""
    return frozenset().union(*(place.deciding for place in scheme.send))


def _names_sent(scheme: Scheme) -> frozenset[str]:
    texts = [text for place in scheme.send for text in _texts(place)]
    texts += [scheme.username, scheme.password] if scheme.kind == "basic" else []
    texts += _texts_signed(scheme.signing) if scheme.signing else []
    return frozenset().union(*(templates.names(text) for text in texts))


def _texts_signed(signing: Signing) -> list[str]:
    return [signing.region, signing.service, *signing.others]


def _texts(place: Placement) -> tuple[str, ...]:
    return (place.path,) if place.path else (place.value, place.header, place.query)


def _of_verification(connector: Connector, scheme: Scheme, place: str) -> Found:
    verification = scheme.verification
    if verification is None:
        if scheme.kind != "none" and not scheme.is_inbound:
            yield place, "say in verification which call proves the credentials"
        return
    place = f"{place}.verification"
    if not verification.has_source:
        yield place, token_checks.NO_SOURCE
    if verification.request:
        yield from _of_request(connector, scheme, verification.request, {}, place)
    if verification.identity:
        yield from _of_identity(scheme, verification, verification.identity, place)
    yield from _of_rules(f"{place}.answers", verification.answers)


def _of_identity(
    scheme: Scheme, verification: Verification, identity: Identity, place: str
) -> Found:
    """The account is in the example, or what tells it is told."""
    told = identity.told_key
    if bool(identity.id) == bool(identity.header):
        yield f"{place}.identity", "give id or header, and only one"
    for path in ([] if told else [identity.id]) + identity.name:
        yield from _of_path(f"{place}.identity", path)
    if told and told not in scheme.told_keys:
        yield f"{place}.identity.id", f"the service does not tell {told}; capture it"
    if identity.header:
        if not verification.example_headers.get(identity.header):
            yield f"{place}.example_headers", f"they lack {identity.header}, which is the account"
        return
    found = identity.name if told else [identity.id]
    if not any(paths.text(verification.example, path) for path in found):
        yield f"{place}.example", "it has no account where identity.id looks; mend one of them"


def _of_tool(connector: Connector, tool: Tool) -> Found:
    place = f"tools[{tool.key}]"
    if not tool.has_source and tool.key != "request" and connector.schemes:
        yield place, token_checks.NO_SOURCE
    if not tool.description:
        yield f"{place}.description", "say in a sentence what it does"
    yield from _of_input(tool, place)
    if tool.request:
        for scheme in (scheme for scheme in connector.schemes if not scheme.is_inbound):
            yield from _of_request(connector, scheme, tool.request, tool.properties, place)
        yield from _of_places(tool, tool.request, place)
    if tool.paging:
        yield from _of_paging(connector, tool.paging, f"{place}.paging")
    yield from _of_rules(f"{place}.answers", tool.answers)


def _of_paging(connector: Connector, paging: Paging, place: str) -> Found:
    for path in (paging.next, paging.more, paging.items):
        yield from _of_path(place, path)
    for scheme in connector.schemes:
        if scheme.path_prefix and paging.kind in {"link", "url"}:
            yield place, f"the key of {scheme.key} stands in the path, and not in such an address"


def _of_input(tool: Tool, place: str) -> Found:
    for name in tool.required:
        if name not in tool.properties:
            yield f"{place}.input.required", f"there is no argument {name}"
    try:
        arguments.check(tool, tool.example.arguments)
    except InvalidArguments as error:
        yield f"{place}.example.arguments", f"they do not fit the tool's own input: {error.message}"


def _of_request(
    connector: Connector,
    scheme: Scheme,
    request: HttpRequest,
    properties: Mapping[str, object],
    place: str,
) -> Found:
    place = f"{place}.request"
    if not connector.service_urls and not request.url:
        yield place, "the connector has no service_urls; add one"
    open_fields = _open_names(scheme)
    texts = [request.path, request.url or "", request.free_path, *request.headers.values()]
    wanted = frozenset().union(*(templates.names(text) for text in texts))
    for name in sorted(wanted - open_fields - set(properties)):
        secret = name in scheme.secret_keys
        why = "is a secret; secrets go only where send says" if secret else "is nowhere given"
        yield place, f"{{{name}}} {why}"
    for name in sorted(open_fields & set(properties) & wanted):
        yield place, f"{{{name}}} is both an argument and a field of {scheme.key}; rename one"
    if request.url:
        host = urlsplit(request.url).netloc
        if host not in connector.hosts:
            yield f"{place}.url", f"{host} is not declared; add it to hosts"
        if scheme.path_prefix:
            yield f"{place}.url", f"the key of {scheme.key} stands before a path; give path instead"


def _open_names(scheme: Scheme) -> set[str]:
    """Give the names of values that may stand in requests: never a secret."""
    members = {name for field in scheme.fields for name in field.open_members}
    fields = {field.key for field in scheme.fields if not field.secret}
    return fields | members | scheme.told_keys


def _of_places(tool: Tool, request: HttpRequest, place: str) -> Found:
    """Names that the request speaks of are arguments of the tool."""
    known = set(tool.properties)
    spoken = {*request.query, *request.names, *request.slashes}
    if request.body and request.body.argument:
        spoken.add(request.body.argument)
    if tool.paging and tool.paging.size_argument:
        spoken.add(tool.paging.size_argument)
    for name in sorted(spoken - known):
        yield f"{place}.request", f"there is no argument {name}; add it to input or take it out"
    for name in sorted(templates.names(request.path) & known - set(tool.required)):
        yield f"{place}.input.required", f"{name} stands in the path; make it required"


def _of_rules(place: str, rules: list[AnswerRule]) -> Found:
    for rule in rules:
        if rule.body:
            yield from _of_path(place, rule.body.path)


def _of_path(place: str, path: str) -> Found:
    try:
        paths.parse(path)
    except paths.BadPath as error:
        yield place, str(error)
