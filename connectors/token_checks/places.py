"""Addresses of OAuth 2: made of what was checked, never of a stranger's host."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors import hosts, templates

if TYPE_CHECKING:
    from connectors.manifest import OAuth2, Scheme
    from connectors.token_checks.common import Found


def problems(scheme: Scheme, oauth2: OAuth2, place: str) -> Found:
    """Addresses are made of what was checked: fields that move secrets, and what is captured."""
    endpoints = {field.key for field in scheme.fields if field.endpoint and not field.secret}
    returned = {captured.key for captured in oauth2.captured if captured.source == "callback"}
    revoked_at = oauth2.revocation.url if oauth2.revocation else None
    addresses = (
        ("authorize_url", oauth2.authorize_url, endpoints),
        ("issuer", oauth2.issuer, endpoints),
        ("token_url", oauth2.token_url, endpoints | returned),
        ("refresh_url", oauth2.refresh_url, endpoints | scheme.told_keys),
        ("revocation.url", revoked_at, endpoints | scheme.told_keys | {"client_id"}),
    )
    for name, template, known in addresses:
        if not template:
            continue
        for wrong in sorted(templates.names(template) - known):
            why = "is no field with endpoint: true, nor told by the service before that"
            yield f"{place}.{name}", f"{{{wrong}}} {why}"
        if name not in {"authorize_url", "issuer"}:
            yield from _of_host(scheme, oauth2, f"{place}.{name}", template)


def _of_host(scheme: Scheme, oauth2: OAuth2, place: str, template: str) -> Found:
    """An app's secret goes to its service's own domain, whatever a person types."""
    host = hosts.authority_in(template)
    if "client_id" in templates.names(host):
        yield place, "client_id may stand in the path only"
    if not templates.names(host) or _is_captured(oauth2, host):
        return
    fixed = host.rpartition("}")[2].partition(":")[0]
    is_own_domain = fixed.startswith(".") and fixed.strip(".").count(".") >= 1
    if oauth2.client == "app" and not is_own_domain:
        yield (
            place,
            "a person could name a host of their own and get the app's secret; say client: fields",
        )
    for field in scheme.fields:
        if field.key in templates.names(host) and field.secret:
            yield place, f"{field.key} is a secret, and this is an address"


def _is_captured(oauth2: OAuth2, host: str) -> bool:
    return any(
        host == f"{{{captured.key}}}" and captured.kind == "host" for captured in oauth2.captured
    )
