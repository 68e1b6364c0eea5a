"""Secrets of awkward shapes, and looking for them in whatever form they may be written."""

from __future__ import annotations

import base64
import os
import secrets
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import redis
from django.conf import settings
from django.core.management import call_command
from django.db import connection as database

from spojit.embedded.places import _in, _wheels
from spojit.lib import logs

if TYPE_CHECKING:
    import io
    from collections.abc import Iterator
    from pathlib import Path

# Around the token: what quoting, escaping and encoding do most harm to.
SHAPES = {
    "plain": "sk_live_{}",
    "base64": "aGVsbG8+{}/d29ybGQ=",
    "quotes": "a\"b'c\\{}\\\\d%41",
    "markup": "<b>&amp;{}</b>&lt;script>",
    "spaces": "two words {} and; more, here",
    "letters": "pässwörd-{}-ÿ€",
}


@dataclass(frozen=True)
class Canary:
    """A secret with a random token in the middle that nothing else can contain."""

    shape: str
    token: str = field(default_factory=lambda: secrets.token_hex(12))

    @property
    def value(self) -> str:
        """The whole secret."""
        return SHAPES[self.shape].format(self.token)

    def traces(self) -> list[bytes]:
        """List every form to look for: letters and digits survive all other encodings."""
        raw, token = self.value.encode(), self.token.encode()
        forms = [
            token,
            token.upper(),
            token[::-1],
            token.hex().encode(),
            token.hex().upper().encode(),
        ]
        for text in (raw, token):
            for shift in range(3):
                coded = base64.b64encode(b"\0" * shift + text)[4 if shift else 0 : -4]
                forms += [coded, coded.replace(b"+", b"-").replace(b"/", b"_")]
        return forms


def found(canaries: list[Canary], places: dict[str, bytes]) -> list[str]:
    """Name the places where any canary left a trace."""
    sought = [(canary.shape, set(canary.traces())) for canary in canaries]
    return [
        f"{shape} in {place}"
        for place, content in places.items()
        for shape, traces in sought
        if any(trace in content for trace in traces)
    ]


def whole(answer: Any) -> bytes:
    """All of a page: its content and its headers."""
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return content + repr(sorted(answer.headers.items())).encode()


@contextmanager
def logging_everything(written: io.StringIO) -> Iterator[None]:
    """Write every log line there, queries included."""
    logs.configure(level="DEBUG", json=True, stream=written)
    database.force_debug_cursor = True
    try:
        yield
    finally:
        database.force_debug_cursor = False
        logs.configure(level="INFO", json=True)
        call_command("check", verbosity=0)


def stores(*, seen: str) -> dict[str, bytes]:
    """All that the database and Redis keep; `seen` is a name that must be there."""
    stored: dict[str, bytes] = {"the database dump": _dump()}
    assert seen.encode() in stored["the database dump"]
    with redis.Redis.from_url(settings.REDIS_URL) as store:
        for key in store.scan_iter():
            stored[f"Redis {key!r}"] = key + _content(store, key)
    assert any(b"celery" in key.encode() for key in stored)
    return stored


def _content(store: Any, key: bytes) -> bytes:
    read = {
        b"string": lambda: store.get(key),
        b"list": lambda: store.lrange(key, 0, -1),
        b"hash": lambda: store.hgetall(key),
        b"set": lambda: store.smembers(key),
        b"zset": lambda: store.zrange(key, 0, -1),
    }
    value = read[store.type(key)]()
    return value if isinstance(value, bytes) else repr(value).encode()


def _dump() -> bytes:
    least, greatest = (
        "0" * 8 + "-0000-0000-0000-" + "0" * 12,
        "ffffffff-ffff-ffff-ffff-ffffffffffff",
    )
    environment = os.environ | {"PGOPTIONS": f"-c spojit.low={least} -c spojit.high={greatest}"}
    command = [str(_pg_dump()), "--enable-row-security", settings.MIGRATION_DATABASE_URL]
    dump = subprocess.run(command, env=environment, capture_output=True, check=True).stdout
    assert b"connections_credential" in dump
    return dump


def _pg_dump() -> Path:
    return _in(_wheels()).postgres / "pg_dump"
