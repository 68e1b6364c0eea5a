"""Whether a Connector node can make its call: connection, tool, arguments, scopes. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors import arguments as checking, registry
from connectors.manifest.connector import UnknownTool
from connectors.registry import UnknownConnector
from workflows import templating
from workflows.definition import settings as kinds
from workflows.definition.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.manifest import Connector, Tool
    from workflows.definition.graph import Node
    from workflows.definition.surroundings import KnownConnection, Surroundings


def check(node: Node, surroundings: Surroundings) -> Iterator[Problem]:
    """List what is wrong with one Connector node."""
    settings = node.settings
    assert isinstance(settings, kinds.Connector)
    try:
        connector = registry.get(settings.connector)
    except UnknownConnector:
        yield _at(node, "connector", "Choose a connector.")
        return
    yield from _connection(node, settings, connector, surroundings)
    try:
        tool = connector.tool(settings.tool)
    except UnknownTool:
        yield _at(node, "tool", f"Choose what {connector.name} should do.")
        return
    yield from _arguments(node, settings, tool)
    yield from _scopes(node, surroundings.connections.get(settings.connection_id), tool)


def _connection(
    node: Node, settings: kinds.Connector, connector: Connector, surroundings: Surroundings
) -> Iterator[Problem]:
    chosen = settings.connection_id
    if connector.needs_connection == "none":
        if chosen:
            yield _at(node, "connection_id", f"{connector.name} needs no connection.", "Clear it.")
        return
    found = surroundings.connections.get(chosen)
    if found is None:
        yield from _missing(node, chosen, connector, surroundings)
    elif found.connector_key != connector.key or found.is_inbound:
        message = f"{found.name} is no connection through which {connector.name} can be called."
        yield _at(node, "connection_id", message, "Choose one that fits.")
    elif not found.may_bind and node.given not in surroundings.bound_before.get(node.id, ()):
        message = f"You may not use {found.name}, nor edit a step that does."
        yield _at(node, "connection_id", message, "Ask its owner, or choose another one.")


def _missing(
    node: Node, chosen: str, connector: Connector, surroundings: Surroundings
) -> Iterator[Problem]:
    if chosen:
        name = surroundings.removed.get(chosen)
        message = f"The connection {name} was removed." if name else "This connection is not here."
        yield _at(node, "connection_id", message, "Choose another one.")
    elif connector.needs_connection == "required":
        yield _at(node, "connection_id", f"Choose a connection to {connector.name}.")


def _arguments(node: Node, settings: kinds.Connector, tool: Tool) -> Iterator[Problem]:
    for error in checking.validator(tool).iter_errors(settings.arguments):
        if not _is_worked_out(error):
            field = _field(error)
            yield _at(node, field, checking.sentence(error))


def _is_worked_out(error: Any) -> bool:
    """Whether the value is an expression, of which nothing but perhaps its type is known yet."""
    found = error.instance
    if not isinstance(found, str) or not templating.has_expression(found):
        return False
    is_lone = found.strip().startswith("{{") and found.strip().endswith("}}")
    return is_lone or error.validator != "type"


def _field(error: Any) -> str:
    field = "arguments"
    for step in error.absolute_path:
        field += f"[{step}]" if isinstance(step, int) else f".{step}"
    if error.validator == "required":
        missing = next(name for name in error.validator_value if name not in error.instance)
        return f"{field}.{missing}"
    return field


def _scopes(node: Node, connection: KnownConnection | None, tool: Tool) -> Iterator[Problem]:
    if connection is None or connection.scopes is None:
        return
    lacking = [scope for scope in tool.scopes if scope not in connection.scopes]
    if lacking:
        message = f"{connection.name} was not granted {', '.join(lacking)}."
        yield _at(node, "connection_id", message, "Reconnect it with more scopes.")


def _at(node: Node, field: str, message: str, hint: str = "") -> Problem:
    return Problem(f"nodes[{node.place}].settings.{field}", node.id, field, message, hint)
