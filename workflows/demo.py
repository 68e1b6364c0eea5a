"""Two workflows of the demo workspace, on the connections that a trial has; both run at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workflows import lifecycle, runs
from workflows.models import TriggerKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connections.models import Connection
    from workflows.models import Workflow
    from workspaces.models import User, Workspace

ORDERS_SQL = """\
SELECT o.id, c.name AS customer, c.country, o.total_cents
FROM orders o JOIN customers c ON c.id = o.customer_id
ORDER BY o.id"""
INSERT_SQL = """\
INSERT INTO incoming (reference, customer, total_cents) VALUES ($1, $2, $3)
ON CONFLICT (reference) DO UPDATE SET total_cents = excluded.total_cents
RETURNING id"""
ORDER_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["reference", "customer", "total_cents"],
    "properties": {
        "reference": {"type": "string", "minLength": 1, "maxLength": 40},
        "customer": {"type": "string", "minLength": 1, "maxLength": 100},
        "total_cents": {"type": "integer", "minimum": 0},
    },
}
LARGE_CENTS = 5_000
WAITS_SECONDS = 10


def make(workspace: Workspace, connections: Mapping[str, Connection], *, actor: User) -> None:
    """Make and enable both; the first one is started, the other one waits for its delivery.

    Args:
        workspace: a new one, of a trial.
        connections: by the key of their connector.
        actor: whose workflows they are.
    """
    digest = _digest(connections["postgresql"], connections["redis"])
    intake = _intake(connections["spojit_webhook"], connections["postgresql"])
    first = _enabled(workspace, "Orders to digest", digest, tags=["demo", "orders"], actor=actor)
    _enabled(workspace, "Signed webhook to database", intake, tags=["demo"], actor=actor)
    runs.start(first, trigger=TriggerKind.MANUAL, data={}, actor=actor)


def _enabled(
    workspace: Workspace, name: str, definition: dict[str, Any], *, tags: list[str], actor: User
) -> Workflow:
    made = lifecycle.create(workspace, name=name, actor=actor, definition=definition)
    lifecycle.tag(made, tags=tags, actor=actor)
    return lifecycle.enable(made, actor=actor)


def _digest(database: Connection, cache: Connection) -> dict[str, Any]:
    """Every working day: read orders, write a line for each, mark large ones, keep a digest."""
    starts = {"type": "schedule", "cron": "0 8 * * 1-5", "time_zone": "UTC"}
    large = {"value": "{{ order.total_cents }}", "operator": "greater", "with": LARGE_CENTS}
    line = {
        "text": "{{ order.customer }} ({{ order.country }})",
        "euros": "{{ order.total_cents | divided_by: 100.0 }}",
    }
    totals = {
        "orders": "{{ orders.rows | size }}",
        "total_cents": "{{ orders.rows | sum: 'total_cents' }}",
        "made_by": "{{ workflow.name }}",
    }
    mark = {"key": "demo:large_order:{{ order.id }}", "value": "{{ line.text }}"}
    keep = {"key": "demo:digest", "value": "{{ digest | json }}"}
    some = [{"value": "{{ digest.orders }}", "operator": "greater", "with": 0}]
    nodes = [
        _node("start", "trigger", "Every working day at 8", start=starts),
        _call("orders", "Read orders", database, "query", {"sql": ORDERS_SQL}, attempts=3),
        _node("each", "loop", "Each order", items="{{ orders.rows }}", item="order"),
        _node("line", "transform", "One line", values=line),
        _node("large", "condition", "A large one?", comparisons=[large]),
        _call("mark", "Mark it", cache, "set", mark),
        _node("digest", "transform", "Digest", values=totals),
        _node("some", "condition", "Any orders?", comparisons=some),
        _call("keep", "Keep the digest", cache, "set", keep),
    ]
    wires = [
        _wire("start", "next", "orders"),
        _wire("orders", "next", "each"),
        _wire("each", "each", "line"),
        _wire("line", "next", "large"),
        _wire("large", "yes", "mark"),
        _wire("each", "done", "digest"),
        _wire("digest", "next", "some"),
        _wire("some", "yes", "keep"),
    ]
    return {"nodes": nodes, "wires": wires}


def _intake(webhook: Connection, database: Connection) -> dict[str, Any]:
    """For each delivery: check what came, store it, and answer the sender, who waits."""
    starts = {
        "type": "webhook",
        "connection_id": str(webhook.pk),
        "waits_seconds": WAITS_SECONDS,
    }
    checking = {"value": "{{ trigger.body }}", "schema": ORDER_SCHEMA}
    members = [f"{{{{ trigger.body.{name} }}}}" for name in ORDER_SCHEMA["required"]]
    nodes = [
        _node("start", "trigger", "A signed delivery", start=starts),
        _node(
            "check",
            "connector",
            "Check it",
            connector="validation",
            tool="json_schema",
            arguments=checking,
        ),
        _node("fits", "condition", "Does it fit?", expression="{{ check.is_valid }}"),
        _call("store", "Store it", database, "execute", {"sql": INSERT_SQL, "parameters": members}),
        _node("stored", "response", "Stored", status=201, body={"id": "{{ store.rows[0].id }}"}),
        _node("refused", "response", "Refused", status=422, body={"errors": "{{ check.errors }}"}),
    ]
    wires = [
        _wire("start", "next", "check"),
        _wire("check", "next", "fits"),
        _wire("fits", "yes", "store"),
        _wire("store", "next", "stored"),
        _wire("fits", "no", "refused"),
    ]
    return {"nodes": nodes, "wires": wires}


def _call(
    node_id: str,
    name: str,
    connection: Connection,
    tool: str,
    arguments: dict[str, Any],
    **settings: Any,
) -> dict[str, Any]:
    return _node(
        node_id,
        "connector",
        name,
        connector=connection.connector_id,
        connection_id=str(connection.pk),
        tool=tool,
        arguments=arguments,
        **settings,
    )


def _node(node_id: str, kind: str, name: str, **settings: Any) -> dict[str, Any]:
    return {"id": node_id, "kind": kind, "name": name, "settings": settings}


def _wire(from_: str, output: str, to: str) -> dict[str, str]:
    return {"from": from_, "output": output, "to": to}
