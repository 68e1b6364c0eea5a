"""The authorization server for tests does what its users count on."""

from __future__ import annotations

import base64
import http.client
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests import servers
from tests.servers import oidc, plain_client
from tests.servers.plain_client import App, machine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers import Authority
    from tests.servers.oidc import AuthorizationServer

SPA = App("public", authentication="none")
POSTING = App("posting", authentication="post")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return servers.Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def _running(authority: Authority) -> Iterator[AuthorizationServer]:
    with oidc.running(authority, App(), machine(), SPA, POSTING) as service:
        yield service


@pytest.fixture
def service(_running: AuthorizationServer) -> AuthorizationServer:
    """One server for all, with nothing ordered and nothing counted."""
    _running.reset()
    _running.change(**oidc.SETTINGS)
    return _running


def renew(service: AuthorizationServer, tokens: dict[str, Any], app: App | None = None) -> Any:
    """Use a refresh token."""
    return service.client.token(
        app or service.app, grant_type="refresh_token", refresh_token=tokens["refresh_token"]
    )


def authorize_url(service: AuthorizationServer, **changes: str) -> str:
    query = plain_client.authorize_query(service.app, verifier="v" * 43, scopes="read write")
    return service.url("/auth?" + query + "".join(f"&{key}={changes[key]}" for key in changes))


@pytest.mark.parametrize("app", [None, SPA, POSTING], ids=["basic", "none", "post"])
def test_apps_of_each_kind_get_tokens_that_work(
    service: AuthorizationServer, app: App | None
) -> None:
    tokens = service.tokens(app=app)
    assert (tokens["expires_in"], tokens["scope"]) == (3600, "read write")
    me = service.client.read("/api/me", tokens["access_token"])
    assert me.json == {"id": "account-1", "name": "alice", "client": (app or service.app).id}
    assert me.headers["x-scopes"] == "read write"
    assert renew(service, tokens, app).status == 200


def test_the_callback_names_the_issuer_and_brings_the_state_back(
    service: AuthorizationServer,
) -> None:
    back = plain_client.returned(service.agree(authorize_url(service), account="bob"))
    assert (back["iss"], back["state"]) == (service.issuer, "a-state")


def test_a_refusal_comes_back_as_access_denied(service: AuthorizationServer) -> None:
    back = plain_client.returned(service.refuse(authorize_url(service)))
    assert (back["error"], back["iss"]) == ("access_denied", service.issuer)
    assert "code" not in back


def test_no_app_gets_through_without_pkce(service: AuthorizationServer) -> None:
    bare = authorize_url(service).partition("&code_challenge")[0]
    back = plain_client.returned(service.agree(bare, account="alice"))
    assert back["error"] == "invalid_request"
    service.change(pkce=False)
    assert "code" in plain_client.returned(service.agree(bare, account="alice"))


def test_a_code_counts_once_and_only_with_its_verifier(service: AuthorizationServer) -> None:
    def exchange(code: str, verifier: str) -> Any:
        return service.client.token(
            service.app,
            grant_type="authorization_code",
            code=code,
            code_verifier=verifier,
            redirect_uri=service.app.redirect_uris[0],
        )

    wrong = plain_client.returned(service.agree(authorize_url(service), account="alice"))["code"]
    assert exchange(wrong, "w" * 43).json["error"] == "invalid_grant"
    code = plain_client.returned(service.agree(authorize_url(service), account="alice"))["code"]
    tokens = exchange(code, "v" * 43).json
    assert exchange(code, "v" * 43).json["error"] == "invalid_grant"
    # RFC 6749 section 4.1.2: what a replayed code had given ends, too.
    assert service.client.read("/api/me", tokens["access_token"]).status == 401


def test_a_person_may_give_fewer_scopes_than_were_asked_for(service: AuthorizationServer) -> None:
    url = authorize_url(service)
    code = plain_client.returned(service.agree(url, account="alice", scopes=["write"]))["code"]
    tokens = service.client.token(
        service.app,
        grant_type="authorization_code",
        code=code,
        code_verifier="v" * 43,
        redirect_uri=service.app.redirect_uris[0],
    ).json
    assert tokens["scope"] == "write"
    assert service.client.read("/api/orders", tokens["access_token"]).status == 403


def test_refresh_tokens_rotate_and_a_second_use_ends_the_grant(
    service: AuthorizationServer,
) -> None:
    first = service.tokens()
    second = renew(service, first).json
    assert second["refresh_token"] != first["refresh_token"]
    assert service.state()["refresh_tokens"]["most_uses"] == 1
    assert renew(service, first).json["error"] == "invalid_grant"
    assert renew(service, second).json["error"] == "invalid_grant"
    assert service.client.read("/api/me", second["access_token"]).status == 401
    state = service.state()
    assert (state["counts"]["reused"], state["refresh_tokens"]["most_uses"]) == (1, 2)


def test_a_service_that_does_not_rotate_gives_the_same_refresh_token(
    service: AuthorizationServer,
) -> None:
    service.change(rotate=False)
    tokens = service.tokens()
    assert [renew(service, tokens).json["refresh_token"] for _ in range(3)] == [
        tokens["refresh_token"]
    ] * 3


def test_lives_are_as_short_as_asked_for(service: AuthorizationServer) -> None:
    service.change(accessSeconds=1, refreshSeconds=2)
    tokens = service.tokens()
    assert tokens["expires_in"] == 1
    assert service.client.read("/api/me", tokens["access_token"]).status == 200
    time.sleep(1.1)
    assert service.client.read("/api/me", tokens["access_token"]).status == 401
    time.sleep(1.1)
    assert renew(service, tokens).json["error"] == "invalid_grant"


def test_tokens_can_be_jwts_whose_life_is_told_nowhere_else(service: AuthorizationServer) -> None:
    service.change(tokens="jwt", accessSeconds=90, omitted=["expires_in"])
    tokens = service.tokens()
    assert "expires_in" not in tokens
    payload = tokens["access_token"].split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    assert claims["exp"] - claims["iat"] == 90
    assert service.client.read("/api/me", tokens["access_token"]).json["name"] == "alice"
    assert service.revoke(account="alice") > 0
    assert service.client.read("/api/me", tokens["access_token"]).status == 401


def test_an_app_gets_tokens_for_itself(service: AuthorizationServer) -> None:
    itself = next(app for app in service.apps if app.id == "machine")
    said = service.client.token(itself, grant_type="client_credentials", scope="read")
    assert "refresh_token" not in said.json
    me = service.client.read("/api/me", said.json["access_token"])
    assert me.json == {"id": "machine", "name": "machine", "client": "machine"}
    wrong = machine(secret="wrong")
    refused = service.client.token(wrong, grant_type="client_credentials")
    assert (refused.status, refused.json["error"]) == (401, "invalid_client")


def test_what_is_revoked_is_introspected_as_inactive(service: AuthorizationServer) -> None:
    tokens = service.tokens()
    asked = {"token": tokens["access_token"]}
    path = "/token/introspection"
    assert service.client.post(path, service.app, **asked).json["active"] is True
    gone = service.client.post(
        "/token/revocation", service.app, token=tokens["refresh_token"], token_type_hint="refresh"
    )
    assert gone.status == 200
    assert service.client.post(path, service.app, **asked).json == {"active": False}
    assert renew(service, tokens).json["error"] == "invalid_grant"
    assert service.state()["counts"]["revocation 200"] == 1


def test_tests_may_end_the_grants_of_one_account(service: AuthorizationServer) -> None:
    service.revoke()
    alices, bobs = service.tokens(), service.tokens(account="bob")
    assert service.revoke(account="alice") == 1
    assert renew(service, alices).json["error"] == "invalid_grant"
    assert renew(service, bobs).status == 200
    assert service.state()["grants"] == [{"account": "account-2", "client": service.app.id}]


def test_a_service_may_have_one_grant_for_an_account(service: AuthorizationServer) -> None:
    service.revoke()
    service.change(sharedGrants=True)
    first, second = service.tokens(scopes="read"), service.tokens(scopes="write")
    assert len(service.state()["grants"]) == 1
    service.client.post("/token/revocation", service.app, token=first["refresh_token"])
    assert renew(service, second).json["error"] == "invalid_grant"


@pytest.mark.parametrize("kind", ["drop", "cut"])
def test_an_answer_is_lost_after_the_work_was_done(service: AuthorizationServer, kind: str) -> None:
    tokens = service.tokens()
    service.next_answers({"kind": kind})
    with pytest.raises((http.client.HTTPException, OSError)):
        renew(service, tokens)
    assert service.state()["refresh_tokens"]["most_uses"] == 1
    assert renew(service, tokens).json["error"] == "invalid_grant"


def test_answers_come_as_ordered_and_then_as_ever(service: AuthorizationServer) -> None:
    tokens = service.tokens()
    late = {"kind": "delay", "seconds": 0.5}
    busy = {"kind": "status", "status": 503, "headers": {"Retry-After": "7"}}
    service.next_answers(busy, late, {"kind": "replace", "body": {"nothing": "useful"}})
    said = renew(service, tokens)
    assert (said.status, said.headers["retry-after"]) == (503, "7")
    started = time.monotonic()
    tokens = renew(service, tokens).json
    assert time.monotonic() - started > 0.5
    assert renew(service, tokens).json == {"nothing": "useful"}
    assert service.state()["waiting"] == 0


def test_other_paths_can_fail_too(service: AuthorizationServer) -> None:
    token = service.tokens()["access_token"]
    service.next_answers({"kind": "status", "status": 500}, path="/api/me")
    assert [service.client.read("/api/me", token).status for _ in range(2)] == [500, 200]


def test_controls_are_for_those_who_know_the_secret(service: AuthorizationServer) -> None:
    for secret in ("", "wrong", secrets.token_urlsafe(24)):
        said = service.client.ask("POST", "/controls/state", "{}", {"X-Test-Secret": secret})
        assert (said.status, said.json) == (404, {})


def test_the_server_ends_with_the_process_that_began_it(
    authority: Authority, tmp_path: Path
) -> None:
    code = (
        "import os, sys, time; from pathlib import Path; from tests import servers\n"
        "from tests.servers import oidc\n"
        "authority = servers.Authority(Path(sys.argv[1]))\n"
        "with oidc.running(authority) as service:\n"
        "    print(service.port, flush=True); time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, cwd=Path.cwd()
    ) as parent:
        assert parent.stdout is not None
        port = int(parent.stdout.readline())
        os.kill(parent.pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while _listens(port):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
