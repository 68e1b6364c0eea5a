"""Every fault of the world outside has its name: in the check, in the status, and on the page."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from connectors import registry
from spojit.lib import clock
from tests import factories, servers
from tests.proofs import acts
from tests.proofs.sizes import sized
from tests.servers.listener import listening

if TYPE_CHECKING:
    import ssl
    from pathlib import Path

    from tests.proofs.acts import Seen
    from tests.proofs.conftest import Move, Reach, SetClock
    from tests.servers import Authority, Server

pytestmark = pytest.mark.django_db

HOST = "api.fault.test"
KEY = "a-key-for-the-fault-server"
SHORT = {"connect_seconds": 0.5, "total_seconds": 0.5}
VALUES = {
    "github": {"service_url": "github_com", "api_key": "ghp_0123456789abcdefghijABCDEFGHIJ012345"},
    "stripe": {"api_key": "sk_test_" + "4eC39HqLyjWDarjtT1zdp7dc"},
    "resend": {"api_key": "re_" + "123456789_abcdefghijklmnopqrstuvw"},
}
SERVICES = sorted(VALUES)


def over_http(url: str) -> Seen:
    """Connect to this address by a bearer token, and have it verified."""
    workspace = factories.make_workspace()
    values = {"base_url": url, "api_key": KEY, "test_path": "/me"}
    return acts.verify(acts.connect(workspace, "http", "api_key", values))


def over_service(key: str) -> Seen:
    """Connect to a service of the catalogue, and have it verified."""
    workspace = factories.make_workspace()
    return acts.verify(acts.connect(workspace, key, "api_key", VALUES[key]))


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        ("reset", "unreachable"),
        ("closed", "unreachable"),
        ("cut_body", "unreachable"),
        ("drip_headers", "timeout"),
        ("drip_body", "timeout"),
        ("silent", "timeout"),
        ("large", "answer_too_large"),
        ("large_chunks", "answer_too_large"),
        ("gzip_bomb", "answer_too_large"),
        ("nested_bomb", "answer_too_large"),
        ("redirect_metadata", "address_refused"),
        ("unauthorized", "credentials_refused"),
        ("forbidden", "credentials_refused"),
        ("missing", "not_found"),
        ("rate_limited", "rate_limited"),
        ("fault", "upstream_fault"),
        ("not_http", "bad_answer"),
        ("redirect_loop", "bad_answer"),
    ],
)
def test_a_fault_of_a_server_is_named_on_the_page(reach: Reach, fault: str, outcome: str) -> None:
    limits = SHORT if outcome == "timeout" else {}
    with servers.faulty(fault) as server:
        reach(server.port, names={HOST: "127.0.0.1"}, **limits)
        seen = over_http(f"http://{HOST}:{server.port}")
        acts.assert_said(seen, outcome, status="error")
        assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"
        assert {received.path for received in server.requests} == {"/me"}
    assert KEY not in seen.page


@pytest.mark.soak
def test_a_slow_drip_is_cut_at_the_end_of_its_time(reach: Reach) -> None:
    seconds = sized(0.4, 30.0)
    with servers.faulty("drip_body") as server:
        reach(server.port, names={HOST: "127.0.0.1"}, total_seconds=seconds)
        seen = over_http(f"http://{HOST}:{server.port}")
    acts.assert_said(seen, "timeout", status="error")
    assert seconds * 1000 <= seen.check.duration_ms < (seconds + 1) * 1000


@pytest.mark.parametrize("kind", ["another name", "expired", "unknown authority"])
def test_a_bad_certificate_is_tls_and_gets_no_key(
    reach: Reach, authority: Authority, tmp_path: Path, kind: str
) -> None:
    with servers.recording(tls=_bad_context(kind, authority, tmp_path)) as server:
        reach(server.port, names={HOST: "127.0.0.1"})
        seen = over_http(f"https://{HOST}:{server.port}")
        acts.assert_said(seen, "tls", status="error")
        assert server.requests == []


def _bad_context(kind: str, authority: Authority, tmp_path: Path) -> ssl.SSLContext:
    if kind == "another name":
        return authority.issue("other.test")
    if kind == "expired":
        return authority.issue(HOST, is_expired=True)
    return servers.Authority(tmp_path).issue(HOST)


def test_a_server_that_speaks_no_tls_is_tls(reach: Reach) -> None:
    with listening(lambda opened: opened.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as server:
        reach(server.port, names={HOST: "127.0.0.1"})
        seen = over_http(f"https://{HOST}:{server.port}")
    acts.assert_said(seen, "tls", status="error")


def test_a_name_that_nobody_knows_is_not_found(reach: Reach) -> None:
    reach(names={})
    acts.assert_said(over_http("https://no-such-name.test"), "name_not_found", status="error")


def test_a_port_where_nobody_listens_is_unreachable(reach: Reach) -> None:
    with servers.recording() as server:
        port = server.port
    reach(port, names={HOST: "127.0.0.1"})
    acts.assert_said(over_http(f"http://{HOST}:{port}"), "unreachable", status="error")


@pytest.mark.parametrize("address", ["169.254.169.254", "10.0.0.7", "::ffff:10.0.0.7", "fd00::1"])
def test_a_name_of_a_private_address_is_refused(reach: Reach, address: str) -> None:
    reach(names={HOST: address})
    acts.assert_said(over_http(f"https://{HOST}"), "address_refused", status="error")


def test_a_path_that_does_not_exist_is_not_found(reach: Reach) -> None:
    with servers.recording({"/v2/me": servers.json_reply({})}) as server:
        reach(server.port, names={HOST: "127.0.0.1"})
        acts.assert_said(over_http(f"{_base(server)}/v1"), "not_found", status="error")
        assert over_http(f"{_base(server)}/v2").status == "active"


def _base(server: Server) -> str:
    return f"http://{HOST}:{server.port}"


@pytest.mark.parametrize("key", SERVICES)
@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        ("wrong_json", "bad_answer"),
        ("unauthorized", "credentials_refused"),
        ("missing", "not_found"),
        ("fault", "upstream_fault"),
        ("rate_limited", "rate_limited"),
        ("reset", "unreachable"),
        ("drip_body", "timeout"),
        ("gzip_bomb", "answer_too_large"),
        ("redirect_metadata", "address_refused"),
    ],
)
def test_a_fault_of_a_known_service_is_named_on_the_page(
    reach: Reach, move: Move, places: ssl.SSLContext, key: str, fault: str, outcome: str
) -> None:
    limits = SHORT if outcome == "timeout" else {}
    with servers.faulty(fault, tls=places) as server:
        reach(server.port, **limits)
        move(key, server.port)
        seen = over_service(key)
        acts.assert_said(seen, outcome, status="error")
        assert len(server.requests) == 1
    assert VALUES[key]["api_key"] not in seen.page


@pytest.mark.parametrize("key", SERVICES)
def test_a_known_service_with_a_wrong_certificate_gets_no_key(
    reach: Reach, move: Move, authority: Authority, key: str
) -> None:
    with servers.recording(tls=authority.issue("elsewhere.test")) as server:
        reach(server.port)
        move(key, server.port)
        acts.assert_said(over_service(key), "tls", status="error")
        assert server.requests == []


@pytest.mark.parametrize("key", SERVICES)
def test_a_403_counts_as_the_connector_declares(
    reach: Reach, move: Move, places: ssl.SSLContext, key: str
) -> None:
    meant = _scheme(key).verification.on_403
    with servers.faulty("forbidden", tls=places) as server:
        reach(server.port)
        move(key, server.port)
        seen = over_service(key)
    if meant == "valid_but_limited":
        assert (seen.status, seen.connection.is_limited) == ("active", True)
    else:
        acts.assert_said(seen, "credentials_refused", status="error")


def _scheme(key: str) -> Any:
    return registry.get(key).scheme("api_key")


SLACK_LIKE = """
key: chatter
name: Chatter
category: Communication
summary: Answers 200 to everything, as some do.
icon: {monogram: {text: C, color: "#445566"}}
service_urls:
  - {key: main, label: Chatter, url: "https://api.example.com", source: "https://example.com"}
answers:
  - {body: {path: error, one_of: [invalid_auth, not_authed]}, outcome: credentials_refused}
  - {body: {path: error, equals: ratelimited}, outcome: rate_limited}
  - {body: {path: error, equals: missing_scope}, outcome: valid_but_limited}
schemes:
  - key: api_key
    label: Token
    source: https://example.com
    fields: [{key: api_key, label: Token, secret: true}]
    send: [{header: Authorization, value: "Bearer {api_key}"}]
    verification:
      source: https://example.com
      request: {method: POST, path: /auth.test}
      identity: {id: user_id, name: [user]}
tools: []
"""


@pytest.mark.parametrize(
    ("answer", "outcome", "status"),
    [
        ({"ok": False, "error": "invalid_auth"}, "credentials_refused", "error"),
        ({"ok": False, "error": "ratelimited"}, "rate_limited", "error"),
        ({"ok": False, "error": "missing_scope"}, "ok", "active"),
        ({"ok": False, "error": "something_new"}, "bad_answer", "error"),
        ({"ok": True, "user_id": "U1", "user": "ada"}, "ok", "active"),
    ],
)
def test_an_error_inside_a_200_counts_as_declared(
    reach: Reach,
    move: Move,
    places: ssl.SSLContext,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    answer: dict[str, Any],
    outcome: str,
    status: str,
) -> None:
    path = tmp_path / "chatter.yaml"
    path.write_text(SLACK_LIKE)
    chatter, known = registry.load(path), registry.get
    monkeypatch.setattr(registry, "get", lambda k: chatter if k == "chatter" else known(k))
    with servers.recording(servers.json_reply(answer), tls=places) as server:
        reach(server.port)
        move("chatter", server.port)
        workspace = factories.make_workspace()
        values = {"api_key": "chatter-key-1234567890"}
        seen = acts.verify(acts.connect(workspace, "chatter", "api_key", values))
    if outcome == "ok":
        assert (seen.status, seen.outcome) == (status, "ok")
        assert seen.connection.is_limited == ("user_id" not in answer)
    else:
        acts.assert_said(seen, outcome, status=status)


@pytest.mark.parametrize("wait_seconds", [7, 90, 3600, 12 * 3600])
def test_a_service_that_asks_to_wait_is_left_alone_that_long(
    reach: Reach, set_clock: SetClock, wait_seconds: int
) -> None:
    slow = servers.json_reply({}, 429, Retry_After=str(wait_seconds))
    with servers.recording(slow) as server:
        reach(server.port, names={HOST: "127.0.0.1"})
        asked_at = clock.now()
        seen = over_http(_base(server))
        acts.assert_said(seen, "rate_limited", status="error")
        due_at = seen.connection.verification_due_at
        assert due_at is not None
        assert due_at >= asked_at + timedelta(seconds=max(wait_seconds, 30))
        acts.work(seen.connection)
        assert len(server.requests) == 1
        set_clock(due_at + timedelta(seconds=1))
        acts.work(seen.connection)
        assert len(server.requests) == 2
