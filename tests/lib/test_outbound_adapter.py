"""A library's own `requests` session, behind the same guard."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest
import requests  # noqa: TID251 - what the guard is put under

from spojit.lib.outbound import (
    AddressRefused,
    AnswerTooLarge,
    BadAnswer,
    InvalidRequest,
    guard,
)
from tests import servers

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as made:
        yield made


def test_a_session_works_behind_the_guard(session: requests.Session) -> None:
    with servers.recording(lambda received: servers.json_reply(received.body.decode())) as server:
        guard(session, policy=servers.policy(server))
        response = session.post(f"{server.url}/token", data={"a": "b c"}, auth=("id", "secret"))
    assert response.json() == "a=b+c"
    assert (response.status_code, response.reason) == (200, "Said")
    assert server.requests[0].headers["authorization"] == "Basic aWQ6c2VjcmV0"
    assert server.requests[0].headers["content-length"] == "5"


def test_a_session_reads_packed_answers(session: requests.Session) -> None:
    reply = servers.Reply(200, {"Content-Encoding": "gzip"}, gzip.compress(b'{"a": 1}'))
    with servers.recording(reply) as server:
        guard(session, policy=servers.policy(server))
        assert session.get(server.url).json() == {"a": 1}


@pytest.mark.parametrize("url", ["http://169.254.169.254/", "https://10.0.0.1/", "https://0x7f.1/"])
def test_a_session_goes_nowhere_private(session: requests.Session, url: str) -> None:
    with servers.recording() as server:
        guard(session, policy=servers.policy(server))
        with pytest.raises(AddressRefused):
            session.get(url)


def test_a_session_follows_no_redirect(session: requests.Session) -> None:
    with servers.recording() as second, servers.recording(servers.redirect(second.url)) as first:
        guard(session, policy=servers.policy(first, second))
        with pytest.raises(BadAnswer):
            session.get(first.url, headers={"X-Api-Key": "s3cret"})
    assert second.connections == 0


def test_a_session_takes_no_bomb(session: requests.Session) -> None:
    with servers.faulty("gzip_bomb") as server:
        guard(session, policy=servers.policy(server))
        with pytest.raises(AnswerTooLarge):
            session.get(server.url)


def test_a_session_keeps_no_cookie_and_reads_no_environment(
    session: requests.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with servers.recording(servers.Reply(200, {"Set-Cookie": "a=b"})) as server:
        guard(session, policy=servers.policy(server))
        for _ in range(2):
            session.get(server.url)
    assert "cookie" not in server.requests[1].headers


def test_a_session_sends_whole_bodies_only(session: requests.Session) -> None:
    with servers.recording() as server:
        guard(session, policy=servers.policy(server))
        with pytest.raises(InvalidRequest):
            session.post(server.url, data=iter([b"a", b"b"]))
