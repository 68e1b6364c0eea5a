"""Builds requests: values and arguments in, one `outbound.Request` out. No I/O."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from connectors import free, hosts, keys, schemes, templates
from connectors.encoding import InvalidArguments, flatten, scalar, to_json
from spojit.lib.outbound.types import Parts, Request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.manifest import Connector, HttpRequest, Scheme

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_CONTENT_TYPES = {
    "json": "application/json",
    "form": "application/x-www-form-urlencoded",
    "text": "text/plain; charset=utf-8",
}


def build(
    connector: Connector,
    scheme: Scheme | None,
    request: HttpRequest,
    values: Mapping[str, str],
    arguments: Mapping[str, Any],
    *,
    page: Mapping[str, Any] | None = None,
) -> Request:
    """Make the request of a tool or a verification; `page` are parameters of paging.

    Raises:
        InvalidArguments: an argument cannot go where it must.
        hosts.BadServiceUrl, templates.Unfilled: a value of the connection is missing or wrong.
    """
    fields = _open_values(scheme, values)
    known = fields | _as_texts(arguments)
    prefix = scheme.path_prefix if scheme else ""
    if request.free:
        made = free.build(connector, request, fields, arguments, prefix=prefix)
    else:
        given = {**arguments, **(page or {})}
        made = _declared(connector, request, known, given, fields, prefix=prefix)
    _add_headers(made, connector, request, known)
    if scheme is not None and scheme.kind != "none":
        made.credential = schemes.attach(scheme, values)
        made.secret_hosts = hosts.allowed(connector, values)
        made.signer = schemes.signer(scheme, values)
        _refuse_breaking_out(made.credential)
    return made


def _open_values(scheme: Scheme | None, values: Mapping[str, str]) -> dict[str, str]:
    """Give the values that may stand in an address: never a secret."""
    if scheme is None:
        return dict(values)
    shown = {key: value for key, value in values.items() if key not in scheme.secret_keys}
    return keys.open_members(scheme, values) | shown


def _as_texts(arguments: Mapping[str, Any]) -> dict[str, str]:
    return {name: scalar(value) for name, value in arguments.items() if _is_scalar(value)}


def _is_scalar(value: Any) -> bool:
    return isinstance(value, str | int | float)


def _declared(
    connector: Connector,
    request: HttpRequest,
    known: Mapping[str, str],
    arguments: dict[str, Any],
    fields: Mapping[str, str],
    *,
    prefix: str,
) -> Request:
    if request.url:
        url = hosts.fill(request.url, fields)
    else:
        path = fill_path(request.path, known, slashes=request.slashes)
        url = hosts.base(connector, fields) + prefix + path
    for name in templates.names(request.path) | _header_names(request):
        arguments.pop(name, None)
    made = Request(method=request.method, url=url, query=list(request.fixed_query.items()))
    rest = {name: value for name, value in arguments.items() if value is not None}
    if request.body is None or request.body.kind == "none":
        made.query += _query(request, rest)
        return made
    made.query += _query(request, {name: rest.pop(name) for name in request.query if name in rest})
    _write_body(made, request, rest)
    return made


def _header_names(request: HttpRequest) -> frozenset[str]:
    found: frozenset[str] = frozenset()
    for template in request.headers.values():
        found |= templates.names(template)
    return found


def fill_path(template: str, known: Mapping[str, str], *, slashes: list[str]) -> str:
    """Fill a path, each value percent-encoded. Raises: InvalidArguments; templates.Unfilled."""
    filled = ""
    for literal, name in templates.split(template):
        filled += literal
        if name:
            filled += _segment(name, known.get(name, ""), keep="/" if name in slashes else "")
    return filled


def _segment(name: str, value: str, *, keep: str) -> str:
    if not value:
        raise InvalidArguments(f"The argument {name} is empty; the address needs it.")
    if free.climbs(value):
        raise InvalidArguments(f"The argument {name} may not climb in the address by dots.")
    return quote(value, safe=keep)


def _query(request: HttpRequest, arguments: Mapping[str, Any]) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for argument, value in arguments.items():
        pairs += flatten(request.names.get(argument, argument), value, arrays=request.arrays)
    return pairs


def _write_body(made: Request, request: HttpRequest, arguments: dict[str, Any]) -> None:
    assert request.body is not None
    kind = request.body.kind
    if request.body.argument:
        content: Any = arguments.get(request.body.argument)
    else:
        content = _members(request, arguments)
    made.headers["Content-Type"] = _CONTENT_TYPES[kind]
    if kind == "form":
        made.body = urlencode(_form(content)).encode()
    else:
        made.body = scalar(content).encode() if kind == "text" else to_json(content)


def _members(request: HttpRequest, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Put arguments under the service's names; a dot in a name makes an object."""
    assert request.body is not None
    members: dict[str, Any] = json.loads(json.dumps(request.body.fixed))
    for argument, value in arguments.items():
        *parents, last = request.names.get(argument, argument).split(".")
        inner = members
        for parent in parents:
            inner = inner.setdefault(parent, {})
        inner[last] = value
    return members


def _form(members: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [pair for name, value in members.items() for pair in flatten(name, value, arrays="form")]


def _add_headers(
    made: Request, connector: Connector, request: HttpRequest, known: Mapping[str, str]
) -> None:
    """Add the headers of the tool, then those of the connector that are not there yet."""
    for name, template in request.headers.items():
        if all(known.get(key) for key in templates.names(template)):
            made.headers[name] = templates.render(template, known)
    present = {name.lower() for name in made.headers}
    for name, template in connector.headers.items():
        if name.lower() not in present:
            made.headers[name] = templates.render(template, known)
    for name, value in made.headers.items():
        if _CONTROL.search(value):
            raise InvalidArguments(f"The header {name} may not hold line breaks or control marks.")


def _refuse_breaking_out(parts: Parts) -> None:
    """Make sure, whatever was stored, that no value can break out of its header or path."""
    if any(_CONTROL.search(value) for value in (*parts.headers.values(), *parts.path.values())):
        raise InvalidArguments("The stored credential holds a line break or control character.")
    if any(free.climbs(value) for value in parts.path.values()):
        raise InvalidArguments("The stored credential may not climb in the address by dots.")
