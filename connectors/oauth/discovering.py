"""Finds with a new token which site or tenant of the account a connection is about."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from connectors import answers, hosts, paths, schemes, templates
from connectors.oauth import asking, sending
from connectors.oauth.types import Answered
from connectors.outcomes import Outcome

if TYPE_CHECKING:
    from connectors.manifest import Discovery
    from connectors.oauth.types import Client, Tokens
    from spojit.lib.outbound import Policy
    from spojit.lib.outbound.types import Answer, Request

MOST_ENTRIES = 1_000
_NONE = "The account has nothing that this connection could be about."
_NOT_THERE = "The account has none of the name that was given in “{label}”."
_SEVERAL = "The account has several; say in “{label}” which one is meant, then connect again."


def complete(client: Client, answered: Answered, policy: Policy | None) -> Answered:
    """Find what is declared, and keep its ID with the tokens; failing that, there are no tokens."""
    discovery, tokens = client.oauth2.discovery, answered.tokens
    if discovery is None or tokens is None:
        return answered
    answer = sending.send(client.connector, lambda: _request(client, discovery, tokens), policy)
    if isinstance(answer, Answered):
        return replace(answer, is_in_doubt=False)
    found = _found(client, discovery, answer)
    if isinstance(found, Outcome):
        return Answered(found)
    captured = tokens.captured | {discovery.key: found}
    return replace(answered, tokens=replace(tokens, captured=captured))


def _request(client: Client, discovery: Discovery, tokens: Tokens) -> Request:
    values = {**client.values, "access_token": tokens.access_token}
    sent = schemes.attach(client.scheme, values)
    hosts.require_declared(client.connector, discovery.url)
    headers = {"Accept": "application/json"} | {
        name: templates.render(text, client.shown)
        for name, text in client.connector.headers.items()
        if templates.names(text) <= client.shown.keys()
    }
    return asking.private("GET", discovery.url, headers=headers, body=None, sent=sent)


def _found(client: Client, discovery: Discovery, answer: Answer) -> str | Outcome:
    reading = answers.read(client.connector, answer, rules=(), kind="json")
    if reading.name != "ok":
        name = "permission_missing" if reading.name == "valid_but_limited" else reading.name
        said = f"Finding the account's sites was answered with status {answer.status}."
        return Outcome(name, status_code=answer.status, detail=said)
    found = paths.find(reading.data, discovery.items)
    entries = [found] if isinstance(found, dict) else found
    if not isinstance(entries, list):
        return Outcome("bad_answer", status_code=answer.status)
    return _chosen(client, discovery, entries[:MOST_ENTRIES])


def _chosen(client: Client, discovery: Discovery, entries: list[Any]) -> str | Outcome:
    """Take the entry that the person named, else the only one."""
    field = client.scheme.field(discovery.choose_by)
    label = field.label if field else discovery.choose_by
    wanted = client.values.get(discovery.choose_by, "")
    if not entries:
        return Outcome("request_refused", detail=_NONE)
    if wanted:
        entries = [entry for entry in entries if _plain(wanted) in _names(discovery, entry)]
    if len(entries) != 1:
        detail = (_SEVERAL if entries or not wanted else _NOT_THERE).format(label=label)
        return Outcome("request_refused", detail=detail)
    found = paths.text(entries[0], discovery.id)
    return found if re.fullmatch(discovery.pattern, found) else Outcome("bad_answer")


def _names(discovery: Discovery, entry: Any) -> set[str]:
    places = (discovery.id, discovery.name, *discovery.also)
    return {_plain(text) for text in (paths.text(entry, place) for place in places) if text}


def _plain(text: str) -> str:
    """Compare names without case, and addresses without what stands around their host."""
    return text.strip().casefold().removeprefix("https://").rstrip("/")
