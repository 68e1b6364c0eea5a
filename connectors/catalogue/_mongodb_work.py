"""What the tools of MongoDB do on a connection, and how documents become JSON and back."""

import json
from typing import Any

import bson
from bson import json_util

from connectors.catalogue import _mongodb
from connectors.catalogue._mongodb_wire import Wire, failed
from connectors.encoding import InvalidArguments
from connectors.schemes import mongodb
from connectors.session import CallFailed, Session

COMMAND_MS = 20_000


def who(session: Session) -> tuple[dict[str, Any], str, str]:
    """Sign in; give user, database and roles, where that is, and its host. Raises: CallFailed."""
    with _mongodb.connect(session) as (wire, target):
        answer = wire.run("admin", {"connectionStatus": 1}, is_sent=False)
    known = answer.get("authInfo", {})
    users = known.get("authenticatedUsers", [])
    if not users:
        raise CallFailed("bad_answer", "The server does not say who is signed in.")
    roles = {f"{role['role']}@{role['db']}" for role in known.get("authenticatedUserRoles", [])}
    found = {"user": users[0]["user"], "db": users[0]["db"], "roles": sorted(roles)}
    host = target.service or target.hosts[0][0]
    return found, target.place, host


def read(
    session: Session, database: str, command: dict[str, Any], *, limit: int
) -> tuple[list[dict[str, Any]], bool]:
    """Run a command that gives a cursor; give its documents up to a limit, and whether it had more.

    Raises:
        CallFailed: it failed, or the documents are too large.
        InvalidArguments: a value is none that MongoDB can hold.
    """
    sizes = _sizes(command, limit)
    with _mongodb.connect(session) as (wire, target):
        name = _database(database, target)
        cursor = wire.run(name, _bson(command) | sizes)["cursor"]
        found, more = cursor["firstBatch"], cursor["id"]
        if more:
            _close(wire, name, cursor)
    return [to_json(one) for one in found[:limit]], len(found) > limit or bool(more)


def write(session: Session, database: str, command: dict[str, Any]) -> dict[str, Any]:
    """Run a command that changes documents. Raises: CallFailed; InvalidArguments."""
    with _mongodb.connect(session) as (wire, target):
        answer = wire.run(_database(database, target), _bson(command) | {"maxTimeMS": COMMAND_MS})
    for error in answer.get("writeErrors") or []:
        raise failed(error.get("code"))
    _require_kept(answer)
    upserted = [{"_id": to_json(one["_id"])} for one in answer.get("upserted") or []]
    return answer | {"upserted": upserted}


def insert(
    session: Session, database: str, collection: str, documents: list[dict[str, Any]]
) -> tuple[list[Any], list[tuple[int, int]]]:
    """Insert documents; give the IDs of those that are there, and number and reason of those not.

    Raises:
        CallFailed: none was inserted.
    """
    made = [{"_id": bson.ObjectId()} | one for one in _bson(documents)]
    command = {"insert": collection, "documents": made, "maxTimeMS": COMMAND_MS}
    with _mongodb.connect(session) as (wire, target):
        answer = wire.run(_database(database, target), command)
    errors = [(int(one["index"]), int(one["code"])) for one in answer.get("writeErrors") or []]
    count = int(answer.get("n", 0))
    if errors and not count:
        raise failed(errors[0][1])
    _require_kept(answer)
    return [to_json(one["_id"]) for one in made[:count]], errors


def to_json(value: Any) -> Any:
    """Write a value as relaxed Extended JSON (v2): dates and IDs become {"$date"} and {"$oid"}."""
    return json.loads(json_util.dumps(value, json_options=json_util.RELAXED_JSON_OPTIONS))


def _bson(value: Any) -> Any:
    """Read Extended JSON. Raises: InvalidArguments."""
    try:
        return json_util.loads(json.dumps(value), json_options=json_util.RELAXED_JSON_OPTIONS)
    except (bson.errors.BSONError, TypeError, ValueError, KeyError, OverflowError, RecursionError):
        raise InvalidArguments("A value in Extended JSON is not well-formed.") from None


def _database(given: str, target: mongodb.Target) -> str:
    name = given or target.database
    if not name:
        raise InvalidArguments("Name a database: the connection has none of its own.")
    return name


def _sizes(command: dict[str, Any], limit: int) -> dict[str, Any]:
    """Ask for one batch, and one document more than wanted: it tells whether there are more."""
    if "find" in command:
        one = {"limit": limit + 1, "batchSize": limit + 1, "singleBatch": True}
        return one | {"maxTimeMS": COMMAND_MS}
    return {"cursor": {"batchSize": limit + 1}, "maxTimeMS": COMMAND_MS}


def _close(wire: Wire, database: str, cursor: dict[str, Any]) -> None:
    collection = str(cursor["ns"]).partition(".")[2]
    wire.ask(database, {"killCursors": collection, "cursors": [cursor["id"]]}, is_sent=True)


def _require_kept(answer: dict[str, Any]) -> None:
    """Raise when enough servers did not confirm: what was written may be lost again."""
    if answer.get("writeConcernError"):
        raise CallFailed("timeout", "Too few servers have confirmed the change.")
