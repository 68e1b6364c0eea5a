"""The process of `tests.servers.tokens`: settings as a line on standard input, then it serves."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
import secrets
import ssl
import sys
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote_plus, urlencode, urlsplit

from tests.servers.plain_client import challenge
from tests.servers.token_book import Book, Refused

if TYPE_CHECKING:
    from collections.abc import Callable

HTTP = b"HTTP/1.1 %d Said\r\nContent-Type: application/json\r\nContent-Length: %d\r\n%s\r\n%s"
HANGS_UP = b""
Order = dict[str, Any]
AS_EVER: Order = {"kind": "own"}


class Service:
    """What the server knows, and what it answers."""

    def __init__(self, settings: dict[str, Any]) -> None:
        """Take apps by ID, the controls' secret, and lives in seconds."""
        self.settings = settings
        self.apps: dict[str, str] = settings["apps"]
        self.at_once = 0
        self._reset()

    def order(self, target: str) -> Order:
        """Take what a test ordered for the next request to the token endpoint."""
        return self.ordered.pop(0) if target == "/token" and self.ordered else AS_EVER

    def answer(self, target: str, headers: dict[str, str], body: bytes, order: Order) -> bytes:
        """Answer one request."""
        parts = urlsplit(target)
        if parts.path.startswith("/controls/"):
            return self._control(parts.path.removeprefix("/controls/"), headers, body)
        acts = {
            "/token": lambda: self._token(headers, body, order),
            "/auth": lambda: self._authorize(dict(parse_qsl(parts.query))),
            "/token/revocation": lambda: self._revoke(headers, body),
            "/api/me": lambda: self._read(headers, "me"),
            "/api/orders": lambda: self._read(headers, "orders"),
        }
        act = acts.get(parts.path)
        return act() if act else said({}, 404)

    def _authorize(self, asked: dict[str, str]) -> bytes:
        """Agree at once, as the account that `login_hint` names, or as alice."""
        code = secrets.token_urlsafe(24)
        self._codes[code] = asked.get("login_hint", "alice"), asked
        back = {"code": code, "state": asked.get("state", ""), "iss": self.settings["issuer"]}
        location = f"{asked['redirect_uri']}?{urlencode(back)}"
        return said({}, 302, Location=location)

    def _token(self, headers: dict[str, str], body: bytes, order: Order) -> bytes:
        if order["kind"] == "status":
            status, more = order["status"], order.get("headers", {})
            self.counts[f"status {status}"] += 1
            return said(order.get("body", {}), status, **more)
        answer = self._grant(headers, dict(parse_qsl(body.decode())))
        if order["kind"] == "drop":
            self.counts["dropped"] += 1
            return HANGS_UP
        return answer

    def _grant(self, headers: dict[str, str], form: dict[str, str]) -> bytes:
        client = self._client(headers, form)
        if client is None:
            self.counts["invalid_client"] += 1
            return said({"error": "invalid_client"}, 401)
        kind = form.get("grant_type", "")
        try:
            found = self._kinds()[kind](form, client)
        except (KeyError, Refused):
            self.counts[f"{kind} refused"] += 1
            return said({"error": "invalid_grant"}, 400)
        self.counts[kind] += 1
        return said(found, 200, Cache_Control="no-store")

    def _kinds(self) -> dict[str, Any]:
        return {
            "refresh_token": lambda form, client: self.book.renew(
                form["refresh_token"], client=client
            ),
            "authorization_code": self._exchange,
            "client_credentials": lambda form, client: self.book.mint(
                client, scope=form.get("scope", "read")
            ),
        }

    def _exchange(self, form: dict[str, str], client: str) -> dict[str, object]:
        account, asked = self._codes.pop(form["code"])
        wanted = asked.get("code_challenge", "")
        fits = challenge(form.get("code_verifier", "")) == wanted if wanted else True
        if (
            not fits
            or asked["client_id"] != client
            or asked["redirect_uri"] != form["redirect_uri"]
        ):
            raise Refused
        return self.book.open(account, client=client, scope=asked.get("scope", "read"))

    def _client(self, headers: dict[str, str], form: dict[str, str]) -> str | None:
        """Find who asks; parts of Basic are form-urlencoded (RFC 6749 section 2.3.1)."""
        given = headers.get("authorization", "")
        if given.startswith("Basic "):
            pair = base64.b64decode(given.removeprefix("Basic ")).decode()
            client, _, secret = (unquote_plus(part) for part in pair.partition(":"))
        else:
            client, secret = form.get("client_id", ""), form.get("client_secret", "")
        known = self.apps.get(client)
        return client if known is not None and hmac.compare_digest(known, secret) else None

    def _revoke(self, headers: dict[str, str], body: bytes) -> bytes:
        form = dict(parse_qsl(body.decode()))
        if self._client(headers, form) is None:
            return said({"error": "invalid_client"}, 401)
        self.counts["revocation"] += 1
        if self.settings["failing_revocations"] > 0:
            self.settings["failing_revocations"] -= 1
            return said({}, 503)
        if grant := self.book.of_token(form.get("token", "")):
            self.book.end(grant)
        return said({})

    def _read(self, headers: dict[str, str], what: str) -> bytes:
        self.counts[what] += 1
        if self.settings["refused_reads"] > 0:
            self.settings["refused_reads"] -= 1
            return said({"error": "invalid_token"}, 401)
        grant = self.book.holder(headers.get("authorization", "").removeprefix("Bearer "))
        if grant is None:
            return said({"error": "invalid_token"}, 401)
        if what == "orders":
            return said({"orders": [{"id": 1, "item": f"For {grant.account}"}]})
        return said({"id": f"id-of-{grant.account}", "name": grant.account}, X_Scopes=grant.scope)

    def _control(self, act: str, headers: dict[str, str], body: bytes) -> bytes:
        given = headers.get("x-test-secret", "")
        if not hmac.compare_digest(given, self.settings["secret"]):
            return said({}, 404)
        acts: dict[str, Callable[[Any], object]] = {
            "answers": self.ordered.extend,
            "reset": self._reset,
            "change": self._change,
            "grants": self._seed,
            "state": self._state,
            "revoke": self._end,
        }
        return said(acts[act](json.loads(body)) or {})

    def _reset(self, _body: object = None) -> None:
        self.book = Book(access_seconds=self.settings["access_seconds"])
        self.counts: Counter[str] = Counter()
        self.ordered: list[Order] = []
        self.most_at_once = 0
        self._codes: dict[str, tuple[str, dict[str, str]]] = {}

    def _change(self, settings: dict[str, Any]) -> None:
        self.settings.update(settings)
        self.book.access_seconds = self.settings["access_seconds"]

    def _seed(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """Make many grants at once, of accounts that are numbered."""
        begin, client = len(self.book.grants), wanted["client"]
        names = (f"{wanted['account']}-{begin + number}" for number in range(wanted["count"]))
        scope = wanted["scope"]
        return {"tokens": [self.book.open(name, client=client, scope=scope) for name in names]}

    def _end(self, wanted: dict[str, str]) -> dict[str, int]:
        account = wanted["account"]
        found = [grant for grant in self.book.grants if account in {"", grant.account}]
        for grant in found:
            self.book.end(grant)
        return {"revoked": len(found)}

    def _state(self, _body: object) -> dict[str, Any]:
        refreshes = Counter(grant.refreshes for grant in self.book.grants)
        uses = Counter(self.book.uses.values())
        return {
            "counts": self.counts,
            "waiting": len(self.ordered),
            "grants": len(self.book.grants),
            "ended": sum(grant.is_ended for grant in self.book.grants),
            "refreshes": {str(often): count for often, count in sorted(refreshes.items())},
            "uses": {str(often): count for often, count in sorted(uses.items())},
            "reused": self.book.reused,
            "most_at_once": self.most_at_once,
        }


def said(value: object, status: int = 200, **headers: str) -> bytes:
    """Write an answer."""
    body = json.dumps(value).encode()
    lines = "".join(f"{name.replace('_', '-')}: {text}\r\n" for name, text in headers.items())
    return HTTP % (status, len(body), lines.encode(), body)


class Connection(asyncio.Protocol):
    """One client: requests come one after the other, and so do the answers."""

    def __init__(self, service: Service) -> None:
        """Serve for this service."""
        self._service = service
        self._waiting = b""
        self._is_gone = False
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Take what came; answer when a request is whole."""
        self._waiting += data
        head, found, rest = self._waiting.partition(b"\r\n\r\n")
        if not found:
            return
        first, *lines = head.decode("latin-1").split("\r\n")
        pairs = (line.partition(":") for line in lines)
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        length = int(headers.get("content-length", 0))
        if len(rest) < length:
            return
        self._waiting = rest[length:]
        _, target, _ = first.split(" ", 2)
        self._take(target, headers, rest[:length])

    def connection_lost(self, exc: Exception | None) -> None:
        """Note that nobody listens any more."""
        self._is_gone = True

    def _take(self, target: str, headers: dict[str, str], body: bytes) -> None:
        order = self._service.order(target)
        work = partial(self._answer, target, headers, body, order)
        if order["kind"] == "late":
            asyncio.get_running_loop().call_later(order["seconds"], work)
        else:
            work()

    def _answer(self, target: str, headers: dict[str, str], body: bytes, order: Order) -> None:
        service = self._service
        if self._is_gone:
            service.counts["gone"] += 1
            return
        answer = service.answer(target, headers, body, order)
        lag = service.settings["lag_seconds"] if target == "/token" else 0
        lag = order["seconds"] if order["kind"] == "delay" else lag
        if not lag:
            self._send(answer)
            return
        service.at_once += 1
        service.most_at_once = max(service.most_at_once, service.at_once)
        asyncio.get_running_loop().call_later(lag, self._send_late, answer)

    def _send_late(self, answer: bytes) -> None:
        self._service.at_once -= 1
        self._send(answer)

    def _send(self, answer: bytes) -> None:
        if answer == HANGS_UP:
            self._transport.abort()
        elif not self._is_gone:
            self._transport.write(answer)


async def serve(settings: dict[str, Any]) -> None:
    """Serve until standard input ends."""
    loop = asyncio.get_running_loop()
    service, tls = Service(settings), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(settings["certificate"])
    server = await loop.create_server(
        lambda: Connection(service), "127.0.0.1", settings["port"], ssl=tls, backlog=1024
    )
    port = server.sockets[0].getsockname()[1]
    settings["issuer"] = f"https://{settings['host']}:{port}"
    sys.stdout.write(json.dumps({"port": port, "issuer": settings["issuer"]}) + "\n")
    sys.stdout.flush()
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(serve(json.loads(sys.stdin.readline())))
