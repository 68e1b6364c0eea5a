"""Reads whose account a verification found, its environment and its scopes. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connectors import answers, hosts, paths, redirected, templates
from connectors.outcomes import Outcome
from spojit.lib import storable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.manifest import Connector, Environment, HttpRequest, Scheme, Verification
    from spojit.lib.outbound.types import Answer

_PLACE = re.compile(r"[^@/|\s]+")

LIMITED = "The credentials work, and may do only part of what this connector offers."


@dataclass(frozen=True, slots=True)
class Verified:
    """What a verification found.

    Attributes:
        account_id, account_name: of the service; empty when it does not say.
        environment: live, test, sandbox or empty.
        scopes: what was granted; None when the service does not say.
        called: what was called, such as `GET https://api.github.com/user`.
        limited: the credentials are good, and may not do what was tried.
        place: the part of the ID that a person gave, see `connectors.session.Account`.
    """

    outcome: Outcome
    account_id: str = ""
    account_name: str = ""
    environment: str = ""
    scopes: list[str] | None = None
    called: str = ""
    limited: bool = False
    place: str = ""

    def is_account(self, known_id: str) -> bool:
        """Say whether the account that is known by an ID is this one, if only at another place."""
        if not self.place or self.place not in self.account_id:
            return known_id == self.account_id
        before, _, after = self.account_id.rpartition(self.place)
        was = known_id.removeprefix(before).removesuffix(after)
        return known_id == before + was + after and _PLACE.fullmatch(was) is not None


def judge(
    connector: Connector,
    scheme: Scheme,
    values: Mapping[str, str],
    answer: Answer,
    reading: answers.Reading,
) -> Verified:
    """Say what the answer to a verification means."""
    verification = scheme.verification
    assert verification is not None
    moved = redirected.outcome(answer) if reading.rule is None else None
    if moved is not None:
        return Verified(moved)
    name = _decided(verification, reading, answer.status)
    if name == "ok":
        return _proven(connector, verification, values, answer, reading.data)
    if name != "valid_but_limited":
        return Verified(_refused(connector, answer, reading, name))
    note = verification.limited_note or LIMITED
    return Verified(
        Outcome("ok", status_code=answer.status, detail=note),
        environment=environment(connector, verification, values, None),
        scopes=scopes(verification, answer, None),
        limited=True,
    )


def _proven(
    connector: Connector,
    verification: Verification,
    values: Mapping[str, str],
    answer: Answer,
    data: Any,
) -> Verified:
    """Read the account; an answer that names none, where it should, is not the service's."""
    account_id, account_name = _account(verification, values, answer, data)
    if verification.identity and not account_id:
        return Verified(Outcome("bad_answer", status_code=answer.status))
    return Verified(
        Outcome("ok", status_code=answer.status),
        account_id=account_id,
        account_name=account_name,
        environment=environment(connector, verification, values, data),
        scopes=scopes(verification, answer, data),
    )


def environment(
    connector: Connector, verification: Verification, values: Mapping[str, str], data: Any
) -> str:
    """Tell live, test and sandbox apart; empty when nothing says so."""
    chosen = hosts.service_url(connector, values).environment if connector.is_http else ""
    rule = verification.environment
    return chosen or (_by_rule(rule, values, data) if rule else "")


def scopes(verification: Verification, answer: Answer, data: Any) -> list[str] | None:
    """Read the granted scopes, sorted; None when the service does not say."""
    rule = verification.scopes
    if rule is None:
        return None
    found = answer.headers.get(rule.header) if rule.header else paths.find(data, rule.path)
    if isinstance(found, list):
        named = (paths.text(scope, rule.item) if rule.item else str(scope) for scope in found)
        return sorted(set(named) - {""})
    if not isinstance(found, str):
        return None
    return sorted({scope.strip() for scope in found.split(rule.separator)} - {""})


def describe(
    connector: Connector, scheme: Scheme, request: HttpRequest, values: Mapping[str, str]
) -> str:
    """Write a request as method and address; secrets and unknown fields by their labels."""
    known = {key: value for key, value in values.items() if key not in scheme.secret_keys}
    usual = {field.key: field.default for field in scheme.fields if field.default}
    try:
        template = request.url or hosts.service_url(connector, usual | known).url
    except hosts.BadServiceUrl:
        template = connector.service_urls[0].url
    if not request.url:
        path = scheme.path_prefix + (request.free_path or request.path)
        template = template.rstrip("/") + path
    labels = {field.key: f"[{field.label}]" for field in scheme.fields}
    told = labels | usual | {key: text for key, text in known.items() if text}
    return f"{request.method} {_fill_known(template, told)}"


def _decided(verification: Verification, reading: answers.Reading, status: int) -> str:
    """Let the scheme say what 401 and 403 mean, unless a rule or a rate limit already did."""
    if reading.rule is not None or reading.name not in {
        "credentials_refused",
        "permission_missing",
    }:
        return "credentials_refused" if reading.name == "permission_missing" else reading.name
    meant = verification.on_401 if status == 401 else verification.on_403
    return "valid_but_limited" if meant == "valid_but_limited" else "credentials_refused"


def _refused(connector: Connector, answer: Answer, reading: answers.Reading, name: str) -> Outcome:
    told = answers.outcome(connector, answer, reading)
    return Outcome(
        name,
        status_code=told.status_code,
        detail=told.detail,
        retry_after_seconds=told.retry_after_seconds,
        headers=told.headers,
    )


def _account(
    verification: Verification, values: Mapping[str, str], answer: Answer, data: Any
) -> tuple[str, str]:
    """Read ID and name; an ID that was told before counts only beside a name in this answer."""
    rule = verification.identity
    if rule is None:
        return "", ""
    name = _clean(next(filter(None, (paths.text(data, path) for path in rule.name)), ""))
    if rule.header:
        account = _clean(answer.headers.get(rule.header, ""))
        return account, name or account
    if rule.told_key:
        return (_clean(values.get(rule.told_key, "")) if name else ""), name
    return _clean(paths.text(data, rule.id)), name


def _clean(text: str) -> str:
    """Make a name from elsewhere fit to be shown: one line, no control marks."""
    return re.sub(r"[\x00-\x1f\x7f-\x9f]+", " ", storable.text(text)).strip()


def _by_rule(rule: Environment, values: Mapping[str, str], data: Any) -> str:
    if rule.field:
        value = values.get(rule.field, "")
        found = [name for prefix, name in rule.prefixes.items() if value.startswith(prefix)]
        return found[0] if found else rule.fixed
    return rule.values.get(paths.text(data, rule.path), rule.fixed)


def _fill_known(template: str, known: Mapping[str, str]) -> str:
    text = ""
    for literal, name in templates.split(template):
        text += literal
        if name:
            text += known.get(name) or f"{{{name}}}"
    return text
