"""What a scheme with tokens or signatures must keep that its shape alone does not show. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors import templates
from connectors.keys import field_of
from connectors.token_checks import places, told
from connectors.token_checks.common import NO_SOURCE, Found, bad_path, unknown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from connectors.manifest import Connector, OAuth2, Scheme

__all__ = ["NO_SOURCE", "of_oauth1", "of_oauth2"]

_RESERVED = frozenset(
    {
        "body",
        "client_assertion",
        "client_assertion_type",
        "client_id",
        "client_secret",
        "code",
        "code_challenge",
        "code_challenge_method",
        "code_verifier",
        "grant_type",
        "redirect_uri",
        "refresh_token",
        "response_type",
        "state",
        "uri",
    }
)
"""Parameters that the protocol sends, or that Authlib's functions take for their own."""


def of_oauth2(connector: Connector, scheme: Scheme, place: str) -> Found:
    """Give what is wrong with how a scheme gets its tokens."""
    oauth2 = scheme.oauth2
    if oauth2 is None:
        return
    place = f"{place}.oauth2"
    if not oauth2.has_source:
        yield place, NO_SOURCE
    yield from _of_client(scheme, oauth2, place)
    yield from places.problems(scheme, oauth2, place)
    for key, changed in oauth2.by_service_url.items():
        if key not in {url.key for url in connector.service_urls}:
            yield f"{place}.by_service_url[{key}]", "there is no such service URL"
        elif any(value for _, value in changed):
            yield from places.problems(scheme, oauth2.at(key), f"{place}.by_service_url[{key}]")
    yield from _of_scopes(connector, oauth2, place)
    yield from _of_parameters(scheme, oauth2, place)
    yield from _of_assertion(scheme, oauth2, place)
    yield from told.problems(connector, scheme, oauth2, place)


def of_oauth1(scheme: Scheme, place: str) -> Found:
    """Give what is wrong with what a scheme signs with."""
    if scheme.oauth1 is None:
        return
    known = {field.key for field in scheme.fields}
    for name, value in scheme.oauth1:
        yield from unknown(f"{place}.oauth1.{name}", [value], known)
    for text in (scheme.oauth1.consumer_secret, scheme.oauth1.token_secret):
        for name in sorted(templates.names(text) & known - scheme.secret_keys):
            yield f"{place}.fields[{name}]", "it signs every request; add secret: true"


def _of_client(scheme: Scheme, oauth2: OAuth2, place: str) -> Found:
    """The client is an app kept apart, or fields; never a bit of both."""
    keys = {field.key for field in scheme.fields}
    if oauth2.client == "app":
        for key in sorted(keys & {"client_id", "client_secret"}):
            yield f"{place}.client", f"it is app, and there is a field {key}; say client: fields"
        return
    wanted = {"client_id"} if oauth2.grant != "jwt_bearer" else set()
    if oauth2.client_authentication in {"basic", "post"}:
        wanted |= {"client_id", "client_secret"}
    document = field_of(scheme)
    for key in sorted(wanted - keys - set(document.members if document else [])):
        yield f"{place}.client", f"it is fields, and there is no field {key}; add it"
    if "client_secret" in keys - scheme.secret_keys:
        yield f"{place}.client", "the field client_secret is a secret; add secret: true"


def _of_scopes(connector: Connector, oauth2: OAuth2, place: str) -> Found:
    named = [scope.scope for scope in oauth2.scopes]
    for scope in sorted({scope for scope in named if named.count(scope) > 1}):
        yield f"{place}.scopes", f"{scope} is there twice"
    sizes = [len(set(preset.scopes)) for preset in oauth2.presets]
    if sizes and sizes[0] != min(sizes):
        yield f"{place}.presets", "the first one is chosen unasked; put the smallest there"
    keys = [preset.key for preset in oauth2.presets]
    for key in sorted({key for key in keys if keys.count(key) > 1}):
        yield f"{place}.presets", f"the preset {key} is there twice"
    if oauth2.is_authorized_by_person and not keys and set(named) - set(oauth2.required_scopes):
        yield f"{place}.presets", "people choose by presets; give one for each usual need"
    known = _all_scopes(connector)
    for tool in connector.tools if named else []:
        for scope in sorted(set(tool.scopes) - known):
            yield f"tools[{tool.key}].scopes", f"{scope} is not among the scopes of any scheme"


def _all_scopes(connector: Connector) -> set[str]:
    declared = [scheme.oauth2 for scheme in connector.schemes if scheme.oauth2]
    return {scope.scope for oauth2 in declared for scope in oauth2.scopes}


def _of_parameters(scheme: Scheme, oauth2: OAuth2, place: str) -> Found:
    shown = {field.key for field in scheme.fields if not field.secret} | {"client_id"}
    known = _known(scheme)
    if known is not None:
        for name, parameters in (
            ("token_parameters", oauth2.token_parameters),
            ("refresh_parameters", oauth2.refresh_parameters),
        ):
            yield from unknown(f"{place}.{name}", parameters.values(), known)
    yield from unknown(f"{place}.authorize_parameters", oauth2.authorize_parameters.values(), shown)
    headers = oauth2.token_headers.values()
    yield from unknown(f"{place}.token_headers", headers, shown | scheme.told_keys)
    yield from _reserved(f"{place}.authorize_parameters", [*oauth2.authorize_parameters], set())
    own = {"client_id", "grant_type"} if oauth2.grant == "client_credentials" else {"client_id"}
    yield from _reserved(f"{place}.token_parameters", [*oauth2.token_parameters], own)
    yield from _reserved(f"{place}.refresh_parameters", [*oauth2.refresh_parameters], {"client_id"})


def _reserved(place: str, names: Iterable[str], allowed: set[str]) -> Found:
    for name in sorted(set(names) & (_RESERVED - allowed)):
        yield place, f"{name} is set by the protocol; take it out"


def _known(scheme: Scheme) -> set[str] | None:
    """Give what requests for tokens may name; None when a document's members are not declared."""
    fields = {field.key for field in scheme.fields}
    known = fields | scheme.told_keys | {"client_id"}
    field = field_of(scheme)
    if field is None:
        return known
    return known | set(field.members) if field.members else None


def _of_assertion(scheme: Scheme, oauth2: OAuth2, place: str) -> Found:
    assertion = oauth2.assertion
    if assertion is None:
        return
    place = f"{place}.assertion"
    if assertion.document and assertion.document not in scheme.secret_keys:
        yield f"{place}.document", f"there is no secret field {assertion.document}"
    field = field_of(scheme)
    for path in field.member_paths.values() if field else []:
        yield from bad_path(f"{place}.document", path)
    known = _known(scheme)
    if known is None:
        return
    yield from unknown(place, [assertion.private_key, assertion.key_id], known)
    texts = [text for value in assertion.claims.values() for text in _texts(value)]
    yield from unknown(f"{place}.claims", texts, known | {"scopes", "token_url"})


def _texts(value: Any) -> list[str]:
    found = value if isinstance(value, list) else [value]
    return [text for text in found if isinstance(text, str)]
