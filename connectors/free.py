"""Builds free requests: any method and path, never off the connection's own address."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from connectors import hosts, templates
from connectors.encoding import InvalidArguments, flatten, scalar, to_json
from spojit.lib.outbound import targets
from spojit.lib.outbound.types import Request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.manifest import Connector, HttpRequest

NOT_ALLOWED = frozenset(
    {
        "authorization",
        "connection",
        "content-length",
        "cookie",
        "host",
        "proxy-authorization",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "x-http-method",
        "x-http-method-override",
        "x-method-override",
        "x-original-url",
        "x-rewrite-url",
    }
)
"""Headers that carry credentials, or that decide how a message is read, or as which method."""

_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_MOST_DECODINGS = 10
_SEPARATORS = re.compile(r"[/\\]")
_END_OF_NAME = re.compile(r"[;?#]")
_METHOD_PARAMETER = re.compile(r"(?i)(?:^|[?&;])\s*_method\b")

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\\]")
_ABSOLUTE = re.compile(r"(?i)https?://")


def build(
    connector: Connector,
    request: HttpRequest,
    fields: Mapping[str, str],
    arguments: Mapping[str, Any],
    *,
    prefix: str = "",
) -> Request:
    """Make the request that the caller describes. Raises: InvalidArguments.

    `prefix` stands before the path: the place of a credential that travels there.
    """
    method = str(arguments.get("method") or request.method)
    path = templates.render(request.free_path, fields) if request.free_path else arguments["path"]
    made = Request(method=method, url=address(connector, fields, path, prefix=prefix))
    made.headers = _headers(arguments.get("headers") or {})
    for name, value in (arguments.get("query") or {}).items():
        if value is not None:
            made.query += flatten(name, value, arrays=request.arrays)
    if method in _READING:
        _refuse_other_method(made)
    if arguments.get("body") is not None:
        _write_body(made, arguments["body"])
    return made


def address(connector: Connector, fields: Mapping[str, str], path: str, *, prefix: str = "") -> str:
    """Join the connection's address, a prefix and a path that stays below both.

    Without an address of the connection's own, the path is itself a whole address.

    Raises:
        InvalidArguments: the path leads elsewhere.
    """
    if _CONTROL.search(path):
        raise InvalidArguments("The path may not hold control characters or backslashes.")
    try:
        base = hosts.base(connector, fields)
    except templates.Unfilled:
        return _whole(path)
    if _ABSOLUTE.match(path):
        path = _below(base, path)
    path = path if path.startswith("/") or not path else f"/{path}"
    _refuse_climbing(path)
    return base + prefix + path


def _whole(path: str) -> str:
    if not _ABSOLUTE.match(path):
        raise InvalidArguments("Without a connection, give the whole address, from https:// on.")
    return path


def _below(base: str, url: str) -> str:
    """Take the connection's address off a whole one."""
    wanted, given = targets.read(base), targets.read(url)
    prefix = wanted.path.rstrip("/")
    if wanted.origin != given.origin or not given.resource.startswith(prefix):
        raise InvalidArguments("The address is not on this connection's own host.")
    return given.resource.removeprefix(prefix)


def climbs(path: str) -> bool:
    """Say whether a server could read dots of a path as the way up.

    Servers decode once or more, take a backslash for a slash, and cut a segment at `;`.
    """
    for _ in range(_MOST_DECODINGS):
        decoded = unquote(path)
        if decoded == path:
            break
        path = decoded
    else:
        return True
    segments = (_END_OF_NAME.split(part)[0] for part in _SEPARATORS.split(path))
    return any(_CONTROL.sub("", segment).strip() in {".", ".."} for segment in segments)


def _refuse_climbing(path: str) -> None:
    if path.startswith("//") or climbs(path.partition("?")[0]):
        raise InvalidArguments("The path may not leave the connection's address.")


def _refuse_other_method(made: Request) -> None:
    """Refuse the parameter by which frameworks take a GET for another method."""
    query = unquote(made.url).partition("?")[2]
    names = [query, *(unquote(name) for name, _ in made.query)]
    if any(_METHOD_PARAMETER.search(name) for name in names):
        raise InvalidArguments("The parameter _method cannot be sent with a request that reads.")


def _headers(given: Mapping[str, Any]) -> dict[str, str]:
    headers = {name: scalar(value) for name, value in given.items()}
    for name, value in headers.items():
        if name.lower().replace("_", "-") in NOT_ALLOWED:
            raise InvalidArguments(f"The header {name[:40]} is set by the connection, not here.")
        if not _TOKEN.fullmatch(name) or _CONTROL.search(value):
            raise InvalidArguments("A header's name or value is not well-formed.")
    return headers


def _write_body(made: Request, body: Any) -> None:
    kind = "text/plain; charset=utf-8" if isinstance(body, str) else "application/json"
    if not any(name.lower() == "content-type" for name in made.headers):
        made.headers["Content-Type"] = kind
    made.body = body.encode() if isinstance(body, str) else to_json(body)
