"""What the tools of MongoDB do with documents, and how refusals are named."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import bson
import pytest

from connectors.catalogue import _mongodb_wire as wire
from connectors.execution import InvalidArguments
from tests.connectors.using import call, verify
from tests.connectors.using_mongodb import text, values
from tests.servers.listener import listening
from tests.servers.mongo import Mongo

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator


@pytest.fixture
def mongo() -> Iterator[Mongo]:
    with Mongo().listening() as running:
        yield running


def test_documents_are_written_found_changed_counted_and_removed(mongo: Mongo) -> None:
    given = values(mongo)
    date = {"$date": "2026-01-31T12:00:00Z"}
    lamp = {"_id": {"$oid": "65f0c0ffee0123456789abcd"}, "name": "Lamp", "price": 40, "at": date}
    made = call("mongodb", given, "insert", collection="items", documents=[lamp, {"name": "Desk"}])
    assert made.data["inserted_count"] == 2
    assert made.data["inserted_ids"][0] == lamp["_id"]
    assert made.data["failed"] == []
    assert isinstance(mongo.collections["items"][0]["_id"], bson.ObjectId)
    found = call("mongodb", given, "find", collection="items", filter={"_id": lamp["_id"]})
    assert found.data == {"documents": [lamp], "is_truncated": False}
    sort = {"collection": "items", "sort": {"name": 1}, "limit": 1}
    few = call("mongodb", given, "find", **sort).data
    assert [one["name"] for one in few["documents"]] == ["Desk"]
    assert few["is_truncated"] is True
    changes = {"changes": {"$set": {"price": 45}}, "many": True}
    changed = call("mongodb", given, "update", collection="items", filter={}, **changes)
    assert changed.data == {"matched_count": 2, "modified_count": 2, "upserted_id": None}
    assert call("mongodb", given, "count", collection="items", filter={"price": 45}).data == 2
    assert call("mongodb", given, "count", collection="none").data == 0
    assert call("mongodb", given, "list_collections").data == [
        {"name": "items", "type": "collection"},
        {"name": "none", "type": "collection"},
    ]
    removed = call("mongodb", given, "delete", collection="items", filter={"name": "Desk"})
    assert removed.data == 1
    assert {command["$db"] for command in mongo.sent("find")} == {"shop"}
    assert all(command["maxTimeMS"] == 20_000 for command in mongo.sent("find"))


def test_what_an_upsert_made_has_its_id(mongo: Mongo) -> None:
    made = call(
        "mongodb",
        values(mongo),
        "update",
        collection="items",
        filter={"name": "Lamp"},
        changes={"$set": {"price": 40}},
        upsert=True,
    ).data
    assert (made["matched_count"], made["modified_count"]) == (0, 0)
    assert set(made["upserted_id"]) == {"$oid"}


def test_a_pipeline_reads_up_to_its_limit(mongo: Mongo) -> None:
    mongo.collections["items"] = [{"_id": at} for at in range(5)]
    match = {"collection": "items", "pipeline": [{"$match": {}}], "limit": 3}
    found = call("mongodb", values(mongo), "aggregate", **match).data
    assert found == {"documents": [{"_id": 0}, {"_id": 1}, {"_id": 2}], "is_truncated": True}
    assert mongo.sent("aggregate")[0]["pipeline"][-1] == {"$limit": 4}


def test_a_cursor_that_has_more_is_closed(mongo: Mongo) -> None:
    more = {"id": bson.Int64(7), "ns": "shop.items", "firstBatch": [{"_id": 1}]}
    mongo.answers["find"] = {"ok": 1, "cursor": more}
    assert call("mongodb", values(mongo), "find", collection="items").data["is_truncated"] is True
    assert mongo.sent("killCursors")[0]["killCursors"] == "items"
    assert mongo.sent("killCursors")[0]["cursors"] == [7]


@pytest.mark.parametrize(
    "stage", [{"$out": "other"}, {"$facet": {"a": [{"$merge": {"into": "other"}}]}}]
)
def test_a_pipeline_that_writes_is_refused(mongo: Mongo, stage: dict[str, Any]) -> None:
    with pytest.raises(InvalidArguments, match="only reads"):
        call("mongodb", values(mongo), "aggregate", collection="items", pipeline=[stage])
    assert mongo.commands == []


@pytest.mark.parametrize(
    ("tool", "arguments", "why"),
    [
        ("find", {"filter": {"_id": {"$oid": "short"}}}, "Extended JSON"),
        ("find", {"filter": {"at": {"$date": "never"}}}, "Extended JSON"),
        ("find", {"filter": {"n": 2**70}}, "none that MongoDB can hold"),
        ("insert", {"documents": [{"a\u0000b": 1}]}, "none that MongoDB can hold"),
        ("insert", {"documents": [{"a": "x" * 17_000_000}]}, "larger than 16 MiB"),
        ("update", {"filter": {}, "changes": {"price": 1}}, "operator"),
        ("delete", {"filter": {}, "many": True}, "does not fit|breaks the rule"),
    ],
)
def test_what_cannot_be_asked_is_refused(
    mongo: Mongo, tool: str, arguments: dict[str, Any], why: str
) -> None:
    with pytest.raises(InvalidArguments, match=why):
        call("mongodb", values(mongo), tool, collection="items", **arguments)
    assert mongo.collections == {}


def test_a_connection_without_a_database_asks_for_one(mongo: Mongo) -> None:
    string = text(mongo)["connection_string"].replace("/shop", "/")
    given = {"connection_string": string}
    with pytest.raises(InvalidArguments, match="Name a database"):
        call("mongodb", given, "find", collection="items")
    assert call("mongodb", given, "find", collection="items", database="shop").name == "ok"


@pytest.mark.parametrize(
    ("code", "tool", "outcome"),
    [
        (13, "find", "permission_missing"),
        (26, "find", "not_found"),
        (50, "find", "timeout"),
        (2, "find", "request_refused"),
        (10107, "find", "upstream_fault"),
        (11600, "find", "unreachable"),
        (50, "update", "outcome_unknown"),
        (11600, "update", "outcome_unknown"),
        (10107, "update", "upstream_fault"),
        (13, "update", "permission_missing"),
    ],
)
def test_codes_have_their_outcomes(mongo: Mongo, code: int, tool: str, outcome: str) -> None:
    mongo.answers[tool] = {"ok": 0, "code": code, "errmsg": "secret"}
    more = {"filter": {}, "changes": {"$set": {"a": 1}}} if tool == "update" else {}
    found = call("mongodb", values(mongo), tool, collection="items", **more)
    assert found.name == outcome
    assert "secret" not in found.detail


def test_documents_before_the_first_that_is_refused_are_there(mongo: Mongo) -> None:
    insert = {"collection": "items", "documents": [{"_id": 1}, {"_id": 2}, {"_id": 1}, {"_id": 3}]}
    assert call("mongodb", values(mongo), "insert", **insert).data == {
        "inserted_count": 2,
        "inserted_ids": [1, 2],
        "failed": [{"index": 2, "code": 11000}],
    }
    again = call("mongodb", values(mongo), "insert", **insert)
    assert (again.name, again.detail) == (
        "request_refused",
        "The database answered with code 11000.",
    )


def test_a_change_that_too_few_servers_confirmed_is_unknown(mongo: Mongo) -> None:
    mongo.answers["insert"] = {"ok": 1, "n": 1, "writeConcernError": {"code": 64}}
    insert = {"collection": "items", "documents": [{"_id": 1}]}
    assert call("mongodb", values(mongo), "insert", **insert).name == "outcome_unknown"


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "bad_answer"),
        (struct.pack("<iiii", 10, 1, 1, 2013), "bad_answer"),
        (struct.pack("<iiii", 26, 1, 9, 2013) + bytes(10), "bad_answer"),
        (struct.pack("<iiii", 26, 1, 1, 2004) + bytes(10), "bad_answer"),
        (struct.pack("<iiiiIb", 26, 1, 1, 2013, 0, 1) + bytes(5), "bad_answer"),
        (struct.pack("<iiiiIb", 26, 1, 1, 2013, 0, 0) + b"\xff" * 5, "bad_answer"),
        (struct.pack("<iiii", 2**31 - 1, 1, 1, 2013), "answer_too_large"),
        (struct.pack("<iiii", 100, 1, 1, 2013) + b"a", "unreachable"),
        (b"", "unreachable"),
    ],
)
def test_what_is_not_the_protocol_is_named(answer: bytes, outcome: str) -> None:
    def reply(opened: socket.socket) -> None:
        opened.recv(4096)
        opened.sendall(answer)

    with listening(reply) as listener:
        mongo = Mongo(port=listener.port)
        assert verify("mongodb", values(mongo)).outcome.name == outcome


def test_a_checksum_at_the_end_of_an_answer_is_left_out() -> None:
    data = struct.pack("<Ib", wire.CHECKSUM_PRESENT, 0) + bson.encode({"ok": 1}) + b"1234"
    assert wire._read(data) == {"ok": 1}
