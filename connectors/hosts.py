"""Where a connection's requests go: service URLs filled with its fields, and checked again.

A field stays inside the label of the host that it stands in, so it can never move a declared
host elsewhere. Only a field of kind `host` may be a whole host, and one of kind `url` an address.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import quote

from connectors import templates
from spojit.lib.errors import Refused
from spojit.lib.outbound import targets

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.manifest import Connector, Scheme, ServiceUrl

_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_STAND_INS = {"text": "x", "host": "x.example", "url": "https://x.example"}
_WHOLE = re.compile(r"\{([a-z][a-z0-9_]*)\}")


class BadServiceUrl(Refused):
    """The values do not make an address that this connector may call."""

    code = "bad_service_url"
    message = "The values do not make an address of this service."


def service_url(connector: Connector, values: Mapping[str, str]) -> ServiceUrl:
    """Give the service URL that the values choose; the first when they choose none.

    Raises:
        BadServiceUrl: they choose one that does not exist.
    """
    chosen = values.get("service_url") or connector.service_urls[0].key
    for url in connector.service_urls:
        if url.key == chosen:
            return url
    raise BadServiceUrl("There is no such service address.")


def base(connector: Connector, values: Mapping[str, str]) -> str:
    """Give the address below which requests go, without a slash at its end.

    Raises:
        BadServiceUrl: a value would move it elsewhere.
        templates.Unfilled: a value is missing.
    """
    return fill(service_url(connector, values).url, values).rstrip("/")


def fill(template: str, values: Mapping[str, str]) -> str:
    """Fill the template of an absolute address. Raises: BadServiceUrl; templates.Unfilled."""
    whole = _WHOLE.fullmatch(template)
    if whole:
        return _require_url(templates.render(template, values))
    authority, slash, path = template.removeprefix("https://").partition("/")
    filled = templates.render(path, values, encode=_encode_path)
    return f"https://{fill_host(authority, values)}{slash}{filled}"


def fill_host(template: str, values: Mapping[str, str]) -> str:
    """Fill the template of a host, with its port if it has one. Raises: BadServiceUrl."""
    whole = _WHOLE.fullmatch(template)
    if whole:
        return _require_host(templates.render(template, values))
    return templates.render(template, values, encode=_require_label)


def allowed(connector: Connector, values: Mapping[str, str]) -> frozenset[str]:
    """Give the hosts that may get this connection's credentials, as `outbound` writes them."""
    found = {authority(base(connector, values))} if connector.is_http else set()
    return frozenset(found | {fill_host(host, values) for host in connector.hosts})


def stand_ins(scheme: Scheme) -> dict[str, str]:
    """Give a value in place of each that the service has yet to tell: the rest can be checked."""
    kinds = scheme.oauth2.told_kinds if scheme.oauth2 else {}
    return {key: _STAND_INS[kind] for key, kind in kinds.items()}


def require_declared(connector: Connector, url: str) -> None:
    """Check that a fixed address lies on a host that the connector names without templates.

    Raises:
        BadServiceUrl: it does not.
    """
    fixed = [f"https://{host}" for host in connector.hosts if "{" not in host]
    fixed += [
        service.url for service in connector.service_urls if "{" not in authority_in(service.url)
    ]
    if authority(url) not in {authority(f"https://{authority_in(place)}") for place in fixed}:
        raise BadServiceUrl


def authority_in(template: str) -> str:
    """Give the part of an address's template that says host and port."""
    return template.removeprefix("https://").partition("/")[0]


@lru_cache(maxsize=1024)
def authority(url: str) -> str:
    """Write host and port, the port always: without it, every port of the host would do."""
    target = targets.read(url)
    host = f"[{target.host}]" if ":" in target.host else target.host
    return f"{host}:{target.port}"


def _require_label(value: str) -> str:
    value = value.lower()
    if not _LABEL.fullmatch(value):
        raise BadServiceUrl("A part of the host may hold letters, digits and hyphens only.")
    return value


def _require_host(value: str) -> str:
    bracketed = f"[{value}]" if value.count(":") > 1 and not value.startswith("[") else value
    try:
        return targets.read(f"https://{bracketed}").authority
    except Refused:
        raise BadServiceUrl("The host is not well-formed.") from None


@lru_cache(maxsize=1024)
def _place(url: str) -> str:
    return targets.read(url).place


def _require_url(value: str) -> str:
    try:
        return _place(value)
    except Refused:
        raise BadServiceUrl("The address is not well-formed.") from None


def _encode_path(value: str) -> str:
    if value in {".", ".."}:
        raise BadServiceUrl("A part of the address may not be a dot or two.")
    return quote(value, safe="")
