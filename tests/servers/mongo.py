"""A stand-in for a MongoDB server: its wire protocol, SCRAM, and a few commands on lists.

No server can be had here. PyMongo's own client signs in to it and uses it in a test, so that what
the connector is tested against is the protocol and not a belief about it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import struct
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import bson

from tests.servers.listener import listening

if TYPE_CHECKING:
    import socket
    import ssl
    from collections.abc import Generator, Iterator

ITERATIONS = 4096
HASHES = {"SCRAM-SHA-256": "sha256", "SCRAM-SHA-1": "sha1"}


@dataclass
class Mongo:
    """What the server holds, and how it behaves.

    Attributes:
        passwords: by user, all defined in `admin`.
        mechanisms: what users may sign in by.
        answers: fixed answers by command, in place of what it would do.
        commands: every command that arrived.
    """

    passwords: dict[str, str] = field(default_factory=lambda: {"ada": "sesame"})
    mechanisms: tuple[str, ...] = ("SCRAM-SHA-1", "SCRAM-SHA-256")
    is_primary: bool = True
    set_name: str = ""
    iterations: int = ITERATIONS
    is_honest: bool = True
    answers: dict[str, Any] = field(default_factory=dict)
    collections: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    commands: list[dict[str, Any]] = field(default_factory=list)
    port: int = 0

    @contextmanager
    def listening(
        self, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1"
    ) -> Iterator[Mongo]:
        """Serve until the block ends."""
        with listening(lambda opened: _Talk(self, opened).go_on(), tls=tls, host=host) as listener:
            self.port = listener.port
            yield self

    def sent(self, name: str) -> list[dict[str, Any]]:
        """Give the commands of a name that arrived."""
        return [command for command in self.commands if next(iter(command)) == name]


@dataclass
class _Talk:
    """One connection: who is signed in, and the conversation of SCRAM."""

    mongo: Mongo
    opened: socket.socket
    user: str = ""
    steps: Any = None

    def go_on(self) -> None:
        while header := self._receive(16):
            length, number, _, kind = struct.unpack("<iiii", header)
            if kind != 2013:  # not MongoDB's, or not OP_MSG: hang up
                self.opened.recv(2**16)
                return
            body = self._receive(length - 16)
            command = _command(body)
            self.mongo.commands.append(command)
            answer = bson.encode(self._answer(command))
            message = struct.pack("<iiiiIb", 21 + len(answer), 1, number, 2013, 0, 0) + answer
            self.opened.sendall(message)

    def _receive(self, length: int) -> bytes:
        data = b""
        while len(data) < length:
            part = self.opened.recv(length - len(data))
            if not part:
                return b""
            data += part
        return data

    def _answer(self, command: dict[str, Any]) -> dict[str, Any]:
        name = next(iter(command))
        if name in self.mongo.answers:
            return dict(self.mongo.answers[name])
        handle = getattr(self, f"_{name.lower()}", None)
        if handle is None:
            return {"ok": 0, "code": 59, "errmsg": f"no such command: {name}"}
        if not self.user and name not in {"hello", "saslStart", "saslContinue", "ping"}:
            return {"ok": 0, "code": 13, "errmsg": "command requires authentication"}
        return {"ok": 1.0, **handle(command)}

    # -- what it is

    def _hello(self, command: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {
            "isWritablePrimary": self.mongo.is_primary,
            "minWireVersion": 0,
            "maxWireVersion": 21,
            "maxBsonObjectSize": 16 * 2**20,
            "maxMessageSizeBytes": 48_000_000,
            "maxWriteBatchSize": 100_000,
        }
        if self.mongo.set_name:
            found["setName"] = self.mongo.set_name
            found["secondary"] = not self.mongo.is_primary
        user = str(command.get("saslSupportedMechs", "")).partition(".")[2]
        known = user in self.mongo.passwords
        return found | ({"saslSupportedMechs": list(self.mongo.mechanisms)} if known else {})

    def _ping(self, _: dict[str, Any]) -> dict[str, Any]:
        return {}

    _endsessions = _ping

    # -- who one is: RFC 5802, from the server's side

    def _saslstart(self, command: dict[str, Any]) -> dict[str, Any]:
        self.steps = self._scram(command["mechanism"])
        next(self.steps)
        return self._step(command)

    def _saslcontinue(self, command: dict[str, Any]) -> dict[str, Any]:
        return self._step(command)

    def _step(self, command: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = self.steps.send(bytes(command["payload"]).decode())
        return {"conversationId": 1} | found

    def _scram(self, mechanism: str) -> Generator[Any, str, None]:
        digest = HASHES[mechanism]
        first = (yield).removeprefix("n,,")
        asked = dict(part.split("=", 1) for part in first.split(","))
        user = asked["n"].replace("=2C", ",").replace("=3D", "=")
        salt, nonce = secrets.token_bytes(16), asked["r"] + secrets.token_hex(8)
        told = f"r={nonce},s={base64.b64encode(salt).decode()},i={self.mongo.iterations}"
        final = yield {"done": False, "payload": told.encode()}
        without, _, proof = final.rpartition(",p=")
        salted = self._salted(digest, mechanism, user, salt)
        signed = f"{first},{told},{without}".encode()
        stored = hashlib.new(digest, hmac.digest(salted, b"Client Key", digest)).digest()
        signature = hmac.digest(stored, signed, digest)
        key = bytes(a ^ b for a, b in zip(base64.b64decode(proof), signature, strict=True))
        if hashlib.new(digest, key).digest() != stored or user not in self.mongo.passwords:
            yield {"ok": 0, "code": 18, "errmsg": "Authentication failed."}
            return
        self.user = user
        server = hmac.digest(salted, b"Server Key" if self.mongo.is_honest else b"?", digest)
        verifier = base64.b64encode(hmac.digest(server, signed, digest)).decode()
        yield {"done": digest == "sha256", "payload": f"v={verifier}".encode()}
        yield {"done": True, "payload": b""}

    def _salted(self, digest: str, mechanism: str, user: str, salt: bytes) -> bytes:
        password = self.mongo.passwords.get(user, "nobody's")
        if mechanism == "SCRAM-SHA-1":
            password = hashlib.md5(f"{user}:mongo:{password}".encode()).hexdigest()
        return hashlib.pbkdf2_hmac(digest, password.encode(), salt, self.mongo.iterations)

    def _connectionstatus(self, _: dict[str, Any]) -> dict[str, Any]:
        users = [{"user": self.user, "db": "admin"}]
        roles = [{"role": "readWrite", "db": "shop"}]
        return {"authInfo": {"authenticatedUsers": users, "authenticatedUserRoles": roles}}

    # -- what it holds

    def _find(self, command: dict[str, Any]) -> dict[str, Any]:
        found = _matching(self._held(command["find"]), command.get("filter", {}))
        for name, way in reversed(dict(command.get("sort", {})).items()):
            found.sort(key=lambda one: one[name], reverse=way < 0)
        found = found[command.get("skip", 0) :]
        return _cursor(found[: command.get("limit") or None])

    def _aggregate(self, command: dict[str, Any]) -> dict[str, Any]:
        found = self._held(command["aggregate"])
        for stage in command["pipeline"]:
            ((name, value),) = stage.items()
            if name == "$match":
                found = _matching(found, value)
            elif name == "$limit":
                found = found[:value]
            elif name == "$count":
                found = [{value: len(found)}] if found else []
        batch = command["cursor"].get("batchSize", 101)
        return _cursor(found[:batch], number=7 if len(found) > batch else 0)

    def _killcursors(self, command: dict[str, Any]) -> dict[str, Any]:
        return {"cursorsKilled": command["cursors"]}

    def _insert(self, command: dict[str, Any]) -> dict[str, Any]:
        held, count = self._held(command["insert"]), 0
        for at, document in enumerate(command["documents"]):
            if any(one["_id"] == document["_id"] for one in held):
                return {"n": count, "writeErrors": [{"index": at, "code": 11000, "errmsg": "dup"}]}
            held.append(document)
            count += 1
        return {"n": count}

    def _update(self, command: dict[str, Any]) -> dict[str, Any]:
        held, (change,) = self._held(command["update"]), command["updates"]
        found = _matching(held, change["q"])[: None if change["multi"] else 1]
        for document in found:
            document.update(change["u"]["$set"])
        if not found and change.get("upsert"):
            held.append({"_id": bson.ObjectId(), **change["q"], **change["u"]["$set"]})
            made = [{"index": 0, "_id": held[-1]["_id"]}]
            return {"n": 1, "nModified": 0, "upserted": made}
        return {"n": len(found), "nModified": len(found)}

    def _delete(self, command: dict[str, Any]) -> dict[str, Any]:
        held, (removal,) = self._held(command["delete"]), command["deletes"]
        found = _matching(held, removal["q"])[: removal["limit"] or None]
        for document in found:
            held.remove(document)
        return {"n": len(found)}

    def _listcollections(self, _: dict[str, Any]) -> dict[str, Any]:
        return _cursor([{"name": name, "type": "collection"} for name in self.mongo.collections])

    def _held(self, collection: str) -> list[dict[str, Any]]:
        return self.mongo.collections.setdefault(collection, [])


def _command(body: bytes) -> dict[str, Any]:
    """Read a command, with the documents that a driver sends beside it (sections of kind 1)."""
    at, found, beside = 4, {}, {}
    while at < len(body):
        kind, at = body[at], at + 1
        (length,) = struct.unpack_from("<i", body, at)
        if kind == 0:
            found = bson.decode(body[at : at + length])
        else:
            name, _, documents = body[at + 4 : at + length].partition(b"\0")
            beside[name.decode()] = bson.decode_all(documents)
        at += length
    return found | beside


def _matching(held: list[dict[str, Any]], wanted: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for one in held if all(one.get(name) == value for name, value in wanted.items())]


def _cursor(batch: list[dict[str, Any]], *, number: int = 0) -> dict[str, Any]:
    return {"cursor": {"id": bson.Int64(number), "ns": "shop.items", "firstBatch": batch}}
