"""How the Redis connector reaches a server: pinned, secured, signed in; and what it runs."""

import contextlib
import socket
from collections.abc import Iterator
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from connectors import drivers
from connectors.schemes import database
from connectors.session import CallFailed, Session

PORT = 6379

READING = frozenset(
    """
    BITCOUNT BITPOS DBSIZE EXISTS EXPIRETIME GEODIST GEOHASH GEOPOS GEOSEARCH GET GETBIT GETRANGE
    HEXISTS HGET HGETALL HKEYS HLEN HMGET HRANDFIELD HSCAN HSTRLEN HVALS LINDEX LLEN LPOS LRANGE
    MGET PEXPIRETIME PFCOUNT PTTL RANDOMKEY SCAN SCARD SDIFF SINTER SINTERCARD SISMEMBER SMEMBERS
    SMISMEMBER SRANDMEMBER SSCAN STRLEN SUNION TTL TYPE XINFO XLEN XPENDING XRANGE XREVRANGE ZCARD
    ZCOUNT ZDIFF ZINTER ZLEXCOUNT ZMSCORE ZRANDMEMBER ZRANGE ZRANGEBYLEX ZRANGEBYSCORE ZRANK
    ZREVRANGE ZREVRANGEBYSCORE ZREVRANK ZSCAN ZSCORE ZUNION PING TIME
    """.split()  # noqa: SIM905 - a list to read, not a column
)
WRITING = frozenset(
    """
    APPEND COPY DECR DECRBY DEL EXPIRE EXPIREAT GEOADD GETDEL GETEX GETSET HDEL HINCRBY
    HINCRBYFLOAT HMSET HSET HSETNX INCR INCRBY INCRBYFLOAT LINSERT LMOVE LPOP LPUSH LPUSHX LREM
    LSET LTRIM MSET MSETNX PERSIST PEXPIRE PEXPIREAT PFADD PFMERGE PSETEX PUBLISH RENAME RENAMENX
    RPOP RPOPLPUSH RPUSH RPUSHX SADD SDIFFSTORE SET SETBIT SETEX SETNX SETRANGE SINTERSTORE SMOVE
    SPOP SREM SUNIONSTORE TOUCH UNLINK XACK XADD XCLAIM XDEL XTRIM ZADD ZDIFFSTORE ZINCRBY
    ZINTERSTORE ZPOPMAX ZPOPMIN ZRANGESTORE ZREM ZREMRANGEBYLEX ZREMRANGEBYRANK ZREMRANGEBYSCORE
    ZUNIONSTORE
    """.split()  # noqa: SIM905 - a list to read, not a column
)
"""What `command` runs. Not there on purpose: CONFIG, EVAL, FLUSHALL, KEYS, MODULE, SCRIPT,
SHUTDOWN, everything that blocks, subscribes, replicates or administers."""


class PinnedConnection(redis.Connection):
    """A connection to the checked address; TLS names the host all the same."""

    def __init__(self, *, opened: socket.socket, **settings: Any) -> None:
        """Take the socket that is already open."""
        self._opened = opened
        super().__init__(**settings)  # type: ignore[no-untyped-call]

    def _connect(self) -> socket.socket:
        """Give what was opened; redis-py would look the name up again."""
        return self._opened


@contextlib.contextmanager
def connect(session: Session) -> Iterator[PinnedConnection]:
    """Open, secure and sign in one connection for one use. Raises: CallFailed."""
    target = database.target(session.values, port=PORT)
    opened = drivers.dial(session.address(target.host, target.port))
    with contextlib.closing(opened), drivers.deadline(lambda: _shut(opened)):
        if target.tls != "off":
            context = drivers.tls_context(
                target.tls,
                ca_files=(session.policy.ca_bundle,),
                ca_text=session.values.get("ca_certificate", ""),
            )
            opened = drivers.secure(opened, context, host=target.host)
        with contextlib.closing(opened):
            client = _signed_in(opened, target)
            yield client


def _signed_in(opened: socket.socket, target: database.Target) -> PinnedConnection:
    client = PinnedConnection(
        opened=opened,
        host=target.host,
        port=target.port,
        db=int(target.database) if target.database.isdigit() else 0,
        username=target.user or None,
        password=target.password or None,
        protocol=2,
        driver_info=None,
        socket_timeout=drivers.TOTAL_SECONDS,
        retry=Retry(NoBackoff(), 0),
    )
    with _failures(sent=False):
        client.connect()  # type: ignore[no-untyped-call]
    return client


def whoami(client: PinnedConnection) -> str:
    """Ask by ACL WHOAMI (since Redis 6); else prove by PING that commands are answered."""
    try:
        return str(plain(run(client, "ACL", "WHOAMI")))
    except CallFailed as failed:
        if failed.outcome not in {"permission_missing", "request_refused"}:
            raise
    try:
        run(client, "PING")
    except CallFailed as failed:
        if failed.outcome != "permission_missing":
            raise
    return ""


def run(client: PinnedConnection, *words: Any) -> Any:
    """Run one command. Raises: CallFailed."""
    with _failures():
        client.send_command(*words, check_health=False)  # type: ignore[no-untyped-call]
        return client.read_response()


@contextlib.contextmanager
def _failures(*, sent: bool = True) -> Iterator[None]:
    """Name what the server refused; its own text may hold data and stays here."""
    try:
        with drivers.network_failures(sent=sent):
            yield
    except redis.AuthenticationError:
        raise CallFailed("credentials_refused", surely_not_sent=True) from None
    except redis.exceptions.NoPermissionError:
        raise CallFailed("permission_missing", surely_not_sent=True) from None
    except redis.TimeoutError:
        raise CallFailed("timeout", surely_not_sent=not sent) from None
    except redis.exceptions.BusyLoadingError:
        raise CallFailed("upstream_fault", surely_not_sent=True) from None
    except redis.ConnectionError:
        raise CallFailed("unreachable", surely_not_sent=not sent) from None
    except redis.exceptions.InvalidResponse:
        message = "The server did not speak the protocol of Redis."
        raise CallFailed("bad_answer", message, surely_not_sent=not sent) from None
    except redis.RedisError:
        raise CallFailed("request_refused", surely_not_sent=True) from None


def _shut(opened: socket.socket) -> None:
    with contextlib.suppress(OSError):
        opened.shutdown(socket.SHUT_RDWR)


def plain(value: Any) -> Any:
    """Give texts for bytes; what is not UTF-8 becomes Base64."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return drivers.plain(value)
    return drivers.plain(value)
