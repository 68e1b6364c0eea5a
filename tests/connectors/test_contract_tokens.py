"""Every scheme with tokens keeps the contract: what it says of getting them is so on the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from connectors import fields, hosts, oauth, paths, registry, templates
from connectors.oauth import capturing
from connectors.oauth.types import Client
from tests.connectors import samples, token_answers
from tests.connectors.test_contract import places_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.manifest import Connector, OAuth2, Scheme
    from tests.connectors.recording import Recorder
    from tests.servers import Received

APP = oauth.App("client-id-of-the-app", "secret-of-the-app-1111")
CODE, REFRESH = "code-2222222222", "refresh-token-3333333333"
VERIFIER = "verifier-44444444444444444444444444444444444444"
CALLBACK = "https://spojit.example/oauth/callback/"
PROTOCOL = {"response_type", "client_id", "redirect_uri", "state"}


def cases(*, by_person: bool) -> list[tuple[str, str, str]]:
    return [
        (connector.key, scheme.key, url.key)
        for connector in registry.all()
        for scheme in connector.schemes
        for url in connector.service_urls
        if scheme.oauth2 and scheme.is_grant == by_person and url.serves(scheme.key)
    ]


class Part:
    """One scheme at one service URL, on the recording server, with values."""

    def __init__(self, recorder: Recorder, case: tuple[str, str, str]) -> None:
        self.recorder = recorder
        self.connector: Connector = recorder.moved(registry.get(case[0]))
        scheme = self.connector.scheme(case[1])
        typed = samples.values(self.connector, scheme, service_url=case[2], port=recorder.port)
        self.values = fields.clean(self.connector, scheme, typed).values
        self.scheme: Scheme = scheme.at(self.values)
        assert self.scheme.oauth2 is not None
        self.oauth2: OAuth2 = self.scheme.oauth2
        told = samples.learned(self.scheme, port=recorder.port)
        self.told = {key: value for key, value in told.items() if key != "access_token"}
        self.access_token = told["access_token"]
        self.app = Client.of(self.connector, self.scheme, self.values, APP).app
        self.scopes = [scope.scope for scope in self.oauth2.scopes]

    def place(self, template: str) -> str:
        known = self.values | self.told | {"client_id": self.app.client_id}
        return hosts.authority(hosts.fill(template, known))

    @property
    def returned(self) -> dict[str, str]:
        """What the callback tells."""
        return {
            captured.key: self.told[captured.key]
            for captured in self.oauth2.captured
            if captured.source == "callback"
        }

    def answer_with_tokens(self) -> None:
        answer = self.oauth2.answer
        data: Any = token_answers.good(self.oauth2, self.access_token, self.told)
        if answer.example:
            data = token_answers.with_told(self.oauth2, answer.example, self.told)
        if answer.format == "form":
            self.recorder.reply(urlencode(data), Content_Type="application/x-www-form-urlencoded")
        else:
            self.recorder.reply(data)
        self.access_token = paths.text(paths.find(data, answer.within), answer.access_token)
        if self.oauth2.discovery:
            self.recorder.reply(token_answers.sites(self.oauth2.discovery, self.values, self.told))


@pytest.mark.parametrize("case", [*cases(by_person=True), *cases(by_person=False)], ids="-".join)
def test_the_example_of_an_answer_tells_what_is_captured(case: tuple[str, str, str]) -> None:
    oauth2 = registry.get(case[0]).scheme(case[1]).oauth2
    assert oauth2 is not None
    if oauth2.answer.example:
        told = capturing.from_answer(oauth2.captured, oauth2.answer.example, kept={})
        wanted = {captured.key for captured in oauth2.captured if captured.source == "token"}
        assert told.keys() == wanted


@pytest.mark.parametrize("case", cases(by_person=True), ids="-".join)
def test_the_authorize_address_says_what_is_declared(
    recorder: Recorder, case: tuple[str, str, str]
) -> None:
    part = Part(recorder, case)
    oauth2 = part.oauth2
    url = oauth.authorize_url(
        part.connector,
        part.scheme,
        part.values,
        app=APP,
        redirect_uri=CALLBACK,
        state="the-state",
        verifier=VERIFIER,
        scopes=part.scopes,
        account="ada@example.com",
    )
    assert oauth2.authorize_url is not None
    assert hosts.authority(url) == part.place(oauth2.authorize_url)
    assert urlsplit(url).scheme == "https"
    query = dict(parse_qsl(urlsplit(url).query, strict_parsing=True, keep_blank_values=True))
    pkce = {"code_challenge", "code_challenge_method"} if oauth2.pkce == "S256" else set()
    hint = {oauth2.account_hint} if oauth2.account_hint else set()
    scopes = {oauth2.scope_parameter} if part.scopes else set()
    assert query.keys() == PROTOCOL | pkce | hint | scopes | oauth2.authorize_parameters.keys()
    assert not any(templates.names(text) for text in (urlsplit(url).path, *query.values()))
    secret = {value for key, value in part.values.items() if key in part.scheme.secret_keys}
    assert not [text for text in {APP.client_secret, VERIFIER, *secret} if text in url]


@pytest.mark.parametrize("case", cases(by_person=True), ids="-".join)
def test_a_code_is_exchanged_as_declared(recorder: Recorder, case: tuple[str, str, str]) -> None:
    part = Part(recorder, case)
    part.answer_with_tokens()
    answered = oauth.exchange(
        part.connector,
        part.scheme,
        part.values,
        app=APP,
        code=CODE,
        redirect_uri=CALLBACK,
        verifier=VERIFIER,
        captured=part.returned,
        policy=recorder.policy(),
    )
    _require_tokens(part, answered)
    sent = _require_asked(part, part.oauth2.token_url, "authorization_code")
    assert (sent["code"], sent["redirect_uri"]) == (CODE, CALLBACK)
    assert sent.get("code_verifier") == (VERIFIER if part.oauth2.pkce == "S256" else None)
    assert sent.keys() >= part.oauth2.token_parameters.keys()
    _require_kept_apart(part, {CODE, VERIFIER})


@pytest.mark.parametrize("case", cases(by_person=True), ids="-".join)
def test_tokens_are_renewed_as_declared(recorder: Recorder, case: tuple[str, str, str]) -> None:
    part = Part(recorder, case)
    if part.oauth2.refresh == "none":
        return
    part.answer_with_tokens()
    answered = oauth.renew(
        part.connector,
        part.scheme,
        part.values,
        app=APP,
        refresh_token=REFRESH,
        scopes=part.scopes,
        captured=part.told,
        policy=recorder.policy(),
    )
    assert answered.outcome.name == "ok", answered.outcome.detail
    assert answered.tokens is not None
    assert answered.tokens.access_token == part.access_token
    assert answered.tokens.captured.keys() == part.told.keys()
    template = part.oauth2.refresh_url or part.oauth2.token_url
    sent = _require_asked(part, template, "refresh_token")
    assert sent["refresh_token"] == REFRESH
    assert sent.keys() >= part.oauth2.refresh_parameters.keys()
    assert (part.oauth2.scope_parameter in sent) <= part.oauth2.token_scopes


@pytest.mark.parametrize("case", cases(by_person=False), ids="-".join)
def test_tokens_are_minted_as_declared(recorder: Recorder, case: tuple[str, str, str]) -> None:
    part = Part(recorder, case)
    part.answer_with_tokens()
    answered = oauth.mint(
        part.connector,
        part.scheme,
        part.values,
        app=part.app,
        scopes=part.scopes,
        policy=recorder.policy(),
    )
    _require_tokens(part, answered)
    is_assertion = part.oauth2.grant == "jwt_bearer"
    usual = part.oauth2.token_parameters.get("grant_type", "client_credentials")
    bearer = "urn:ietf:params:oauth:grant-type:jwt-bearer"
    sent = _require_asked(part, part.oauth2.token_url, bearer if is_assertion else usual)
    assert ("assertion" in sent) == is_assertion
    assert "BEGIN PRIVATE KEY" not in recorder.requests[0].body.decode()


@pytest.mark.parametrize("case", [*cases(by_person=True), *cases(by_person=False)], ids="-".join)
def test_tokens_are_taken_back_as_declared(recorder: Recorder, case: tuple[str, str, str]) -> None:
    part = Part(recorder, case)
    revocation = part.oauth2.revocation
    recorder.reply(token_answers.good(part.oauth2, "x", {}) if part.oauth2.answer.success else {})
    outcome = oauth.revoke(
        part.connector,
        part.scheme,
        part.values | part.told,
        app=part.app,
        access_token=part.access_token,
        refresh_token=REFRESH,
        policy=recorder.policy(),
    )
    if revocation is None:
        assert (outcome.name, recorder.requests) == ("unverified", [])
        return
    assert outcome.name == "ok", outcome.detail
    [request] = recorder.requests
    assert _host(request) == part.place(revocation.url)
    assert request.method == (revocation.method if revocation.style == "request" else "POST")
    token = REFRESH if revocation.token == "refresh_token" else part.access_token
    where = {"json": "body", "form": "body"}.get(revocation.body, f"query {revocation.parameter}")
    if revocation.parameter and revocation.body != "none":
        assert where in places_of(request, token)
    places = places_of(request, part.access_token)
    assert any(place.startswith("header ") for place in places) == revocation.bearer


def _require_tokens(part: Part, answered: oauth.Answered) -> None:
    assert answered.outcome.name == "ok", answered.outcome.detail
    assert answered.tokens is not None
    assert answered.tokens.access_token == part.access_token
    assert answered.tokens.captured.keys() == part.told.keys()
    assert len(part.recorder.requests) == (2 if part.oauth2.discovery else 1)


def _require_asked(part: Part, template: str, grant_type: str) -> Mapping[str, Any]:
    """Check where the request for tokens went, how it is written, and how the client is proven."""
    request, oauth2 = part.recorder.requests[0], part.oauth2
    assert (request.method, _host(request)) == ("POST", part.place(template))
    is_json = oauth2.token_body == "json"
    kind = "application/json" if is_json else "application/x-www-form-urlencoded"
    assert request.headers["content-type"] == kind
    sent = request.json if is_json else dict(parse_qsl(request.body.decode()))
    assert sent["grant_type"] == grant_type
    how = oauth2.client_authentication
    assert request.headers.get("authorization", "").startswith("Basic ") == (how == "basic")
    assert ("client_secret" in sent) == (how == "post" and bool(part.app.client_secret))
    assert ("client_assertion" in sent) == (how == "private_key_jwt")
    assert not any(templates.names(str(value)) for value in sent.values())
    return sent


def _require_kept_apart(part: Part, secrets: set[str]) -> None:
    """Nothing of the client's goes with the later call; only the token does, in its place."""
    for request in part.recorder.requests[1:]:
        assert all(not places_of(request, secret) for secret in secrets | {APP.client_secret})
        assert places_of(request, part.access_token)


def _host(request: Received) -> str:
    return request.headers["host"]
