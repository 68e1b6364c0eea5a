"""MongoDB and Atlas. Documents are JSON, with dates and IDs written as Extended JSON has them."""

import json
from types import ModuleType
from typing import Annotated, Any, Literal

from pydantic import Field as Argument
from typing_extensions import TypedDict

from connectors.catalogue._mongodb_schemes import schemes
from connectors.encoding import InvalidArguments
from connectors.functions import tool
from connectors.manifest import Connector, Example, Icon, Link, Verification
from connectors.session import Account, Session

MAX_DOCUMENTS = 1_000
MAX_STAGES = 50
FILTER = 'Such as {"status": "open"}, or {"_id": {"$oid": "65f0…"}} for an ID.'
COMMANDS = "https://www.mongodb.com/docs/manual/reference/command"

Document = dict[str, Any]
Collection = Annotated[str, Argument(min_length=1, max_length=255, description="Its name.")]
Database = Annotated[
    str, Argument(max_length=63, description="The connection's own when left out.")
]
Limit = Annotated[int, Argument(ge=1, le=MAX_DOCUMENTS, description="How many to give at most.")]


class Documents(TypedDict):
    """Documents in Extended JSON; `is_truncated` when there were more."""

    documents: list[dict[str, Any]]
    is_truncated: bool


class NotInserted(TypedDict):
    """A document that was not taken: its position, and the server's number for the reason."""

    index: int
    code: int


class Inserted(TypedDict):
    """The IDs of the documents that are there now, in Extended JSON, and those that are not."""

    inserted_count: int
    inserted_ids: list[Any]
    failed: list[NotInserted]


class Updated(TypedDict):
    """How many were found and changed, and the ID of the one that was made."""

    matched_count: int
    modified_count: int
    upserted_id: Any


class Listed(TypedDict):
    """A collection or view."""

    name: str
    type: str


def verify(session: Session) -> Account:
    """Sign in, and ask who that is and which roles it has."""
    found, place, host = _work().who(session)
    user = f"{found['user']}@{place}/{found['db']}"
    return Account(id=user, name=f"{found['user']} on {host}", place=place, scopes=found["roles"])


def find(
    session: Session,
    *,
    collection: Collection,
    filter_: Annotated[Document | None, Argument(alias="filter", description=FILTER)] = None,
    fields_: Annotated[
        Document | None, Argument(alias="fields", description='Such as {"name": 1, "_id": 0}.')
    ] = None,
    sort: Annotated[dict[str, Literal[1, -1]], Argument(description="-1 descends.")] | None = None,
    skip: Annotated[int, Argument(ge=0, le=1_000_000)] = 0,
    limit: Limit = 100,
    database: Database = "",
) -> Documents:
    """Reads the documents that a filter finds."""
    command = {
        "find": collection,
        "filter": filter_ or {},
        "projection": fields_ or {},
        "sort": sort or {},
        "skip": skip,
    }
    found, is_truncated = _work().read(session, database, command, limit=limit)
    return Documents(documents=found, is_truncated=is_truncated)


def aggregate(
    session: Session,
    *,
    collection: Collection,
    pipeline: Annotated[list[Document], Argument(min_length=1, max_length=MAX_STAGES)],
    limit: Limit = 100,
    database: Database = "",
) -> Documents:
    """Reads what a pipeline makes of the documents. Stages that write are refused."""
    if _holds(pipeline, {"$out", "$merge"}):
        raise InvalidArguments("This tool only reads: $out and $merge may not stand in it.")
    command = {"aggregate": collection, "pipeline": [*pipeline, {"$limit": limit + 1}]}
    found, is_truncated = _work().read(session, database, command, limit=limit)
    return Documents(documents=found, is_truncated=is_truncated)


def count(
    session: Session,
    *,
    collection: Collection,
    filter_: Annotated[Document | None, Argument(alias="filter", description=FILTER)] = None,
    database: Database = "",
) -> int:
    """Counts the documents that a filter finds."""
    pipeline = [{"$match": filter_ or {}}, {"$count": "n"}]
    command = {"aggregate": collection, "pipeline": pipeline}
    found, _ = _work().read(session, database, command, limit=1)
    return int(found[0]["n"]) if found else 0


def insert(
    session: Session,
    *,
    collection: Collection,
    documents: Annotated[list[Document], Argument(min_length=1, max_length=MAX_DOCUMENTS)],
    database: Database = "",
) -> Inserted:
    """Adds documents in their order; after the first that is refused, none is added."""
    ids, failed = _work().insert(session, database, collection, documents)
    refused = [NotInserted(index=index, code=code) for index, code in failed]
    return Inserted(inserted_count=len(ids), inserted_ids=ids, failed=refused)


def update(
    session: Session,
    *,
    collection: Collection,
    filter_: Annotated[Document, Argument(alias="filter", description=FILTER)],
    changes: Annotated[
        Document, Argument(min_length=1, description='Such as {"$set": {"status": "paid"}}.')
    ],
    many: Annotated[bool, Argument(description="Change all that are found, not one.")] = False,
    upsert: Annotated[bool, Argument(description="Make one when none is found.")] = False,
    database: Database = "",
) -> Updated:
    """Changes the first document that a filter finds, or all. Others of its members stay."""
    if not all(name.startswith("$") for name in changes):
        raise InvalidArguments("Changes begin with an operator such as $set.")
    change = {"q": filter_, "u": changes, "multi": many, "upsert": upsert}
    answer = _work().write(session, database, {"update": collection, "updates": [change]})
    made = answer.get("upserted") or []
    return Updated(
        matched_count=int(answer.get("n", 0)) - len(made),
        modified_count=int(answer.get("nModified", 0)),
        upserted_id=made[0].get("_id") if made else None,
    )


def delete(
    session: Session,
    *,
    collection: Collection,
    filter_: Annotated[Document, Argument(alias="filter", min_length=1, description=FILTER)],
    many: Annotated[bool, Argument(description="Remove all that are found, not one.")] = False,
    database: Database = "",
) -> int:
    """Removes the first document that a filter finds, or all, and gives how many there were."""
    removal = {"q": filter_, "limit": 0 if many else 1}
    answer = _work().write(session, database, {"delete": collection, "deletes": [removal]})
    return int(answer.get("n", 0))


def list_collections(session: Session, *, database: Database = "") -> list[Listed]:
    """Lists the collections and views that the user may see."""
    command = {"listCollections": 1, "nameOnly": True, "authorizedCollections": True}
    found, _ = _work().read(session, database, command, limit=MAX_DOCUMENTS)
    listed = [Listed(name=str(one["name"]), type=str(one.get("type", ""))) for one in found]
    return sorted(listed, key=lambda one: one["name"])


def _holds(value: Any, names: set[str]) -> bool:
    """Whether one of the names stands anywhere: where it is no stage, it has no place either."""
    text = json.dumps(value)
    return any(json.dumps(name) in text for name in names)


def _work() -> ModuleType:
    """Load the driver's part only when it is used: the catalogue is read without it."""
    from connectors.catalogue import _mongodb_work  # noqa: PLC0415 - slow to load

    return _mongodb_work


_LAMP = {"_id": {"$oid": "65f0c0ffee0123456789abcd"}, "name": "Lamp", "price": 40}
_FOUND = {"documents": [_LAMP], "is_truncated": False}

connector = Connector(
    key="mongodb",
    name="MongoDB",
    category="Data",
    summary="Read and write the documents of a MongoDB or Atlas database.",
    icon=Icon(mark="mongodb"),
    documentation=[
        Link(title="Documentation", url="https://www.mongodb.com/docs/manual/"),
        Link(
            title="Extended JSON",
            url="https://www.mongodb.com/docs/manual/reference/mongodb-extended-json/",
        ),
    ],
    before_you_start=[
        "The database must let this installation in; in Atlas, that is Network Access.",
        "Use a user of its own with only the rights it needs. To only read, give it the role read.",
        "The user signs in by password (SCRAM). The server is MongoDB 5.0 or later.",
    ],
    ports="any",
    schemes=schemes(
        Verification(
            function=verify,
            called="connectionStatus, after signing in",
            source=f"{COMMANDS}/connectionStatus/",
        )
    ),
    tools=[
        tool(
            find,
            title="Find documents",
            source=f"{COMMANDS}/find/",
            example=Example(
                arguments={"collection": "items", "filter": {"price": {"$gt": 20}}, "limit": 10},
                answer=_FOUND,
            ),
        ),
        tool(
            insert,
            title="Insert documents",
            effect="write",
            source=f"{COMMANDS}/insert/",
            example=Example(
                arguments={"collection": "items", "documents": [{"name": "Lamp", "price": 40}]},
                answer={"inserted_count": 1, "inserted_ids": [_LAMP["_id"]], "failed": []},
            ),
        ),
        tool(
            update,
            title="Update documents",
            effect="destructive",
            source=f"{COMMANDS}/update/",
            example=Example(
                arguments={
                    "collection": "items",
                    "filter": {"name": "Lamp"},
                    "changes": {"$set": {"price": 45}},
                },
                answer={"matched_count": 1, "modified_count": 1, "upserted_id": None},
            ),
        ),
        tool(
            delete,
            title="Delete documents",
            effect="destructive",
            source=f"{COMMANDS}/delete/",
            example=Example(
                arguments={"collection": "items", "filter": {"name": "Lamp"}}, answer=1
            ),
        ),
        tool(
            aggregate,
            title="Aggregate",
            source=f"{COMMANDS}/aggregate/",
            example=Example(
                arguments={
                    "collection": "items",
                    "pipeline": [{"$group": {"_id": "$name", "total": {"$sum": "$price"}}}],
                },
                answer={"documents": [{"_id": "Lamp", "total": 40}], "is_truncated": False},
            ),
        ),
        tool(
            count,
            title="Count documents",
            source="https://www.mongodb.com/docs/manual/reference/operator/aggregation/count/",
            example=Example(arguments={"collection": "items"}, answer=1),
        ),
        tool(
            list_collections,
            title="List collections",
            source=f"{COMMANDS}/listCollections/",
            example=Example(arguments={}, answer=[{"name": "items", "type": "collection"}]),
        ),
    ],
)
