"""Takes tokens back at the service: by RFC 7009, or by a request of the service's own."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from authlib.oauth2.rfc7009 import prepare_revoke_token_request

from connectors import hosts, schemes, templates
from connectors.oauth import answering, asking, refusals, sending
from connectors.oauth.types import Answered, App, Client
from connectors.outcomes import Outcome
from spojit.lib.outbound.types import Parts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.manifest import Connector, Revocation, Scheme
    from spojit.lib.outbound import Policy
    from spojit.lib.outbound.types import Answer, Request

NOTHING = "The service has no way to take tokens back."
_FORM = "application/x-www-form-urlencoded"
_BODIES = {"form": (_FORM, b""), "json": ("application/json", b"{}")}


def revoke(
    connector: Connector,
    scheme: Scheme,
    values: Mapping[str, str],
    *,
    app: App | None,
    access_token: str,
    refresh_token: str,
    policy: Policy | None = None,
) -> Outcome:
    """Take the tokens back; `values` also hold what was captured.

    What is gone already counts as taken back. Where the service has no endpoint for it, the
    outcome is `unverified` and says so.
    """
    client = Client.of(connector, scheme, {**values, "access_token": access_token}, app)
    revocation = client.oauth2.revocation
    if revocation is None:
        return Outcome("unverified", detail=NOTHING)
    token = refresh_token if revocation.token == "refresh_token" else access_token  # noqa: S105 - a name
    answer = sending.send(
        connector, lambda: _request(client, revocation, token or access_token), policy
    )
    if isinstance(answer, Answered):
        return answer.outcome
    return _judge(client, revocation, answer)


def _request(client: Client, revocation: Revocation, token: str) -> Request:
    url = hosts.fill(revocation.url, client.shown)
    proof = _proof(client, revocation, url)
    fields = _fields(client, revocation, token) | proof.body_fields
    sent = Parts(headers=proof.headers)
    headers, body = {"Accept": "application/json"} | revocation.headers, None
    if revocation.body in _BODIES:
        kind, body = _BODIES[revocation.body]
        headers["Content-Type"], sent.body_fields = kind, fields
    elif revocation.body == "query":
        sent.query = list(fields.items())
    if revocation.bearer:
        sent.headers |= schemes.attach(client.scheme, client.values).headers
    return asking.private(revocation.method, url, headers=headers, body=body, sent=sent)


def _fields(client: Client, revocation: Revocation, token: str) -> dict[str, str]:
    """Name the token, as RFC 7009 section 2.1 does or as the service wants it."""
    fixed = {name: templates.render(text, client.named) for name, text in revocation.fixed.items()}
    if not revocation.parameter:
        return fixed
    if revocation.style == "request" or revocation.parameter != "token":
        return fixed | {revocation.parameter: token}
    hint = revocation.token if token != client.values["access_token"] else "access_token"
    body, _ = prepare_revoke_token_request(token, hint)
    return fixed | dict(parse_qsl(body))


def _proof(client: Client, revocation: Revocation, url: str) -> Parts:
    how = revocation.client_authentication
    if how is None and revocation.style == "rfc7009":
        how = client.oauth2.client_authentication
    if how in {None, "none"}:
        return Parts()
    return asking.prove(client, how, url=url)


def _judge(client: Client, revocation: Revocation, answer: Answer) -> Outcome:
    data = answering.parse(client.oauth2.answer, answer)
    is_good = 200 <= answer.status < 300 and not refusals.is_failure(client.oauth2.answer, data)
    if is_good or answer.status in revocation.gone:
        return Outcome("ok", status_code=answer.status, duration_ms=answer.duration_ms)
    refused = answering.refused(client, answer, data)
    codes = {"invalid_grant", *client.oauth2.revoked_errors, *revocation.gone_errors}
    if refused.error in map(str.lower, codes):
        return Outcome("ok", status_code=answer.status, duration_ms=answer.duration_ms)
    return refused.outcome
