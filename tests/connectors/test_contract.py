"""Every connector keeps the contract: its examples run, and go only where it says."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus, urlsplit

import pytest
from jsonschema import Draft202012Validator

from connectors import checks, execution, fields, hosts, registry
from spojit.lib import markup
from tests.connectors import samples
from tests.servers.listener import listening
from tests.servers.policies import LOOPBACK, resolver

from spojit.lib.outbound import Policy  # isort: skip

if TYPE_CHECKING:
    from connectors.manifest import Connector, HttpRequest, Scheme, Tool
    from tests.connectors.recording import Recorder
    from tests.servers import Received

_PLACEHOLDER = re.compile(r"(?:\{|%7B)[a-z][a-z0-9_]*(?:\}|%7D)")
_OURS = {"host", "user-agent", "accept-encoding", "connection", "content-length"}


@dataclass(frozen=True)
class Case:
    """One scheme of a connector at one service URL."""

    connector: str
    scheme: str
    service_url: str

    def __str__(self) -> str:
        return "-".join((self.connector, self.scheme, self.service_url))


def http_cases() -> list[Case]:
    return [
        Case(connector.key, scheme.key, url.key)
        for connector in registry.all()
        for scheme in connector.schemes
        for url in connector.service_urls
        if url.serves(scheme.key)
    ]


def function_cases() -> list[tuple[str, str]]:
    return [
        (connector.key, tool.key)
        for connector in registry.all()
        if connector.needs_connection == "none"
        for tool in connector.tools
    ]


def driver_cases() -> list[tuple[str, str]]:
    return [
        (connector.key, scheme.key)
        for connector in registry.all()
        for scheme in connector.schemes
        if scheme.verification and scheme.verification.function
    ]


@pytest.mark.parametrize("key", registry.paths())
def test_the_file_says_everything_it_must(key: str) -> None:
    assert checks.problems(registry.get(key)) == []


@pytest.mark.parametrize("key", registry.paths())
def test_the_icon_fits_a_strict_page(key: str) -> None:
    connector = registry.get(key)
    drawn = markup.connector_icon(connector.icon, connector.name)
    assert "<svg " in drawn
    assert not re.search(r"style|<script|\bon[a-z]+=|href", drawn)


@pytest.mark.parametrize("case", http_cases(), ids=str)
def test_a_call_goes_only_where_its_connector_says(case: Case, recorder: Recorder) -> None:
    connector = recorder.moved(registry.get(case.connector))
    scheme = connector.scheme(case.scheme)
    values = samples.values(connector, scheme, service_url=case.service_url, port=recorder.port)
    values = fields.clean(connector, scheme, values).values
    values |= samples.learned(scheme, port=recorder.port)
    for tool in ["", *(tool.key for tool in connector.tools)]:
        recorder.forget()
        try:
            _goes_only_where_it_says(connector, scheme, tool, values, recorder)
        except AssertionError as failure:
            failure.add_note(f"This was {tool or 'the verification'} of {case}.")
            raise


def _goes_only_where_it_says(
    connector: Connector, scheme: Scheme, tool: str, values: dict[str, str], recorder: Recorder
) -> None:
    request = _run(connector, scheme, tool, values, recorder)
    declared = hosts.allowed(connector, values)
    assert {f"{name}:{recorder.port}" for name in recorder.names} <= declared
    assert request.headers["host"] in declared
    assert _PLACEHOLDER.findall(request.raw.decode("latin-1")) == []
    for field in scheme.secret_keys & values.keys():
        assert places_of(request, values[field]) <= _declared_places(scheme, field, values), field


def test_every_scheme_sends_its_secrets(recorder: Recorder) -> None:
    """The test above would pass if nothing were ever sent."""
    github = recorder.moved(registry.get("github"))
    values = {"service_url": "github_com", "api_key": "ghp_" + "a" * 36}
    execution.verify(github, github.scheme("api_key"), values, policy=recorder.policy())
    assert places_of(recorder.requests[0], values["api_key"]) == {"header authorization"}


@pytest.mark.parametrize(("key", "tool"), function_cases())
def test_an_example_of_a_utility_gives_its_answer(key: str, tool: str) -> None:
    connector = registry.get(key)
    found = connector.tool(tool)
    outcome = execution.call(connector, None, found, {}, found.example.arguments)
    assert outcome.name == "ok"
    if found.example.answer is not None:
        assert outcome.data == found.example.answer
    Draft202012Validator(found.output).validate(outcome.data)


@pytest.mark.parametrize(("key", "scheme_key"), driver_cases())
def test_a_driver_connects_to_the_checked_address_only(key: str, scheme_key: str) -> None:
    connector = registry.get(key)
    scheme = connector.scheme(scheme_key)
    names: list[str] = []

    def resolve(host: str, port: int) -> list[str]:
        names.append(host)
        return ["127.0.0.1"]

    with listening(lambda connection: connection.close(), host="127.0.0.1", tls=None) as listener:
        policy = Policy(
            allowed_networks=LOOPBACK,
            allowed_ports=frozenset({listener.port}),
            resolver=resolve,
        )
        values = samples.values(connector, scheme, service_url="", port=listener.port)
        if "host" in values:
            values |= {"host": "host.example.com", "port": str(listener.port)}
        verified = execution.verify(connector, scheme, values, policy=policy)
        assert verified.outcome.name in {"unreachable", "tls"}
        assert names == ["host.example.com"]
        assert listener.connections == 1
        closed = Policy(resolver=resolver({"host.example.com": "127.0.0.1"}))
        refused = execution.verify(connector, scheme, values, policy=closed)
        assert refused.outcome.name == "address_refused"
        assert listener.connections == 1


def _run(
    connector: Connector, scheme: Scheme, key: str, values: dict[str, str], recorder: Recorder
) -> Received:
    if key:
        tool = connector.tool(key)
        assert tool.request is not None
        _reply(recorder, tool.request, tool.example.answer, tool.example.answer_headers)
        outcome = execution.call(
            connector, scheme, tool, values, tool.example.arguments, policy=recorder.policy()
        )
        assert outcome.name == "ok", outcome.detail
        _require_example(tool, outcome.data)
    else:
        verification = scheme.verification
        assert verification is not None
        assert verification.request is not None
        _reply(recorder, verification.request, verification.example, verification.example_headers)
        verified = execution.verify(connector, scheme, values, policy=recorder.policy())
        assert verified.outcome.name == "ok"
        assert bool(verified.account_id) == (verification.identity is not None)
        assert _filled(verified.called, scheme, values) == recorder.requests[0].path
    assert len(recorder.requests) == 1
    return recorder.requests[0]


def _filled(called: str, scheme: Scheme, values: dict[str, str]) -> str:
    """Give the path of what was called, with the secrets in their places that it only names."""
    path = urlsplit(called.split(" ", 1)[1]).path
    for field in scheme.fields:
        secret = values.get(field.key) if field.secret else None
        if secret:
            assert secret not in called
            path = path.replace(f"[{field.label}]", quote(secret, safe=":"))
    return path


def _reply(recorder: Recorder, request: HttpRequest, answer: Any, headers: dict[str, Any]) -> None:
    if request.answer == "xml":
        recorder.reply('<?xml version="1.0"?>' + _xml(answer), **headers)
    elif request.answer == "text":
        recorder.reply(str(answer), **headers)
    else:
        recorder.reply(answer, **headers)


def _xml(value: Any) -> str:
    if isinstance(value, dict):
        return "".join(f"<{name}>{_xml(item)}</{name}>" for name, item in value.items())
    return str(value)


def _require_example(tool: Tool, data: Any) -> None:
    assert tool.request is not None
    if tool.request.free:
        assert data["body"] == tool.example.answer
    else:
        assert data == tool.example.answer
    Draft202012Validator(tool.output).validate(data)


def places_of(request: Received, secret: str) -> set[str]:
    """Say where in a request a secret stands, in any of the ways it could be written."""
    forms = {secret, quote(secret, safe=""), quote_plus(secret), *_base64_forms(secret)}
    found = {
        f"header {name}"
        for name, value in request.headers.items()
        if name not in _OURS and any(form in value for form in forms)
    }
    found |= {f"query {name}" for name, value in request.query if secret in value}
    if any(form in request.path for form in forms):
        found.add("path")
    if any(form.encode() in request.body for form in forms):
        found.add("body")
    return found


def _base64_forms(secret: str) -> list[str]:
    """Give the part of each alignment that depends on nothing but the secret."""
    forms = []
    for shift in range(3):
        padded = b"x" * shift + secret.encode()
        whole = base64.b64encode(padded[: len(padded) // 3 * 3]).decode()
        forms.append(whole[4:] if shift else whole)
    return forms


def _declared_places(scheme: Scheme, field: str, values: dict[str, str]) -> set[str]:
    if scheme.has_tokens and field != "access_token":
        return set()
    if scheme.kind in {"basic", "oauth1"} or (scheme.kind == "oauth2" and not scheme.send):
        return {"header authorization"}
    if scheme.kind == "aws_sigv4":
        return {"header x-amz-security-token"}
    places = set()
    for place in scheme.send:
        if place.header:
            name = values.get(place.header.strip("{}"), place.header)
            places.add(f"header {name.lower()}")
        elif place.query:
            places.add(f"query {values.get(place.query.strip('{}'), place.query)}")
        elif place.path:
            places.add("path")
        else:
            places.add("body")
    return places
