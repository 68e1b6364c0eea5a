"""The token server for load and races counts right, and is fast enough to be no bottleneck."""

from __future__ import annotations

import http.client
import ssl
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from tests import servers
from tests.servers import plain_client, tokens
from tests.servers.plain_client import App, machine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers import Authority
    from tests.servers.plain_client import Said
    from tests.servers.tokens import TokenServer


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return servers.Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def _running(authority: Authority) -> Iterator[TokenServer]:
    with tokens.running(authority) as service:
        yield service


@pytest.fixture
def service(_running: TokenServer) -> TokenServer:
    """One server for all, empty."""
    _running.change(**tokens.SETTINGS)
    _running.reset()
    return _running


def renew(service: TokenServer, grant: dict[str, Any]) -> Said:
    """Use a refresh token."""
    return service.client.token(
        service.app, grant_type="refresh_token", refresh_token=grant["refresh_token"]
    )


def test_each_refresh_is_counted_by_its_token(service: TokenServer) -> None:
    first, second = service.grants(2)
    renew(service, renew(service, first).json)
    renew(service, second)
    state = service.state()
    assert state["refreshes"] == {"1": 1, "2": 1}
    assert state["uses"] == {"1": 3}
    assert (state["reused"], state["ended"]) == (0, 0)


def test_a_second_use_of_a_refresh_token_ends_its_grant(service: TokenServer) -> None:
    (grant,) = service.grants(1)
    newer = renew(service, grant).json
    assert service.client.read("/api/me", newer["access_token"]).status == 200
    assert renew(service, grant).json == {"error": "invalid_grant"}
    assert renew(service, newer).json == {"error": "invalid_grant"}
    assert service.client.read("/api/me", newer["access_token"]).status == 401
    state = service.state()
    assert (state["reused"], state["ended"], state["uses"]) == (1, 1, {"1": 1, "2": 1})


def test_of_many_at_once_with_one_token_one_gets_through(service: TokenServer) -> None:
    (grant,) = service.grants(1)
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: renew(service, grant).status, range(8)))
    assert sorted(answers) == [200] + [400] * 7
    assert service.state()["reused"] == 7


def test_a_person_gets_through_with_pkce_and_only_the_app_that_asked(
    service: TokenServer,
) -> None:
    def exchange(verifier: str, app: App) -> Said:
        query = plain_client.authorize_query(service.app, verifier="v" * 43, scopes="read")
        went = service.client.ask("GET", f"/auth?{query}&login_hint=bob", None, {})
        back = plain_client.returned(went.headers["location"])
        assert (went.status, back["state"], back["iss"]) == (302, "a-state", service.issuer)
        return service.client.token(
            app,
            grant_type="authorization_code",
            code=back["code"],
            code_verifier=verifier,
            redirect_uri=service.app.redirect_uris[0],
        )

    assert exchange("w" * 43, service.app).json == {"error": "invalid_grant"}
    assert exchange("v" * 43, service.apps[1]).json == {"error": "invalid_grant"}
    assert exchange("v" * 43, machine()).json == {"error": "invalid_client"}
    grant = exchange("v" * 43, service.app).json
    me = service.client.read("/api/me", grant["access_token"])
    assert (me.json["name"], me.headers["x-scopes"]) == ("bob", "read")


def test_an_app_gets_tokens_for_itself(service: TokenServer) -> None:
    said = service.client.token(service.apps[1], grant_type="client_credentials", scope="read")
    assert "refresh_token" not in said.json
    me = service.client.read("/api/me", said.json["access_token"])
    assert me.json == {"id": "id-of-machine", "name": "machine"}


def test_answers_fail_lag_and_vanish_as_ordered(service: TokenServer) -> None:
    (grant,) = service.grants(1)
    busy = {"kind": "status", "status": 503, "headers": {"Retry-After": "7"}}
    service.next_answers(busy, {"kind": "own"}, {"kind": "drop"})
    assert renew(service, grant).headers["retry-after"] == "7"
    service.change(lag_seconds=0.3)
    started = time.monotonic()
    grant = renew(service, grant).json
    assert time.monotonic() - started > 0.3
    with pytest.raises((http.client.HTTPException, OSError)):
        renew(service, grant)
    assert renew(service, grant).json == {"error": "invalid_grant"}
    assert service.state()["counts"]["dropped"] == 1


def test_work_may_be_done_late_and_never_for_who_has_gone(service: TokenServer) -> None:
    (grant,) = service.grants(1)
    service.next_answers({"kind": "late", "seconds": 0.2}, {"kind": "late", "seconds": 0.3})
    grant = renew(service, grant).json
    host, _, port = service.place.rpartition(":")
    tls = ssl.create_default_context(cafile=str(service.authority.bundle))
    form = f"grant_type=refresh_token&refresh_token={grant['refresh_token']}"
    gone = http.client.HTTPSConnection(host, int(port), context=tls, timeout=10)
    gone.request("POST", "/token", form)
    gone.close()
    while "gone" not in service.state()["counts"]:
        time.sleep(0.05)
    assert renew(service, grant).status == 200
    assert (service.state()["reused"], service.state()["refreshes"]) == (0, {"2": 1})


def test_access_tokens_end_with_their_life_and_with_their_grant(service: TokenServer) -> None:
    service.change(access_seconds=1)
    short = service.grants(1)[0]["access_token"]
    service.change(access_seconds=60)
    long = service.grants(1, account="carol")[0]["access_token"]
    assert [service.client.read("/api/me", one).status for one in (short, long)] == [200, 200]
    time.sleep(1.1)
    assert [service.client.read("/api/me", one).status for one in (short, long)] == [401, 200]
    assert service.revoke("carol-1") == 1
    assert service.client.read("/api/me", long).status == 401


def test_it_holds_ten_thousand_grants(service: TokenServer) -> None:
    made = service.grants(10_000)
    assert len({grant["refresh_token"] for grant in made}) == 10_000
    assert renew(service, made[9_999]).status == 200
    state = service.state()
    assert (state["grants"], state["refreshes"]) == (10_000, {"0": 9_999, "1": 1})
