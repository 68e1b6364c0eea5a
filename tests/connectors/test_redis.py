"""The connector of Redis against a real server."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
import redis
from django.conf import settings

from connectors.execution import InvalidArguments
from tests.connectors.using import call, verify

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def cache() -> Iterator[dict[str, str]]:
    """The values of a connection as a user who may only touch demo:*."""
    url = urlsplit(settings.REDIS_URL)
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.execute_command(
            "ACL", "SETUSER", "spojit-test", "reset", "on", ">sesame", "~demo:*", "+@all"
        )
        yield {
            "host": str(url.hostname),
            "port": str(url.port),
            "database": url.path.strip("/") or "0",
            "username": "spojit-test",
            "password": "sesame",
            "tls": "off",
        }
        client.delete("demo:a", "demo:b", "demo:count", "demo:map")
        client.execute_command("ACL", "DELUSER", "spojit-test")


def test_redis_says_who_is_signed_in(cache: dict[str, str]) -> None:
    verified = verify("redis", cache)
    assert verified.outcome.name == "ok"
    where = f"{cache['host']}:{cache['port']}/{cache['database']}"
    assert verified.account_id == f"spojit-test@{where}"
    assert verified.account_name == f"spojit-test on {cache['host']}"


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        ({"password": "wrong"}, "credentials_refused"),
        ({"username": "nobody"}, "credentials_refused"),
        ({"tls": "verify"}, "tls"),
        ({"host": "169.254.169.254"}, "address_refused"),
    ],
)
def test_redis_failures_have_their_outcomes(
    cache: dict[str, str], change: dict[str, str], outcome: str
) -> None:
    assert verify("redis", cache | change).outcome.name == outcome


def test_redis_reads_and_writes(cache: dict[str, str]) -> None:
    assert call("redis", cache, "set", key="demo:a", value="one", expire_seconds=60).data is True
    assert call("redis", cache, "get", key="demo:a").data == "one"
    assert call("redis", cache, "get", key="demo:none").data is None
    assert call("redis", cache, "increment", key="demo:count", by=5).data == 5
    assert sorted(call("redis", cache, "list_keys", pattern="demo:*").data) == [
        "demo:a",
        "demo:count",
    ]
    written = call("redis", cache, "command", name="hset", arguments=["demo:map", "a", 1])
    assert written.data == 1
    assert call("redis", cache, "command", name="HGETALL", arguments=["demo:map"]).data == [
        "a",
        "1",
    ]
    assert call("redis", cache, "delete", keys=["demo:a", "demo:count", "demo:map"]).data == 3


def test_redis_says_what_is_not_permitted(cache: dict[str, str]) -> None:
    assert call("redis", cache, "get", key="other:a").name == "permission_missing"


@pytest.mark.parametrize("name", ["CONFIG", "flushall", "EVAL", "KEYS", "SHUTDOWN", "BLPOP"])
def test_redis_does_not_run_commands_that_administer(cache: dict[str, str], name: str) -> None:
    with pytest.raises(InvalidArguments, match="not run here"):
        call("redis", cache, "command", name=name, arguments=["GET", "*"])
