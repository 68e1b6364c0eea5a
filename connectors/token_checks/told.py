"""What a service tells besides tokens, where in its answers, and how tokens are taken back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from connectors import hosts, paths
from connectors.token_checks.common import NO_SOURCE, bad_path, bad_pattern

if TYPE_CHECKING:
    from connectors.manifest import Captured, Connector, Discovery, OAuth2, Revocation, Scheme
    from connectors.token_checks.common import Found

_HOST = re.compile(r"\.?[a-z0-9-]+(\.[a-z0-9-]+)+(:[0-9]{1,5})?")
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,60}")
_OURS = frozenset({"access_token", "client_id", "refresh_token", "scopes", "token_url"})


def problems(connector: Connector, scheme: Scheme, oauth2: OAuth2, place: str) -> Found:
    """Give what is wrong with them."""
    yield from _of_told(connector, scheme, oauth2, place)
    yield from _of_answer(oauth2, place)
    if oauth2.revocation:
        yield from _of_revocation(oauth2, oauth2.revocation, f"{place}.revocation")


def _of_told(connector: Connector, scheme: Scheme, oauth2: OAuth2, place: str) -> Found:
    taken = {field.key for field in scheme.fields} | _OURS
    told = [captured.key for captured in oauth2.captured]
    told += [oauth2.discovery.key] if oauth2.discovery else []
    for key in sorted({key for key in told if key in taken or told.count(key) > 1}):
        yield f"{place}.captured", f"{key} is the name of something else, too; rename it"
    for captured in oauth2.captured:
        yield from _of_captured(captured, f"{place}.captured[{captured.key}]")
    if oauth2.discovery:
        yield from _of_discovery(connector, scheme, oauth2.discovery, f"{place}.discovery")


def _of_captured(captured: Captured, place: str) -> Found:
    if captured.source == "token":
        yield from bad_path(place, captured.path)
    elif captured.on_refresh:
        yield f"{place}.on_refresh", "a refresh has no callback; take it out"
    yield from bad_pattern(place, captured.pattern)
    for host in captured.hosts:
        if not _HOST.fullmatch(host):
            yield f"{place}.hosts", f"{host} is no host; write api.example.com or .example.com"


def _of_discovery(connector: Connector, scheme: Scheme, discovery: Discovery, place: str) -> Found:
    if not discovery.has_source:
        yield place, NO_SOURCE
    field = scheme.field(discovery.choose_by)
    if field is None or field.secret:
        yield f"{place}.choose_by", f"there is no open field {discovery.choose_by}; add it"
    try:
        hosts.require_declared(connector, discovery.url)
    except hosts.BadServiceUrl:
        yield f"{place}.url", "its host is not declared; add it to hosts"
    for path in (discovery.items, discovery.id, discovery.name, *discovery.also):
        yield from bad_path(place, path)
    yield from bad_pattern(place, discovery.pattern)


def _of_answer(oauth2: OAuth2, place: str) -> Found:
    answer = oauth2.answer
    for path in (
        answer.within,
        answer.access_token,
        answer.refresh_token,
        answer.expires_in,
        answer.expires_at,
        answer.refresh_expires_in,
        answer.scope,
        answer.error,
        answer.success,
        oauth2.error_code,
    ):
        yield from bad_path(f"{place}.answer", path)
    if not paths.text(paths.find(answer.example, answer.within), answer.access_token):
        yield f"{place}.answer.example", "give the documented answer, with the token in its place"
    for name in ("revoked_errors", "client_errors"):
        for code in getattr(oauth2, name):
            if not _CODE.fullmatch(code):
                yield f"{place}.{name}", f"{code} is no code: letters, digits, and _ . - only"


def _of_revocation(oauth2: OAuth2, revocation: Revocation, place: str) -> Found:
    if not revocation.has_source:
        yield place, NO_SOURCE
    if revocation.token == "refresh_token" and oauth2.refresh == "none":  # noqa: S105 - a name
        yield f"{place}.token", "there is no refresh token; say token: access_token"
    is_told = bool(revocation.parameter) and revocation.body != "none"
    if not (is_told or revocation.bearer):
        yield place, "the token is sent nowhere; say in parameter or bearer how"
    if revocation.method == "GET" and revocation.body in {"form", "json"}:
        yield f"{place}.body", "a GET has none; say query or none"
